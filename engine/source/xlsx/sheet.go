package xlsx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/value"
)

// Options say which sheet is read, and how.
type Options struct {
	Sheet string // its name; "": the only one
	Fill  bool   // a merged cell's value is that of every cell in it; else they are refused below row Free
}

// Reader reads a sheet. It is for one goroutine.
type Reader struct {
	book   *book
	part   io.ReadCloser
	in     *countReader
	d      *xml.Decoder
	opt    Options
	merged []area // by their first row
	held   []heldArea
	row    rows.Row
	buf    []byte
	number int64
	line   int64
	width  int
	done   bool
	// Free is the last row of the sheet that may hold merged cells where they are
	// not filled: that of the header, which is not known before it is read. Until
	// the caller sets it, every row may.
	Free int64
}

// area is a merged range of cells, from 0.
type area struct{ row, col, lastRow, lastCol int64 }

// heldArea is one that the next rows lie in, with its value.
type heldArea struct {
	area
	field rows.Field
	text  []byte
}

// Open opens a sheet of a workbook of size bytes.
func Open(f io.ReaderAt, size int64, o Options) (*Reader, error) {
	b, err := openBook(f, size)
	if err != nil {
		return nil, err
	}
	var found *sheetRef
	n := 0
	for i, s := range b.sheets {
		if s.table && (o.Sheet == "" || s.name == o.Sheet) {
			found = &b.sheets[i]
			n++
		}
	}
	switch {
	case n == 0 && o.Sheet != "":
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the Excel workbook has no sheet of the name in source.sheet, and %d sheets in all", len(b.sheets)).
			WithFix("write the sheet's name as its tab shows it")
	case n == 0:
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the Excel workbook has no sheet with cells").WithFix("%s", fixSave)
	case n > 1:
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the Excel workbook has %d sheets", n).
			WithFix("add `sheet: NAME` under source, the name that the sheet's tab shows")
	}
	r := &Reader{book: b, opt: o, Free: math.MaxInt64}
	if err := r.scan(found.part); err != nil {
		return nil, err
	}
	if r.part, err = b.open(found.part, maxSheet); err != nil {
		return nil, err
	}
	r.in = &countReader{r: r.part}
	r.d = xml.NewDecoder(r.in)
	return r, nil
}

type countReader struct {
	r io.Reader
	n int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// Sheets counts the sheets with cells.
func Sheets(f io.ReaderAt, size int64) ([]string, error) {
	b, err := openBook(f, size)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range b.sheets {
		if s.table {
			out = append(out, s.name)
		}
	}
	return out, nil
}

// scan reads a sheet once for what lies behind its rows: the merged cells; and
// for how wide it is.
func (r *Reader) scan(part string) error {
	in, err := r.book.open(part, maxSheet)
	if err != nil {
		return err
	}
	defer in.Close()
	d := xml.NewDecoder(in)
	col := int64(0)
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return damagedBy(err)
		}
		s, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch s.Name.Local {
		case "row":
			col = 0
		case "c":
			if at := attr(s, "r"); at != "" {
				if _, col, ok = cellAt(at); !ok {
					return damaged()
				}
			}
			if col++; col > maxColumns {
				return damaged()
			}
			r.width = max(r.width, int(col))
		case "mergeCell":
			a, ok := areaOf(attr(s, "ref"))
			if !ok || len(r.merged) == maxMerged {
				return damaged()
			}
			if a.row != a.lastRow || a.col != a.lastCol {
				r.merged = append(r.merged, a)
				r.width = max(r.width, int(a.lastCol)+1)
			}
		}
	}
	slices.SortFunc(r.merged, func(a, b area) int { return int(a.row - b.row) })
	return nil
}

// Columns is nil: which row names the columns is the caller's to say.
func (r *Reader) Columns() []string { return nil }

// Width is the width of the widest row.
func (r *Reader) Width() int { return r.width }

