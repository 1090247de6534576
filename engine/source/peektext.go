package source

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

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
		if k := kindOf(head); k != nil && (k.sure || textKind(head) != nil) && !strings.Contains(k.name, "UTF-16") {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is %s", k.name).WithFix("%s", k.within(def).fix)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		def.Encoding = "utf-16"
	case wide(head, 1):
		def.Encoding = "utf-16le"
	case wide(head, 0):
		def.Encoding = "utf-16be"
	case noTable(head):
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is text in an encoding that is not read here, or no text").WithFix("%s", fixUTF8)
	case utf8Head(head):
	case mostLinesUTF8(head): // the few others are told by line when it is loaded
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
			return peekDocument(f, size, def, t, most)
		}
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is JSON in another encoding than UTF-8").WithFix("save it as UTF-8")
	}
	if strings.TrimSpace(text) == "" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file holds nothing").WithFix("export it again; a CSV file holds at least its header")
	}
	if !strings.Contains(text, "\n") && strings.Count(strings.TrimRight(text, "\r"), "\r") > 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is %s", "text whose lines end in a carriage return alone").WithFix("%s", fixLineEnds)
	}
	whole := int64(len(head)) < headBytes || def.Compression == "" && size <= headBytes
	def.Quote = quoting(text)
	list := records(text, def, ',', whole)
	for _, d := range []string{";", "\t", "|", "^", "~", "#", "!", "@", "$", "&", "*"} {
		other := records(text, def, rune(d[0]), whole)
		if n := regular(other); n > regular(list) && (strings.Contains(";\t|", d) || 10*n >= 9*len(other)) {
			list, def.Delimiter = other, d
		}
	}
	if err := apart(list, def); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file has no header line that can be read").WithFix("the first line names the columns, in the declared encoding")
	}
	if def.Quote == "" && strayQuotes(text, def) {
		def.Quote = "none"
		list = records(text, def, rune((def.Delimiter + ",")[0]), whole)
	}
	h := headingOf(list)
	n, width := map[int]int{}, 0
	for _, r := range list {
		if n[len(r)]++; n[len(r)] > n[width] {
			width = len(r)
		}
	}
	if h.one {
		width = len(h.names)
	}
	for _, r := range list[min(h.skip+h.rows, len(list)):] {
		more := len(r) > width && strings.TrimSpace(strings.Join(r[width:], "")) == ""
		if more || len(r) < width && 2*len(r) > width {
			def.Ragged = "pad"
		}
	}
	drop := dropped{names: namesIn(h)}
	drop.tail(f, size, def, width)
	def.Drop = drop.words()
	t, err := through(f, size, def, h, width, most, &drop)
	if again := drop.words(); err == nil && len(again) != len(def.Drop) {
		def.Drop = again
		t, err = through(f, size, def, h, width, most, &drop)
	}
	return t, err
}

// namesIn are the header's names, if one row has them.
func namesIn(h heading) []string {
	if h.one && len(h.names) > 1 && h.names[0] != "" {
		return h.names
	}
	return nil
}

// quoting says what stands around the texts of a file: single where a mark '
// stands at both ends of most fields.
func quoting(text string) string {
	n, all := 0, 0
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if all++; len(l) > 2 && l[0] == '\'' && (l[len(l)-1] == '\'' || strings.Contains(l[1:], "','")) && strings.Count(l, "'")%2 == 0 {
			n++
		}
		if all == 50 {
			break
		}
	}
	if n > 0 && 10*n >= 9*all {
		return "single"
	}
	return ""
}

// strayQuotes says whether more rows are sound where a quote is a letter like
// others.
func strayQuotes(text string, def glovebox.Source) bool {
	def = glovebox.Source{Format: "csv", Delimiter: def.Delimiter, Header: "none", Ragged: "pad"}
	bad := func(quote string) (n int) {
		def.Quote = quote
		var c Chunk
		s, err := NewCSV(NewWindow(strings.NewReader(text), int64(len(text)), ""), def, nil, nil, func(_ []string, got int) (Layout, error) { return Layout{Width: max(got, 1)}, nil })
		if err != nil {
			return 1 << 30
		}
		for more := true; more && err == nil; {
			c.Reset()
			more, err = s.Fill(&c)
			n += len(c.Bad)
		}
		return n
	}
	with := bad("")
	return with > 0 && bad("none") < with
}

// tailBytes is how much of the end of a file is looked at.
const tailBytes = 16 << 10

// tail looks at the last rows of a file that can be read from behind.
func (d *dropped) tail(f *os.File, size int64, def glovebox.Source, width int) {
	if def.Compression != "" || strings.HasPrefix(def.Encoding, "utf-16") || size <= headBytes {
		return
	}
	b := make([]byte, tailBytes)
	n, err := f.ReadAt(b, size-tailBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return
	}
	_, b, _ = bytes.Cut(b[:n], []byte("\n"))
	if def.Encoding == "gb18030" {
		if b, err = simplifiedchinese.GB18030.NewDecoder().Bytes(b); err != nil {
			return
		}
	}
	s := csvSplitter{delim: (def.Delimiter + ",")[0], quote: quoteOf(def)}
	for l := range lines(b) {
		if !s.blank(l) {
			first, filled := s.firstOf(l)
			d.see(first, filled, width)
		}
	}
}

// through reads a CSV file's rows by what was found.
func through(f *os.File, size int64, def glovebox.Source, h heading, width, most int, drop *dropped) (*PeekedTable, error) {
	all := def
	all.Header, all.Extra, all.Skip = "none", "ignore", h.skip+h.rows
	t := &PeekedTable{Source: def, Columns: make([]Peeked, width)}
	cols := make([]glovebox.Column, width)
	for i := range cols {
		cols[i] = glovebox.Column{Name: "c", Place: i + 1, Type: glovebox.String}
		t.Columns[i].Place = i + 1
		if i < len(h.names) {
			t.Columns[i].Name = h.names[i]
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
	cut.fields = width
	cut.watch = func(first string, filled int) { drop.see(first, filled, width) }
	var c Chunk
	for more := true; more && !p.done; {
		c.Reset()
		if more, err = cut.Fill(&c); err != nil {
			return nil, err
		}
	}
	t.settle(h)
	return t, nil
}

// records are the first records of a text as one delimiter cuts them.
func records(text string, def glovebox.Source, delim rune, whole bool) [][]string {
	var out [][]string
	if def.Quote == "" {
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.FieldsPerRecord, r.LazyQuotes = delim, -1, true
		for len(out) < 50 {
			line, err := r.Read()
			if errors.Is(err, io.EOF) || err != nil {
				break
			}
			out = append(out, line)
		}
	} else {
		s := csvSplitter{delim: byte(delim), quote: quoteOf(def)}
		for l := range lines([]byte(text)) {
			if out = append(out, s.split(l)); len(out) == 50 {
				break
			}
		}
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
