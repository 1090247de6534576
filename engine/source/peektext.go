package source

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
)

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
