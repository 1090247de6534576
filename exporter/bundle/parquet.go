//go:build !glovebox_verify

package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// DecodesParquet says whether Verify compares the rows of result.parquet.
const DecodesParquet = true

// encodeParquet writes the rows as one uncompressed row group in plain
// encoding, all columns required: the plainest file there is, and the same
// bytes every time.
func encodeParquet(c *release.Content) ([]byte, error) {
	return writeParquet(memory.NewGoAllocator(), c)
}

// parquetStep is how many values of a column are handed to the writer at once: a
// multiple of its own batches, so that pages end where they would if all were.
const parquetStep = 8192

// writeParquet fills one column after the other from the rows, in steps: beside
// the file there is one page of one column in memory.
func writeParquet(mem memory.Allocator, c *release.Content) ([]byte, error) {
	fields := make([]arrow.Field, len(c.Columns))
	for i, col := range c.Columns {
		fields[i] = arrow.Field{Name: col.Name, Type: arrowType(col.Type)}
	}
	props := parquet.NewWriterProperties(
		parquet.WithAllocator(mem), parquet.WithCreatedBy("glovebox"), parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithDictionaryDefault(false), parquet.WithCompression(compress.Codecs.Uncompressed),
		parquet.WithDataPageVersion(parquet.DataPageV1), parquet.WithMaxRowGroupLength(math.MaxInt32))
	sc, err := pqarrow.ToParquet(arrow.NewSchema(fields, nil), props, pqarrow.DefaultWriterProps())
	if err != nil {
		return nil, wrong("release %s cannot be written as Parquet", c.ID)
	}
	out := bytes.NewBuffer(make([]byte, 0, parquetSize(c)))
	w := file.NewParquetWriter(out, sc.Root(), file.WithWriterProps(props), file.WithWriteMetadata(metadata.NewKeyValueMetadata()))
	if len(c.Rows) > 0 {
		var g file.SerialRowGroupWriter
		if g, err = w.AppendRowGroupChecked(); err == nil {
			err = writeGroup(g, c)
		}
	}
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, wrong("release %s cannot be written as Parquet", c.ID)
	}
	return out.Bytes(), nil
}

// parquetSize is about how many bytes a file takes, rather more than less.
func parquetSize(c *release.Content) int {
	const column, page = 512, 128 // what is said of each, beside the values
	n := 4096 + column*len(c.Columns)
	for i, col := range c.Columns {
		of := 8 * len(c.Rows)
		if col.Type == glovebox.String {
			of = 4 * len(c.Rows)
			for _, row := range c.Rows {
				s, _ := row[i].(string)
				of += len(s)
			}
		}
		n += of + page*(of>>20+1)
	}
	return n
}

func writeGroup(g file.SerialRowGroupWriter, c *release.Content) error {
	texts := make([]parquet.ByteArray, 0, parquetStep)
	whole := make([]int64, 0, parquetStep)
	floats := make([]float64, 0, parquetStep)
	for i := range c.Columns {
		w, err := g.NextColumn()
		if err != nil {
			return err
		}
		for from := 0; from < len(c.Rows); from += parquetStep {
			rows := c.Rows[from:min(from+parquetStep, len(c.Rows))]
			switch w := w.(type) {
			case *file.ByteArrayColumnChunkWriter:
				texts = texts[:0]
				for _, row := range rows {
					texts = append(texts, parquet.ByteArray(row[i].(string)))
				}
				_, err = w.WriteBatch(texts, nil, nil)
			case *file.Int64ColumnChunkWriter:
				whole = whole[:0]
				for _, row := range rows {
					whole = append(whole, row[i].(int64))
				}
				_, err = w.WriteBatch(whole, nil, nil)
			case *file.Float64ColumnChunkWriter:
				floats = floats[:0]
				for _, row := range rows {
					floats = append(floats, row[i].(float64))
				}
				_, err = w.WriteBatch(floats, nil, nil)
			}
			if err != nil {
				return err
			}
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	return g.Close()
}

func arrowType(t glovebox.Type) arrow.DataType {
	switch t {
	case glovebox.Int64:
		return arrow.PrimitiveTypes.Int64
	case glovebox.Float64:
		return arrow.PrimitiveTypes.Float64
	}
	return arrow.BinaryTypes.String
}

// errAlloc is what a hostile file dies of that asks for too much memory.
var errAlloc = errors.New("it asks for more memory than its size allows")

// limited is an allocator with a total that it never gives more than.
type limited struct {
	memory.Allocator
	left int
}

func (l *limited) Allocate(n int) []byte {
	l.take(n)
	return l.Allocator.Allocate(n)
}

func (l *limited) Reallocate(n int, b []byte) []byte {
	l.take(n - len(b))
	return l.Allocator.Reallocate(n, b)
}

func (l *limited) Free(b []byte) {
	l.left += len(b)
	l.Allocator.Free(b)
}

func (l *limited) take(n int) {
	if l.left -= n; l.left < 0 {
		panic(errAlloc)
	}
}

// compareParquet says how the rows of a Parquet file differ from c's, nil if
// they do not. The file is foreign: it must be as plain as encodeParquet makes
// it, its claims are compared with c before anything is read by them, memory
// is bounded, and a reader that panics is a refusal.
func compareParquet(data []byte, c *release.Content) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("malformed")
			if e, ok := p.(error); ok && errors.Is(e, errAlloc) {
				err = errAlloc
			}
		}
	}()
	mem := &limited{memory.NewGoAllocator(), 4*len(data) + 1<<20}
	r, err := file.NewParquetReader(bytes.NewReader(data), file.WithReadProps(parquet.NewReaderProperties(mem)))
	if err != nil {
		return errors.New("malformed")
	}
	defer r.Close()
	sc := r.MetaData().Schema
	if sc.NumColumns() != len(c.Columns) || sc.Root().NumFields() != len(c.Columns) {
		return fmt.Errorf("%d columns, result.json has %d", sc.NumColumns(), len(c.Columns))
	}
	for i, col := range c.Columns {
		if d := sc.Column(i); d.Path() != col.Name || d.PhysicalType() != physical(col.Type) || d.MaxDefinitionLevel() != 0 || d.MaxRepetitionLevel() != 0 || !logical(d, col.Type) {
			return fmt.Errorf("column %d is not result.json's %s of type %s", i, col.Name, col.Type)
		}
	}
	if r.NumRows() != int64(len(c.Rows)) {
		return fmt.Errorf("%d rows, result.json has %d", r.NumRows(), len(c.Rows))
	}
	if len(c.Rows) == 0 {
		return nil
	}
	if r.NumRowGroups() != 1 || r.MetaData().RowGroup(0).NumRows() != r.NumRows() {
		return errors.New("not one row group")
	}
	return compareColumns(r, c, len(data))
}

