package xlsx

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/value"
)

// readCell reads a cell up to its end.
func (r *Reader) readCell(s xml.StartElement, f *rows.Field) error {
	kind := attr(s, "t")
	from := len(r.buf)
	in, computed := false, false
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
			case "f":
				computed = true
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
				if computed && len(r.buf) == from && kind != "str" { // by a program that computes nothing
					*f = rows.Field{Kind: rows.Other}
					return nil
				}
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
