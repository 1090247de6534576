package source

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/engine/source/unpack"
	"glovebox.example/glovebox/value"
)

// PeekedTable is the start of a table that has no record yet.
type PeekedTable struct {
	Source  glovebox.Source // how the file can be read
	Rows    int             // that were looked at
	Columns []Peeked
}

// Peeked is a column of such a table.
type Peeked struct {
	Name  string        // "": the file has no names
	Type  glovebox.Type // of forms that have types; "": texts
	Texts []string      // that were there, the missing ones left out
	Typed int           // values that are no texts
}

// peekCells bounds what is kept of a file that is looked at.
const peekCells = 2_000_000

// Peek reads the first rows of a file of any form, at most so many, and says how
// a record would declare it. hint has what cannot be seen: sheet, table, entry.
func Peek(ctx context.Context, f *os.File, size int64, hint glovebox.Source, most int) (*PeekedTable, error) {
	def := glovebox.Source{Sheet: hint.Sheet, Table: hint.Table, Entry: hint.Entry, Extra: ""}
	head := readHead(f, size)
	if len(head) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file holds nothing").WithFix("export it again; a CSV file holds at least its header")
	}
	k := kindOf(head)
	if k != nil && k.packed == unpack.Zip { // a workbook's own parts tell it from other archives
		if z, err := unpack.ReadZip(f, size); err == nil {
			for _, p := range z.File {
				if strings.HasPrefix(strings.ToLower(p.Name), "xl/") {
					k = &kindOfFile{format: "xlsx"}
					break
				}
			}
		}
	}
	switch {
	case k != nil && k.format != "":
		def.Format = k.format
	case k != nil && k.packed != "":
		def.Compression = k.packed
	case k != nil && k.sure && !strings.Contains(k.name, "UTF-16"):
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is %s", k.name).WithFix("%s", k.fix)
	}
	switch def.Format {
	case "parquet":
		return peekParquet(f, size, def, most)
	case "arrow", "sqlite":
		r, err := OpenTable(ctx, f, size, def)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return collect(def, r.Columns(), r.Width(), most, r.Next)
	case "xlsx":
		return peekSheet(ctx, f, size, def, most)
	}
	return peekText(f, size, def, head, most)
}

// collect takes rows in.
func collect(def glovebox.Source, names []string, width, most int, next func() (*rows.Row, error)) (*PeekedTable, error) {
	t := &PeekedTable{Source: def, Columns: make([]Peeked, width)}
	for i := range names {
		t.Columns[i].Name = strings.TrimSpace(names[i])
	}
	kinds := make([]map[rows.Kind]int, width)
	for i := range kinds {
		kinds[i] = map[rows.Kind]int{}
	}
	for t.Rows < most && t.Rows*width < peekCells {
		row, err := next()
		if err != nil {
			return nil, err
		}
		if row == nil {
			break
		}
		t.Rows++
		for i := range t.Columns {
			f, c := &row.Fields[i], &t.Columns[i]
			kinds[i][f.Kind]++
			if f.Kind == rows.Time && f.Int%value.DayMicros == 0 { // a day, as spreadsheets and data frames keep one
				kinds[i][rows.Time]--
				kinds[i][rows.Day]++
			}
			switch {
			case f.Kind == rows.Missing:
			case f.Kind == rows.Text && len(f.Text) <= adviseBytes:
				c.Texts = append(c.Texts, string(f.Text))
			default:
				if v, missing, fault := rows.Cell(nil, &glovebox.Column{Type: glovebox.String}, f); f.Kind != rows.Text && !missing && fault == 0 && v.T != nil {
					c.Texts = append(c.Texts, string(v.T))
				} else {
					c.Typed++
				}
			}
		}
	}
	for i := range t.Columns {
		t.Columns[i].Type = typeOfKinds(kinds[i])
	}
	return t, nil
}

// typeOfKinds is the type of a column whose fields have one; "" where some are
// texts or there are none.
func typeOfKinds(n map[rows.Kind]int) glovebox.Type {
	has := func(k ...rows.Kind) bool {
		return slices.ContainsFunc(k, func(k rows.Kind) bool { return n[k] > 0 })
	}
	switch {
	case has(rows.Text):
		return ""
	case has(rows.Time, rows.Instant):
		return glovebox.DateTime
	case has(rows.Day):
		return glovebox.Date
	case has(rows.Float):
		return glovebox.Float64
	case has(rows.Bool):
		return glovebox.Bool
	}
	return "" // whole numbers and those of sheets are texts of digits here
}

