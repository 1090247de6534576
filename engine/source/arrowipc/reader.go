// Package arrowipc reads an Arrow IPC file or stream (Feather version 2 too) as
// rows of fields.
//
// Promises: every value comes out exactly; the lengths of a batch are checked
// before memory is taken for them, and every batch as a whole before a value of
// it is read; what no column of a record can be (lists, bytes, intervals) is a
// field of kind rows.Other; no error holds a value.
//
// Not promised: that a hostile schema takes little memory: the library makes as
// many fields as it says, so this runs in the jail, whose limit ends it; that a stream ends where its writer meant it to end, if it was
// cut between two batches and had no end mark: a file has one, and lacks it when
// it was cut.
package arrowipc

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
)

// Bounds of one message, in bytes.
const (
	maxMetadata = 16 << 20
	maxBody     = 512 << 20
	maxColumns  = 4096
)

const fileMagic = "ARROW1\x00\x00"

// Reader reads a file or stream. It is for one goroutine.
type Reader struct {
	in     *counter
	r      *ipc.Reader
	batch  arrow.RecordBatch
	cols   []column
	at     int
	names  []string
	row    rows.Row
	number int64
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// bounded is an allocator that ends a read, by a panic that the reader catches,
// where a file asks for more than a batch may have.
type bounded struct{ memory.Allocator }

func (b bounded) Allocate(size int) []byte {
	if size > 2*maxBody {
		panic("too large")
	}
	return b.Allocator.Allocate(size)
}

func (b bounded) Reallocate(size int, old []byte) []byte {
	if size > 2*maxBody {
		panic("too large")
	}
	return b.Allocator.Reallocate(size, old)
}

func damaged() *glovebox.Error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the Arrow file is damaged, or made in a way that is not read here").
		WithFix("write it again, as an IPC file or stream, or export the data as Parquet")
}

// Open opens a file or stream of size bytes.
func Open(f io.ReaderAt, size int64) (_ *Reader, err error) {
	head := make([]byte, len(fileMagic))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file cannot be read to its end")
	}
	from, to := int64(0), size
	if string(head) == fileMagic { // a stream between two marks and a footer
		end := make([]byte, 6)
		if _, err := f.ReadAt(end, max(size-6, 0)); err != nil && !errors.Is(err, io.EOF) || string(end) != fileMagic[:6] || size < 24 {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the Arrow file breaks off: its end is missing").WithFix("copy it again, or write it again")
		}
		from = int64(len(fileMagic))
	}
	r := &Reader{in: &counter{r: io.NewSectionReader(f, from, to-from)}}
	defer func() {
		if recover() != nil {
			err = damaged()
		}
	}()
	o := []ipc.Option{ipc.WithBodySizeLimit(min(maxBody, size)), ipc.WithMetadataSizeLimit(min(maxMetadata, size)), ipc.WithDictionaryDeltas(true), ipc.WithAllocator(bounded{memory.DefaultAllocator})}
	if r.r, err = ipc.NewReaderFromMessageReader(ipc.NewMessageReader(bufio.NewReaderSize(r.in, 1<<20), o...), o...); err != nil {
		return nil, damaged()
	}
	if r.r.Schema().NumFields() > maxColumns {
		r.r.Release()
		return nil, damaged()
	}
	for _, f := range r.r.Schema().Fields() {
		r.names = append(r.names, f.Name)
	}
	r.row.Fields = make([]rows.Field, len(r.names))
	return r, nil
}

// Columns are the names of the schema's fields.
func (r *Reader) Columns() []string { return r.names }

// Width is their number.
func (r *Reader) Width() int { return len(r.names) }

// Done is how many bytes were read.
func (r *Reader) Done() int64 { return r.in.n }

// Close frees what was read.
func (r *Reader) Close() error {
	r.r.Release()
	return nil
}

// Next returns the next row.
func (r *Reader) Next() (_ *rows.Row, err error) {
	defer func() {
		if recover() != nil {
			err = damaged()
		}
	}()
	for r.batch == nil || r.at == int(r.batch.NumRows()) {
		if !r.r.Next() {
			if r.r.Err() != nil && !errors.Is(r.r.Err(), io.EOF) {
				return nil, damaged()
			}
			return nil, nil
		}
		r.batch, r.at = r.r.RecordBatch(), 0
		if array.ValidateRecordFull(r.batch) != nil || int(r.batch.NumCols()) != len(r.names) {
			return nil, damaged()
		}
		r.cols = r.cols[:0]
		for _, c := range r.batch.Columns() {
			r.cols = append(r.cols, columnOf(c))
		}
	}
	size := 0
	for i := range r.cols {
		r.cols[i].field(r.at, &r.row.Fields[i])
		size += len(r.row.Fields[i].Text)
	}
	r.at++
	r.number++
	r.row.Number = r.number
	if size > rows.MaxBytes {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "row %d has more than %d bytes", r.number, rows.MaxBytes)
	}
	return &r.row, nil
}

// column reads the values of one array.
type column struct {
	a   arrow.Array
	get func(i int, f *rows.Field)
}

