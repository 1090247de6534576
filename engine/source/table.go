package source

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/arrowipc"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/engine/source/sqlite"
	"glovebox.example/glovebox/engine/source/xlsx"
)

// Table reads a table that comes as rows of fields (a spreadsheet, a database,
// a stream of another form) in pieces.
type Table struct {
	r      rows.Reader
	pieces *Pieces
	layout Layout
	order  []*rows.Field
	size   int64
	def    glovebox.Source
	watch  func(first string, filled int) // gets the first value of each row and how many it has, if set
	shift  int64                          // rows above the data
}

// OpenTable opens a file of a form that is read as rows.
func OpenTable(ctx context.Context, f io.ReaderAt, size int64, def glovebox.Source) (r rows.Reader, err error) {
	switch def.Format {
	case "xlsx":
		return xlsx.Open(f, size, xlsx.Options{Sheet: def.Sheet, Fill: def.Merged == "fill"})
	case "arrow":
		return arrowipc.Open(f, size)
	case "sqlite":
		return sqlite.Open(ctx, f, size, def.Table)
	}
	return nil, glovebox.Errorf(glovebox.CodeInternal, "no reader of this format")
}

// NewTable finds the record's columns in a table. size is that of its source in
// the units of the reader's Done; the table owns the reader.
func NewTable(r rows.Reader, size int64, def glovebox.Source, cols []glovebox.Column) (*Table, RawSource, error) {
	pieces, raw, err := NewPieces(cols, def.Null)
	if err != nil {
		_ = r.Close()
		return nil, raw, err
	}
	t, err := newTable(r, size, def, cols, pieces)
	if err != nil {
		pieces.Release()
	}
	return t, raw, err
}

func newTable(r rows.Reader, size int64, def glovebox.Source, cols []glovebox.Column, pieces *Pieces) (*Table, error) {
	t := &Table{r: r, pieces: pieces, size: size, def: def, order: make([]*rows.Field, len(cols))}
	if err := t.locate(def, cols); err != nil {
		_ = r.Close()
		return nil, err
	}
	return t, nil
}

// locate reads what lies above the rows and finds the columns.
func (t *Table) locate(def glovebox.Source, cols []glovebox.Column) (err error) {
	if names := t.r.Columns(); names != nil {
		t.layout, err = Locate(names, def, cols)
		return err
	}
	line := int64(0)
	for range def.Skip {
		row, err := t.r.Next()
		if err != nil {
			return err
		}
		if row == nil {
			return glovebox.Errorf(glovebox.CodeInvalid, "the table has fewer rows than source.skip says").WithFix("correct `skip`")
		}
		line, t.shift = row.Line, row.Number
	}
	if def.Header == "none" {
		t.free(line)
		t.layout, err = LocatePlaces(t.r.Width(), def, cols)
		return err
	}
	row, err := t.r.Next()
	if err != nil {
		return err
	}
	if row == nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "the table holds nothing").WithFix("export it again; a sheet holds at least its header")
	}
	header := make([]string, len(row.Fields))
	last := 0
	for i, f := range row.Fields {
		if f.Kind == rows.Text {
			header[i] = string(f.Text)
		}
		if f.Kind != rows.Missing {
			last = i + 1
		}
	}
	t.shift = row.Number
	t.free(row.Line)
	if t.layout, err = Locate(header[:last], def, cols); err == nil {
		return nil
	}
	return below(err, header[:last], def, cols, func() []string {
		row, e := t.r.Next()
		if row == nil || e != nil {
			return nil
		}
		names := make([]string, len(row.Fields))
		for i, f := range row.Fields {
			if f.Kind != rows.Missing {
				names[i] = " " // a value that is no name
			}
			if f.Kind == rows.Text {
				names[i] = string(f.Text)
			}
		}
		return names
	})
}

// firstField is the first value of a row, if that is a text.
func firstField(fields []rows.Field) string {
	for _, f := range fields {
		switch f.Kind {
		case rows.Missing:
		case rows.Text:
			if t := bare(string(f.Text)); t != "" {
				return t
			}
		default:
			return ""
		}
	}
	return ""
}

// free says which rows of a sheet may have merged cells.
func (t *Table) free(line int64) {
	if s, ok := t.r.(*xlsx.Reader); ok {
		s.Free = line
	}
}

// Fill decodes the next piece; nil if no row is left in it.
func (t *Table) Fill(c *Chunk) (piece *array.Struct, more bool, err error) {
	for !t.pieces.full() {
		row, err := t.r.Next()
		if err != nil {
			return nil, false, err
		}
		if row == nil {
			c.Read = t.size
			piece, err = t.pieces.Take()
			return piece, false, err
		}
		if len(row.Fields) < t.layout.Width {
			return nil, false, glovebox.Errorf(glovebox.CodeInternal, "a reader gave a row of another width")
		}
		if t.watch != nil || len(t.def.Drop) > 0 {
			first := firstField(row.Fields)
			if t.watch != nil {
				filled := 0
				for _, f := range row.Fields {
					if f.Kind != rows.Missing {
						filled++
					}
				}
				t.watch(first, filled)
			}
			if Dropped(t.def, first) {
				c.Dropped++
				t.shift++
				continue
			}
		}
		for i, at := range t.layout.At {
			t.order[i] = &row.Fields[at]
		}
		t.pieces.add(c, Position{Row: row.Number - t.shift, Line: row.Line, Lines: 1}, t.order)
	}
	c.Read = min(t.r.Done(), t.size)
	piece, err = t.pieces.Take()
	return piece, true, err
}

// Close closes the table.
func (t *Table) Close() {
	_ = t.r.Close()
	t.pieces.Release()
}