// peekText finds how a text is written: encoding, delimiter, header.
func peekText(f *os.File, size int64, def glovebox.Source, head []byte, most int) (*PeekedTable, error) {
	var err error
	def.Format = "csv"
	if def.Compression != "" {
		if head, err = ReadHead(f, size, def); err != nil {
			return nil, err
		}
		if k := kindOf(head); k != nil && k.sure && !strings.Contains(k.name, "UTF-16") {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is %s", k.name).WithFix("%s", k.fix)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		def.Encoding = "utf-16"
	case wide(head, 1):
		def.Encoding = "utf-16le"
	case wide(head, 0):
		def.Encoding = "utf-16be"
	case utf8Head(head):
	case isGB18030(head[:bytes.LastIndexByte(head, '\n')+1]) || isGB18030(head):
		def.Encoding = "gb18030"
	default:
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is text in an encoding that is not read here, or no text").WithFix("%s", fixUTF8)
	}
	w := NewWindow(bytes.NewReader(head), int64(len(head)), def.Encoding)
	for !w.eof {
		if err := w.more(); err != nil {
			return nil, err
		}
	}
	text := strings.TrimPrefix(strings.TrimRight(string(w.rest()), "\uFFFD"), "\uFEFF")
	if t := strings.TrimLeft(text, " \t\r\n"); t != "" && (t[0] == '{' || t[0] == '[') {
		if def.Encoding == "" {
			def.Format = "json"
			return peekJSON(f, size, def, most)
		}
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is JSON in another encoding than UTF-8").WithFix("save it as UTF-8")
	}
	whole := int64(len(head)) < headBytes || def.Compression == "" && size <= headBytes
	list := records(text, ',', whole)
	for _, d := range []byte{';', '\t', '|'} {
		if other := records(text, rune(d), whole); regular(other) > regular(list) {
			list, def.Delimiter = other, string(d)
		}
	}
	if len(list) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file has no header line that can be read").WithFix("the first line names the columns, in the declared encoding")
	}
	skip, named := headerOf(list)
	def.Skip = skip
	var names []string
	width := len(list[min(skip, len(list)-1)])
	if named {
		names = list[skip]
	} else {
		def.Header = "none"
	}
	for _, r := range list[skip:] {
		if len(r) != width {
			def.Ragged = "pad"
		}
	}
	return through(f, size, def, names, width, most)
}