func physical(t glovebox.Type) parquet.Type {
	switch t {
	case glovebox.Int64:
		return parquet.Types.Int64
	case glovebox.Float64:
		return parquet.Types.Double
	}
	return parquet.Types.ByteArray
}

func logical(d *schema.Column, t glovebox.Type) bool {
	l := d.LogicalType()
	switch t {
	case glovebox.String:
		return l.Equals(schema.StringLogicalType{})
	case glovebox.Int64:
		return l.IsNone() || l.Equals(schema.NewIntLogicalType(64, true))
	}
	return l.IsNone()
}

func compareColumns(r *file.Reader, c *release.Content, size int) error {
	group := r.RowGroup(0)
	for i, col := range c.Columns {
		m, err := group.MetaData().ColumnChunk(i)
		if err != nil {
			return errors.New("malformed")
		}
		if m.Compression() != compress.Codecs.Uncompressed || m.HasDictionaryPage() || m.NumValues() != r.NumRows() ||
			m.TotalUncompressedSize() > int64(size) || m.TotalCompressedSize() > int64(size) {
			return fmt.Errorf("column %s is not plain and uncompressed", col.Name)
		}
		for _, e := range m.Encodings() {
			if e != parquet.Encodings.Plain && e != parquet.Encodings.RLE {
				return fmt.Errorf("column %s is not in plain encoding", col.Name)
			}
		}
		chunk, err := group.Column(i)
		if err != nil {
			return errors.New("malformed")
		}
		row, err := compareChunk(chunk, c, i)
		if e := chunk.Close(); err == nil && e != nil {
			err = errors.New("malformed")
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", col.Name, err)
		}
		if row >= 0 {
			return fmt.Errorf("column %s differs from result.json in row %d", col.Name, row+1)
		}
	}
	return nil
}

// compareChunk returns the first row that differs, -1 if none does.
func compareChunk(chunk file.ColumnChunkReader, c *release.Content, col int) (int, error) {
	const step = 1024
	for row := 0; row < len(c.Rows); {
		n, equal, err := 0, func(int) bool { return false }, error(nil)
		switch chunk := chunk.(type) {
		case *file.ByteArrayColumnChunkReader:
			values := make([]parquet.ByteArray, step)
			_, n, err = chunk.ReadBatch(step, values, nil, nil)
			equal = func(i int) bool { return string(values[i]) == c.Rows[row+i][col] }
		case *file.Int64ColumnChunkReader:
			values := make([]int64, step)
			_, n, err = chunk.ReadBatch(step, values, nil, nil)
			equal = func(i int) bool { return values[i] == c.Rows[row+i][col] }
		case *file.Float64ColumnChunkReader:
			values := make([]float64, step)
			_, n, err = chunk.ReadBatch(step, values, nil, nil)
			equal = func(i int) bool {
				want, ok := c.Rows[row+i][col].(float64)
				return ok && math.Float64bits(values[i]) == math.Float64bits(want)
			}
		}
		if err != nil || n <= 0 || n > step || row+n > len(c.Rows) {
			return 0, errors.New("it ends early")
		}
		for i := range n {
			if !equal(i) {
				return row + i, nil
			}
		}
		row += n
	}
	return -1, nil
}