// Done is how many bytes of the sheet's XML were read.
func (r *Reader) Done() int64 { return r.in.n }

// Close closes the sheet.
func (r *Reader) Close() error { return r.part.Close() }

// Next returns the next row that has a value.
func (r *Reader) Next() (*rows.Row, error) {
	for !r.done {
		tok, err := r.d.RawToken()
		if errors.Is(err, io.EOF) {
			r.done = true
			break
		}
		if err != nil {
			return nil, damagedBy(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if t.Name.Local != "row" {
				continue
			}
			some, err := r.readRow(t)
			if err != nil {
				return nil, err
			}
			if some {
				r.number++
				r.row.Number, r.row.Line = r.number, r.line
				return &r.row, nil
			}
		case xml.EndElement:
			r.done = t.Name.Local == "sheetData"
		}
	}
	return nil, nil
}

// readRow reads the cells of a row.
func (r *Reader) readRow(s xml.StartElement) (some bool, err error) {
	line := r.line + 1
	if at := attr(s, "r"); at != "" {
		if line, err = strconv.ParseInt(at, 10, 64); err != nil || line <= r.line || line > 1<<31 {
			return false, damaged()
		}
	}
	r.line = line
	r.buf = r.buf[:0]
	if r.row.Fields == nil {
		r.row.Fields = make([]rows.Field, r.width)
	}
	clear(r.row.Fields)
	col := int64(0)
	for {
		tok, err := r.d.RawToken()
		if err != nil {
			return false, damagedBy(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			if at := attr(t, "r"); at != "" {
				_, c, ok := cellAt(at)
				if !ok || c < col {
					return false, damaged()
				}
				col = c
			}
			if col >= int64(r.width) {
				return false, damaged()
			}
			f := &r.row.Fields[col]
			if err := r.readCell(t, f); err != nil {
				return false, err
			}
			some = some || f.Kind != rows.Missing && !(f.Kind == rows.Text && len(bytes.TrimSpace(f.Text)) == 0)
			col++
		case xml.EndElement:
			if t.Name.Local == "row" {
				if !some {
					return false, nil
				}
				return true, r.merge(line - 1)
			}
		}
	}
}

// merge fills the merged cells of a row, or refuses them.
func (r *Reader) merge(at int64) error {
	for len(r.merged) > 0 && r.merged[0].row <= at {
		a := r.merged[0]
		r.merged = r.merged[1:]
		if a.lastRow < at { // its rows have no cells at all
			continue
		}
		h := heldArea{area: a}
		if a.row == at && a.col < int64(len(r.row.Fields)) {
			h.field = r.row.Fields[a.col]
			h.text = bytes.Clone(h.field.Text)
			h.field.Text = h.text
		}
		r.held = append(r.held, h)
	}
	r.held = slices.DeleteFunc(r.held, func(h heldArea) bool { return h.lastRow < at })
	for _, h := range r.held {
		if !r.opt.Fill {
			if at+1 > r.Free {
				return glovebox.Errorf(glovebox.CodeInvalid, "row %d of the sheet has merged cells", at+1).
					WithFix("add `merged: fill` under source, so that each of the cells has the value; or unmerge them in the workbook")
			}
			continue
		}
		for c := h.col; c <= h.lastCol && c < int64(len(r.row.Fields)); c++ {
			if f := &r.row.Fields[c]; f.Kind == rows.Missing {
				*f = h.field
			}
		}
	}
	return nil
}

// readCell reads a cell up to its end.
func (r *Reader) readCell(s xml.StartElement, f *rows.Field) error {
	kind := attr(s, "t")
	from := len(r.buf)
	in := false
	for {
		tok, err := r.d.RawToken()
		if err != nil {
			return damagedBy(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "v":
				in = true
			case "is":
				if r.buf, err = richText(r.d, "is", r.buf); err != nil {
					return err
				}
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "v":
				in = false
			case "c":
				return r.cell(kind, r.book.styleOf(attr(s, "s")), r.buf[from:], f)
			}
		case xml.CharData:
			if in {
				r.buf = append(r.buf, t...)
			}
		}
		if len(r.buf) > rows.MaxBytes {
			return glovebox.Errorf(glovebox.CodeInvalid, "row %d of the sheet has more than %d bytes", r.line, rows.MaxBytes)
		}
	}
}

// cell makes a field of what a cell stores.
func (r *Reader) cell(kind string, form format, text []byte, f *rows.Field) error {
	if len(text) == 0 && kind != "inlineStr" && kind != "str" {
		return nil // a cell with a format and no value
	}
	switch kind {
	case "s":
		n, err := strconv.Atoi(string(text))
		t, ok := r.book.shared.at(n)
		if err != nil || !ok {
			return damaged()
		}
		*f = textField(t)
	case "inlineStr":
		*f = textField(text)
	case "str":
		*f = textField(unescape(text))
	case "b":
		switch string(text) {
		case "1", "true":
			*f = rows.Field{Kind: rows.Bool, Int: 1}
		case "0", "false":
			*f = rows.Field{Kind: rows.Bool}
		default:
			return damaged()
		}
	case "e":
		*f = rows.Field{Kind: rows.Other}
	case "d":
		*f = isoField(text)
	case "", "n":
		x, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return damaged()
		}
		*f = rows.Field{Kind: rows.Sheet, Float: x, Pad: form.pad}
		if form.day {
			epoch := int64(25569)
			if r.book.from1904 {
				epoch = 24107
			}
			if v, ok := value.SerialMicros(x, epoch); ok {
				*f = rows.Field{Kind: rows.Time, Int: v}
			}
		}
	default:
		return damaged()
	}
	return nil
}

func textField(t []byte) rows.Field {
	if !utf8.Valid(t) || bytes.IndexByte(t, 0) >= 0 {
		return rows.Field{Kind: rows.Garbled}
	}
	return rows.Field{Kind: rows.Text, Text: t}
}

// isoField reads a cell that holds a time as ISO 8601 has it.
func isoField(text []byte) rows.Field {
	for _, w := range []string{"YYYY-MM-DDThh:mm:ss", "YYYY-MM-DDThh:mm:ss.f", "YYYY-MM-DD"} {
		p, err := value.Compile(glovebox.Column{Type: glovebox.DateTime, Written: []string{w}})
		if err != nil {
			continue
		}
		if v, fault := p.Parse(bytes.TrimSuffix(text, []byte("Z"))); fault == value.None {
			return rows.Field{Kind: rows.Time, Int: v.I}
		}
	}
	return rows.Field{Kind: rows.Other}
}

func attr(s xml.StartElement, name string) string {
	for _, a := range s.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// cellAt reads the name of a cell, such as AB12, as a row and a column from 0.
func cellAt(s string) (row, col int64, ok bool) {
	i := 0
	for ; i < len(s) && s[i] >= 'A' && s[i] <= 'Z'; i++ {
		if col = col*26 + int64(s[i]-'A') + 1; col > maxColumns {
			return 0, 0, false
		}
	}
	row, err := strconv.ParseInt(s[i:], 10, 32)
	return row - 1, col - 1, err == nil && i > 0 && row > 0 && s[i] != '+'
}

// areaOf reads a range of cells, such as A1:B3.
func areaOf(s string) (a area, ok bool) {
	for i := range len(s) {
		if s[i] == ':' {
			var ok1, ok2 bool
			a.row, a.col, ok1 = cellAt(s[:i])
			a.lastRow, a.lastCol, ok2 = cellAt(s[i+1:])
			return a, ok1 && ok2 && a.row <= a.lastRow && a.col <= a.lastCol
		}
	}
	row, col, ok := cellAt(s)
	return area{row, col, row, col}, ok
}
