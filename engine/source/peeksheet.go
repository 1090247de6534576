package source

import (
	"bytes"
	"context"
	"os"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/engine/source/xlsx"
)

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
	var lines []int64
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
		lines = append(lines, row.Line)
	}
	if len(first) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the table holds nothing").WithFix("export it again; a sheet holds at least its header")
	}
	h := headingOf(first)
	from := h.skip + h.rows
	need := from // the first row whose merged cells matter: that of the header, or of the data
	if h.one {
		need = h.skip
	}
	if x, ok := r.(*xlsx.Reader); ok && need < len(lines) && x.LastMerged() >= lines[need] {
		def.Merged = "fill"
	}
	width := r.Width()
	names := make([]string, width)
	copy(names, h.names)
	kept = kept[min(from, len(kept)):]
	drop := dropped{}
	t, err := collect(def, names, width, most, func() (*rows.Row, error) {
		for {
			var row *rows.Row
			if len(kept) > 0 {
				row, kept = &kept[0], kept[1:]
			} else if row, err = r.Next(); row == nil || err != nil {
				return nil, err
			}
			filled := 0
			for _, f := range row.Fields {
				if f.Kind != rows.Missing {
					filled++
				}
			}
			if !drop.see(firstField(row.Fields), filled, width) {
				return row, nil
			}
		}
	})
	if err != nil {
		return nil, err
	}
	t.Source.Drop = drop.words()
	t.settle(h)
	return t, nil
}
