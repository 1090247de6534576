package xlsx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
)

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