// through reads a CSV file's rows by what was found.
func through(f *os.File, size int64, def glovebox.Source, names []string, width, most int) (*PeekedTable, error) {
	all := def
	all.Header, all.Extra = "none", "ignore"
	if names != nil {
		all.Skip++
	}
	t := &PeekedTable{Source: def, Columns: make([]Peeked, width)}
	cols := make([]glovebox.Column, width)
	for i := range cols {
		cols[i] = glovebox.Column{Name: "c", Place: i + 1, Type: glovebox.String}
		if names != nil {
			t.Columns[i].Name = strings.TrimSpace(names[i])
		}
	}
	w, err := OpenWindow(f, size, all)
	if err != nil {
		return nil, err
	}
	p, _, err := NewPieces(cols, nil)
	if err != nil {
		return nil, err
	}
	defer p.Release()
	p.tap = func(fields []*rows.Field) bool {
		t.Rows++
		for i, f := range fields {
			if f.Kind == rows.Text && len(f.Text) <= adviseBytes && utf8.Valid(f.Text) {
				t.Columns[i].Texts = append(t.Columns[i].Texts, string(f.Text))
			} else if f.Kind != rows.Missing {
				t.Columns[i].Typed++
			}
		}
		return t.Rows < most && t.Rows*width < peekCells
	}
	cut, err := NewCSV(w, all, cols, p, func(_ []string, got int) (Layout, error) {
		l := NoLayout(cols)
		l.Width = max(got, width)
		return l, nil
	})
	if err != nil {
		return nil, err
	}
	var c Chunk
	for more := true; more && !p.done; {
		c.Reset()
		if more, err = cut.Fill(&c); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// records are the first records of a text as one delimiter cuts them.
func records(text string, delim rune, whole bool) [][]string {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = delim, -1, true
	var out [][]string
	for len(out) < 50 {
		line, err := r.Read()
		if errors.Is(err, io.EOF) || err != nil {
			break
		}
		out = append(out, line)
	}
	if !whole && len(out) > 1 && len(out) < 50 { // the last one may be cut
		out = out[:len(out)-1]
	}
	return out
}

// regular is how much records look like a table: how many have the most frequent
// number of fields, above one.
func regular(list [][]string) int {
	n := map[int]int{}
	best := 0
	for _, r := range list {
		if len(r) > 1 {
			n[len(r)]++
			best = max(best, n[len(r)])
		}
	}
	return best
}

// headerOf says how many rows stand above the header, or above the data, and
// whether there is a header: a row whose fields are all there, all different, and
// all words.
func headerOf(list [][]string) (skip int, named bool) {
	width := map[int]int{}
	usual := 0
	for _, r := range list {
		if width[len(r)]++; width[len(r)] > width[usual] {
			usual = len(r)
		}
	}
	for skip < len(list)-1 {
		filled := 0
		for _, f := range list[skip] {
			if strings.TrimSpace(f) != "" {
				filled++
			}
		}
		if filled > 1 || usual == 1 {
			break
		}
		skip++
	}
	r := list[skip]
	for i, f := range r {
		f = strings.TrimSpace(f)
		digits := strings.IndexFunc(f, func(c rune) bool { return c >= '0' && c <= '9' || c >= '０' && c <= '９' }) >= 0
		if f == "" && i < len(r)-1 || digits && strings.Trim(f, "0123456789.,-/:+%元￥¥年月日 ") == "" || len(f) > 128 {
			return skip, false
		}
	}
	// A header is unlike the rows under it: where they have digits it has none.
	for i := range r {
		under := 0
		for _, d := range list[min(skip+1, len(list)):] {
			if i < len(d) && strings.ContainsAny(d[i], "0123456789") && !strings.ContainsAny(r[i], "0123456789") {
				under++
			}
		}
		if under > 0 {
			return skip, true
		}
	}
	return skip, len(list) == skip+1 || !slices.ContainsFunc(list[skip+1:], func(d []string) bool { return slices.Equal(d, r) })
}

// peekSheet finds the header of a sheet.
func peekSheet(ctx context.Context, f *os.File, size int64, def glovebox.Source, most int) (*PeekedTable, error) {
	def.Merged = "fill"
	r, err := OpenTable(ctx, f, size, def)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	def.Merged = ""
	var first [][]string
	var kept []rows.Row
	for len(first) < 20 {
		row, err := r.Next()
		if err != nil {
			return nil, err
		}
		if row == nil {
			break
		}
		line := make([]string, len(row.Fields))
		fields := slices.Clone(row.Fields)
		for i := range fields {
			fields[i].Text = bytes.Clone(fields[i].Text)
			switch fields[i].Kind {
			case rows.Missing:
			case rows.Text:
				line[i] = string(fields[i].Text)
			default:
				line[i] = "0" // a value that is no word
			}
		}
		first, kept = append(first, line), append(kept, rows.Row{Fields: fields})
	}
	if len(first) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the table holds nothing").WithFix("export it again; a sheet holds at least its header")
	}
	skip, named := headerOf(first)
	def.Skip = skip
	var names []string
	width := r.Width()
	if named {
		names = first[skip]
		for width > 1 && strings.TrimSpace(names[width-1]) == "" {
			width--
		}
		names, kept = names[:width], kept[skip+1:]
	} else {
		def.Header, kept = "none", kept[skip:]
	}
	return collect(def, names, width, most, func() (*rows.Row, error) {
		if len(kept) > 0 {
			row := kept[0]
			kept = kept[1:]
			return &row, nil
		}
		return r.Next()
	})
}

// peekJSON finds the fields of objects, nested ones by pointers.
func peekJSON(f io.ReaderAt, size int64, def glovebox.Source, most int) (*PeekedTable, error) {
	w, err := OpenWindow(f, size, def)
	if err != nil {
		return nil, err
	}
	t := &PeekedTable{Source: def}
	at := map[string]int{}
	s, err := NewJSON(w, def, nil, nil)
	if err != nil {
		return nil, err
	}
	var c Chunk
	for more := true; more && t.Rows < most; {
		c.Reset()
		if more, err = s.Fill(&c); err != nil {
			return nil, err
		}
		for _, line := range bytes.Split(bytes.TrimSuffix(c.Data, []byte("\n")), []byte("\n")) {
			if len(line) == 0 || t.Rows == most || len(at) > MaxColumns {
				continue
			}
			d := json.NewDecoder(bytes.NewReader(line))
			d.UseNumber()
			var o map[string]any
			if d.Decode(&o) != nil {
				continue
			}
			t.Rows++
			t.object(o, "", at)
		}
	}
	return t, nil
}

// object takes in the fields of an object in the order of their names.
func (t *PeekedTable) object(o map[string]any, path string, at map[string]int) {
	var names []string
	for n := range o {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		full := path + "/" + pointer.Replace(n)
		if inner, ok := o[n].(map[string]any); ok && strings.Count(path, "/") < 8 {
			t.object(inner, full, at)
			continue
		}
		name := full
		if path == "" && !strings.HasPrefix(n, "/") {
			name = n
		}
		i, known := at[name]
		if !known {
			if len(t.Columns) == MaxColumns {
				continue
			}
			i = len(t.Columns)
			at[name] = i
			t.Columns = append(t.Columns, Peeked{Name: name})
		}
		switch v := o[n].(type) {
		case nil:
		case string:
			if len(v) <= adviseBytes {
				t.Columns[i].Texts = append(t.Columns[i].Texts, v)
			} else {
				t.Columns[i].Typed++
			}
		case json.Number:
			t.Columns[i].Texts = append(t.Columns[i].Texts, v.String())
		case bool:
			t.Columns[i].Texts = append(t.Columns[i].Texts, map[bool]string{true: "true", false: "false"}[v])
		default:
			t.Columns[i].Typed++
		}
	}
}

// peekParquet reads the columns that a record can have; the others are left out.
func peekParquet(f *os.File, size int64, def glovebox.Source, most int) (t *PeekedTable, err error) {
	defer damageOnPanic(&err)
	if err := refuseParquet(f, size); err != nil {
		return nil, err
	}
	r, err := file.NewParquetReader(io.NewSectionReader(f, 0, size))
	if err != nil {
		return nil, damagedParquet("its footer cannot be read")
	}
	defer r.Close()
	t = &PeekedTable{Source: def}
	root := r.MetaData().Schema.Root()
	var cols []glovebox.Column
	types := map[parquetClass]glovebox.Type{classText: glovebox.String, classInt: glovebox.Int64, classUint: glovebox.Int64, classFloat: glovebox.Float64, classDecimal: glovebox.Decimal,
		classBool: glovebox.Bool, classDate: glovebox.Date, classTime: glovebox.DateTime, classInstant: glovebox.DateTime}
	for i := range min(root.NumFields(), MaxColumns) {
		leaf, ok := root.Field(i).(*schema.PrimitiveNode)
		if !ok {
			t.Source.Extra = "ignore"
			continue
		}
		class, unit := classOf(leaf)
		typ, ok := types[class]
		if !ok {
			t.Source.Extra = "ignore"
			continue
		}
		c := glovebox.Column{Name: "c", Source: leaf.Name(), Type: typ, MaxBytes: MaxTextBytes}
		if typ == glovebox.Decimal {
			c.Scale = min(unit.scale, 18)
		}
		cols = append(cols, c)
		p := Peeked{Name: leaf.Name(), Type: typ}
		if typ == glovebox.String || typ == glovebox.Int64 {
			p.Type = ""
		}
		t.Columns = append(t.Columns, p)
	}
	if len(cols) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the Parquet file has no column that a record can declare").WithFix("export each field of it as a column of its own")
	}
	all := def
	all.Extra = "ignore"
	p, _, err := OpenParquetReader(f, size, all, cols)
	if err != nil {
		return nil, err
	}
	clock := make([]bool, len(cols)) // a time of day is in it
	var c Chunk
	for more := true; more && t.Rows < most && t.Rows*len(cols) < peekCells; {
		c.Reset()
		var piece *array.Struct
		if piece, more, err = p.Fill(&c); err != nil {
			return nil, err
		}
		t.Rows += len(c.Rows)
		if piece == nil {
			continue
		}
		at := 0
		for i := range cols {
			if p.cols[i].as == readNull {
				continue
			}
			a := piece.Field(at)
			at++
			for k := range a.Len() {
				switch {
				case a.IsNull(k):
				case cols[i].Type == glovebox.DateTime:
					t.Columns[i].Typed++
					v, err := strconv.ParseInt(a.ValueStr(k), 10, 64)
					clock[i] = clock[i] || err != nil || v%value.DayMicros != 0
				case t.Columns[i].Type == "" && len(t.Columns[i].Texts) < most:
					t.Columns[i].Texts = append(t.Columns[i].Texts, a.ValueStr(k))
				default:
					t.Columns[i].Typed++
				}
			}
		}
		piece.Release()
	}
	for i, c := range cols {
		if c.Type == glovebox.DateTime && !clock[i] && p.cols[i].kind == classTime {
			t.Columns[i].Type = glovebox.Date
		}
	}
	return t, nil
}