func (c *column) field(i int, f *rows.Field) {
	*f = rows.Field{}
	if c.a.IsNull(i) {
		return
	}
	f.Kind = rows.Other
	c.get(i, f)
}

// columnOf finds how the values of an array are read.
func columnOf(a arrow.Array) column {
	c := column{a: a, get: func(int, *rows.Field) {}}
	switch a := a.(type) {
	case *array.Null:
		c.get = func(_ int, f *rows.Field) { f.Kind = rows.Missing }
	case *array.String:
		c.get = func(i int, f *rows.Field) { text(f, a.Value(i)) }
	case *array.LargeString:
		c.get = func(i int, f *rows.Field) { text(f, a.Value(i)) }
	case *array.StringView:
		c.get = func(i int, f *rows.Field) { text(f, a.Value(i)) }
	case *array.Int8:
		c.get = func(i int, f *rows.Field) { whole(f, int64(a.Value(i))) }
	case *array.Int16:
		c.get = func(i int, f *rows.Field) { whole(f, int64(a.Value(i))) }
	case *array.Int32:
		c.get = func(i int, f *rows.Field) { whole(f, int64(a.Value(i))) }
	case *array.Int64:
		c.get = func(i int, f *rows.Field) { whole(f, a.Value(i)) }
	case *array.Uint8:
		c.get = func(i int, f *rows.Field) { whole(f, int64(a.Value(i))) }
	case *array.Uint16:
		c.get = func(i int, f *rows.Field) { whole(f, int64(a.Value(i))) }
	case *array.Uint32:
		c.get = func(i int, f *rows.Field) { whole(f, int64(a.Value(i))) }
	case *array.Uint64:
		c.get = func(i int, f *rows.Field) {
			if v := a.Value(i); v > math.MaxInt64 {
				f.Kind, f.Text = rows.Number, strconv.AppendUint(nil, v, 10)
			} else {
				whole(f, int64(v))
			}
		}
	case *array.Float16:
		c.get = func(i int, f *rows.Field) { f.Kind, f.Float = rows.Float, float64(a.Value(i).Float32()) }
	case *array.Float32:
		c.get = func(i int, f *rows.Field) { f.Kind, f.Float = rows.Float, float64(a.Value(i)) }
	case *array.Float64:
		c.get = func(i int, f *rows.Field) { f.Kind, f.Float = rows.Float, a.Value(i) }
	case *array.Boolean:
		c.get = func(i int, f *rows.Field) {
			if f.Kind = rows.Bool; a.Value(i) {
				f.Int = 1
			}
		}
	case *array.Date32:
		c.get = func(i int, f *rows.Field) { f.Kind, f.Int = rows.Day, int64(a.Value(i)) }
	case *array.Date64:
		c.get = func(i int, f *rows.Field) {
			if v := int64(a.Value(i)); v%86_400_000 == 0 {
				f.Kind, f.Int = rows.Day, v/86_400_000
			}
		}
	case *array.Timestamp:
		c.get = timestamps(a)
	case *array.Decimal32:
		d := a.DataType().(arrow.DecimalType)
		c.get = func(i int, f *rows.Field) { f.Kind, f.Text = rows.Number, []byte(a.Value(i).ToString(d.GetScale())) }
	case *array.Decimal64:
		d := a.DataType().(arrow.DecimalType)
		c.get = func(i int, f *rows.Field) { f.Kind, f.Text = rows.Number, []byte(a.Value(i).ToString(d.GetScale())) }
	case *array.Decimal128:
		d := a.DataType().(arrow.DecimalType)
		c.get = func(i int, f *rows.Field) { f.Kind, f.Text = rows.Number, []byte(a.Value(i).ToString(d.GetScale())) }
	case *array.Decimal256:
		d := a.DataType().(arrow.DecimalType)
		c.get = func(i int, f *rows.Field) { f.Kind, f.Text = rows.Number, []byte(a.Value(i).ToString(d.GetScale())) }
	case *array.Dictionary:
		values := columnOf(a.Dictionary())
		c.get = func(i int, f *rows.Field) { values.field(a.GetValueIndex(i), f) }
	}
	return c
}

func text(f *rows.Field, s string) {
	f.Kind, f.Text = rows.Text, []byte(s)
	if !utf8.ValidString(s) || bytes.IndexByte(f.Text, 0) >= 0 {
		f.Kind, f.Text = rows.Garbled, nil
	}
}

func whole(f *rows.Field, v int64) { f.Kind, f.Int = rows.Int, v }

// timestamps reads times to the microsecond; one that is finer is no value.
func timestamps(a *array.Timestamp) func(int, *rows.Field) {
	t := a.DataType().(*arrow.TimestampType)
	kind := rows.Time
	if t.TimeZone != "" {
		kind = rows.Instant
	}
	times, parts := int64(1), int64(1)
	switch t.Unit {
	case arrow.Second:
		times = 1_000_000
	case arrow.Millisecond:
		times = 1000
	case arrow.Nanosecond:
		parts = 1000
	}
	return func(i int, f *rows.Field) {
		v := int64(a.Value(i))
		if v%parts != 0 || v > math.MaxInt64/times || v < math.MinInt64/times {
			return
		}
		f.Kind, f.Int = kind, v/parts*times
	}
}
