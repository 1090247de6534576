package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/source"
)

const (
	// createdBy is the writer's name in every part: a part's bytes must not
	// change with the version of a library.
	createdBy    = "glovebox"
	rowGroupRows = 1 << 17
	dictBytes    = 1 << 20 // a column with a larger dictionary is stored plainly
)

// partBuffer collects the rows of one part while a file is read, in the order
// of the file. Column 0 is the token, then the stored columns but the unit's,
// then the originals that are kept.
type partBuffer struct {
	rb     *array.RecordBuilder
	packed [][]byte // earlier rows, as compressed Arrow IPC streams
}

// pack compresses the rows collected so far, to make room.
func (p *partBuffer) pack(mem memory.Allocator) error {
	rec := p.rb.NewRecordBatch()
	defer rec.Release()
	if rec.NumRows() == 0 {
		return nil
	}
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(rec.Schema()), ipc.WithAllocator(mem), ipc.WithLZ4())
	err := w.Write(rec)
	if err2 := w.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "cannot pack rows in memory")
	}
	p.packed = append(p.packed, bytes.Clone(b.Bytes()))
	return nil
}

// unpack returns all rows of the part as one batch.
func (p *partBuffer) unpack(mem memory.Allocator) (arrow.RecordBatch, error) {
	if len(p.packed) == 0 {
		return p.rb.NewRecordBatch(), nil
	}
	if err := p.pack(mem); err != nil {
		return nil, err
	}
	for i, b := range p.packed {
		r, err := ipc.NewReader(bytes.NewReader(b), ipc.WithAllocator(mem))
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot unpack rows in memory")
		}
		for r.Next() {
			rec := r.RecordBatch()
			for c, col := range rec.Columns() {
				column.Append(p.rb.Field(c), col, upTo(int(rec.NumRows())))
			}
		}
		err = r.Err()
		r.Release()
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot unpack rows in memory")
		}
		p.packed[i] = nil
	}
	return p.rb.NewRecordBatch(), nil
}

func upTo(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// sortRows returns the rows of a part by token and, within a unit, by a keyed
// hash of the token and the row's own values: what the other units' rows are, or
// where in the file a row stood, has no part in it. With the token in it, equal
// rows of two units are ordered independently: else the order would be the same
// bit of values that a module never sees in all units that share them. It also counts the units, and the
// rows of the unit that has most.
func sortRows(rec arrow.RecordBatch, order *prf) (rows []int32, units, most int64, err error) {
	type entry struct {
		hi, lo, order uint64
		row           int32
	}
	tok, err := column.Tokens(rec.Column(0))
	if err != nil {
		return nil, 0, 0, err
	}
	es := make([]entry, rec.NumRows())
	for i := range es {
		t := tok[i*column.TokenBytes:]
		es[i] = entry{hi: binary.BigEndian.Uint64(t), lo: binary.BigEndian.Uint64(t[8:]), row: int32(i)}
	}
	byUnit := func(a, b entry) int {
		if c := cmp.Compare(a.hi, b.hi); c != 0 {
			return c
		}
		return cmp.Compare(a.lo, b.lo)
	}
	slices.SortFunc(es, byUnit)
	var buf []byte
	for i := 0; i < len(es); {
		j := i + 1
		for j < len(es) && byUnit(es[i], es[j]) == 0 {
			j++
		}
		most = max(most, int64(j-i))
		if units++; j > i+1 {
			for k := i; k < j; k++ {
				row := int(es[k].row)
				buf = append(buf[:0], tok[row*column.TokenBytes:(row+1)*column.TokenBytes]...)
				buf = appendRowBytes(buf, rec, row)
				es[k].order = order.order(buf)
			}
			// Rows with equal order are equal in all their values.
			slices.SortFunc(es[i:j], func(a, b entry) int {
				return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.row, b.row))
			})
		}
		i = j
	}
	rows = make([]int32, len(es))
	for i := range es {
		rows[i] = es[i].row
	}
	return rows, units, most, nil
}

// appendRowBytes appends an unambiguous encoding of a row's values but the
// token of its unit.
func appendRowBytes(b []byte, rec arrow.RecordBatch, row int) []byte {
	for _, col := range rec.Columns()[1:] {
		b = column.AppendValue(b, col, row)
	}
	return b
}

// fileWriter hashes and counts what goes to the caller's writer. It keeps the
// first error and swallows the rest: Arrow's writer leaks on an error.
type fileWriter struct {
	w   io.Writer
	sum hash.Hash
	n   int64
	err error // of w: the caller's own, safe to show
}

func newFileWriter(w io.Writer) *fileWriter { return &fileWriter{w: w, sum: sha256.New()} }

// file describes what was written.
func (f *fileWriter) file(name string) File {
	return File{Name: name, Bytes: f.n, SHA256: hex.EncodeToString(f.sum.Sum(nil))}
}

func (f *fileWriter) Write(p []byte) (int, error) {
	if f.err == nil {
		_, f.err = f.w.Write(p)
	}
	f.sum.Write(p)
	f.n += int64(len(p))
	return len(p), nil
}

// writeParquet writes the given rows of columns [from, to) of rec as one
// Parquet file. For a sealed part, numbered is true and the row's number in
// the part comes second.
func writeParquet(ctx context.Context, mem memory.Allocator, out io.WriteCloser, name string, schema *arrow.Schema, rec arrow.RecordBatch, columns []int, numbered bool, rows []int32) (File, error) {
	fw := newFileWriter(out)
	err := func() error {
		props := parquet.NewWriterProperties(
			parquet.WithAllocator(mem), parquet.WithCreatedBy(createdBy),
			parquet.WithCompression(compress.Codecs.Snappy), parquet.WithStats(false),
			parquet.WithMaxRowGroupLength(rowGroupRows), parquet.WithDictionaryPageSizeLimit(dictBytes),
			parquet.WithDictionaryFor(column.UnitColumn, false), parquet.WithDictionaryFor(source.RowColumn, false))
		w, err := pqarrow.NewFileWriter(schema, struct{ io.Writer }{fw}, props, pqarrow.NewArrowWriterProperties(pqarrow.WithAllocator(mem)))
		if err != nil {
			return err
		}
		rb := array.NewRecordBuilder(mem, schema)
		defer rb.Release()
		for from := 0; from < len(rows); from += rowGroupRows {
			group := rows[from:min(from+rowGroupRows, len(rows))]
			field := 0
			for _, c := range columns {
				column.Append(rb.Field(field), rec.Column(c), group)
				field++
				if numbered && field == 1 {
					for i := range group {
						rb.Field(field).(*array.Int32Builder).Append(int32(from + i))
					}
					field++
				}
			}
			b := rb.NewRecordBatch()
			err := w.Write(b)
			b.Release()
			if err != nil {
				_ = w.Close()
				return err
			}
			if ctx.Err() != nil || fw.err != nil {
				break
			}
		}
		return w.Close()
	}()
	fw.err = errors.Join(fw.err, out.Close())
	if ctx.Err() != nil {
		return File{}, ctx.Err()
	}
	if err != nil || fw.err != nil {
		return File{}, glovebox.Errorf(glovebox.CodeInternal, "cannot write snapshot part %s", name).Because(fw.err)
	}
	return fw.file(name), nil
}
