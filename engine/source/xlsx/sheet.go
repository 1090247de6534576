package xlsx

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
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

	lastMerged int64
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
				r.lastMerged = max(r.lastMerged, a.lastRow+1)
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

// LastMerged is the last row of the sheet, from 1, that holds merged cells; 0:
// none does.
func (r *Reader) LastMerged() int64 { return r.lastMerged }

// Done is how many bytes of the sheet's XML were read.
func (r *Reader) Done() int64 { return r.in.n }

// Close closes the sheet.
func (r *Reader) Close() error { return r.part.Close() }
