package source

import (
	"fmt"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// Bounds on the rows of a Parquet file that go to DuckDB at a time.
const (
	parquetRows  = 1 << 17
	parquetBytes = 32 << 20 // if all texts are as long as they may be
)

// PieceView is the name of the view in which DuckDB finds the piece of a slot,
// each row one struct: views of several columns were seen to be projected
// wrongly. All connections of a DuckDB see one set of views.
func PieceView(slot int) string { return fmt.Sprintf("piece%d", slot) }

// parquetReader cuts a Parquet file into pieces, in order.
type parquetReader struct {
	*parquetFile
	decl  []glovebox.Column
	rows  int // of a piece
	group int // the next one
	row   int64
	left  int64 // rows of the group that is open
	at    []*columnReader
	type_ *arrow.StructType
}

// OpenParquetReader opens a file and says what its pieces look like to DuckDB,
// but for the view that they are in.
func OpenParquetReader(src *os.File, size int64, def glovebox.Source, cols []glovebox.Column) (*parquetReader, RawSource, error) {
	f, err := openParquet(src, size, def, cols)
	if err != nil {
		return nil, RawSource{}, err
	}
	r := &parquetReader{parquetFile: f, decl: cols, at: make([]*columnReader, len(cols))}
	raw := RawSource{}
	var fields []arrow.Field
	width := 0
	for i, c := range f.cols {
		text := c.as == readText || c.as == readIntText || c.as == readCell
		if text {
			width += textBound(cols[i])
		}
		width += 16
		rc := rawColumn{expr: "NULL", typed: true}
		if c.as != readNull {
			rc = rawColumn{expr: fmt.Sprintf("r.f%d", i), typed: !text, nul: text}
			fields = append(fields, arrow.Field{Name: fmt.Sprintf("f%d", i), Type: handed[c.as], Nullable: true})
		}
		raw.cols = append(raw.cols, rc)
	}
	if fields == nil { // DuckDB counts the rows of something
		fields = append(fields, arrow.Field{Name: "none", Type: arrow.FixedWidthTypes.Boolean, Nullable: true})
	}
	r.type_ = arrow.StructOf(fields...)
	r.rows = min(parquetRows, max(parquetBytes/width, 1<<10))
	return r, raw, nil
}

// Fill decodes the next piece. c gets the numbers of its rows and the rows
// whose text is not UTF-8; piece, nil if no row is left, is the caller's to
// release.
func (r *parquetReader) Fill(c *Chunk) (piece *array.Struct, more bool, err error) {
	defer damageOnPanic(&err)
	for r.left == 0 {
		if r.group == r.r.NumRowGroups() {
			c.Read = r.size
			return nil, false, nil
		}
		if err := r.open(r.group); err != nil {
			return nil, false, err
		}
		r.group++
	}
	n := int(min(r.left, int64(r.rows)))
	piece, garbled, err := r.decode(n)
	if err != nil {
		return nil, false, err
	}
	for i := range n {
		at := Position{Row: r.row + int64(i) + 1, Lines: 1}
		if col := garbled[i]; col != nil {
			c.Bad = append(c.Bad, badRow{at, ReasonEncoding, col.Name, col.SourceName()})
		} else {
			c.Rows = append(c.Rows, at)
		}
	}
	r.row += int64(n)
	if r.left -= int64(n); r.left == 0 {
		if err := r.atEnd(); err != nil {
			piece.Release()
			return nil, false, err
		}
	}
	c.Read = int64(float64(r.size) * float64(r.row) / float64(r.parquetFile.rows()))
	if len(garbled) > 0 {
		whole := piece
		defer whole.Release()
		if piece, err = without(whole, garbled); err != nil {
			return nil, false, err
		}
	}
	return piece, r.left > 0 || r.group < r.r.NumRowGroups(), nil
}

// open verifies a row group and opens its columns.
func (r *parquetReader) open(group int) error {
	if err := r.verifyPages(group); err != nil {
		return err
	}
	g := r.r.RowGroup(group)
	r.left = g.NumRows()
	for i, c := range r.cols {
		var err error
		if r.at[i], err = r.newColumnReader(g, c, r.decl[i], r.at[i]); err != nil {
			return err
		}
	}
	return nil
}

// atEnd makes sure that no column has more rows than its row group.
func (r *parquetReader) atEnd() error {
	for _, c := range r.at {
		if c.as == readNull {
			continue
		}
		if c.r.HasNext() {
			return damagedParquet("a column has more rows than its row group")
		}
		if err := c.r.Err(); err != nil {
			return decodeError(err)
		}
		_ = c.r.Close()
	}
	return nil
}

// decode reads n rows of all columns. garbled has the rows whose text is not
// UTF-8, each with the first such column.
func (r *parquetReader) decode(n int) (_ *array.Struct, garbled map[int]*glovebox.Column, err error) {
	var arrays []arrow.Array
	defer func() {
		for _, a := range arrays {
			a.Release()
		}
	}()
	garbled = map[int]*glovebox.Column{}
	for i, c := range r.at {
		if c.as == readNull {
			continue
		}
		b := newBuilder(c.as)
		err := c.read(n, b, func(at int) {
			if garbled[at] == nil {
				garbled[at] = &r.decl[i]
			}
		})
		if err == nil {
			arrays = append(arrays, b.NewArray())
		}
		b.Release()
		if err != nil {
			return nil, nil, err
		}
	}
	if arrays == nil {
		b := newBuilder(readBool)
		b.AppendNulls(n)
		arrays = append(arrays, b.NewArray())
		b.Release()
	}
	s, err := array.NewStructArrayWithFields(arrays, r.type_.Fields())
	if err != nil {
		return nil, nil, glovebox.Errorf(glovebox.CodeInternal, "cannot hand rows to DuckDB")
	}
	return s, garbled, nil
}

// without returns the rows of s that are not among some; nil if none is left.
func without(s *array.Struct, some map[int]*glovebox.Column) (*array.Struct, error) {
	var at []int
	for i := range some {
		at = append(at, i)
	}
	slices.Sort(at)
	var keep []arrow.Array
	from := 0
	for _, i := range append(at, s.Len()) {
		if i > from {
			keep = append(keep, array.NewSlice(s, int64(from), int64(i)))
		}
		from = i + 1
	}
	if keep == nil {
		return nil, nil
	}
	out, err := array.Concatenate(keep, memory.DefaultAllocator)
	for _, k := range keep {
		k.Release()
	}
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot hand rows to DuckDB")
	}
	return out.(*array.Struct), nil
}
