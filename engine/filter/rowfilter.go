package filter

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/duck"
)

// filterRows is how many rows a filter looks at in one query of DuckDB.
const filterRows = 1 << 14

// RowFilter is a filter that is ready to run. It holds a DuckDB that can reach
// nothing and sees only the columns that the filter reads. Opening one takes
// about 10 ms, so use it for many parts; it is for one goroutine at a time.
type RowFilter struct {
	filter Filter
	types  map[string]glovebox.Column
	sql    string
	mem    memory.Allocator
	db     *duck.DB
	conn   *duck.Conn
}

// Options are the options of Open; nil means all defaults.
type Options struct {
	// Allocator is where filtered batches live; nil: Go's heap.
	Allocator memory.Allocator
}

// Open checks a filter as Check does and makes it ready to run
// over batches with the given columns. For batches of masked values, cols are
// the columns after the masks.
func Open(ctx context.Context, expr string, cols []glovebox.Column, o *Options) (*RowFilter, error) {
	f := &RowFilter{types: storedColumns(cols), mem: memory.DefaultAllocator}
	if o != nil && o.Allocator != nil {
		f.mem = o.Allocator
	}
	var err error
	if f.db, f.conn, err = duck.Open(ctx, duck.SmallMemory); err != nil {
		return nil, err
	}
	if f.filter, err = checkFilter(ctx, f.conn, expr, f.types); err != nil {
		f.Close()
		return nil, err
	}
	// DuckDB's Arrow view neither projects nor filters, but the optimiser
	// thinks it does: it would read the n-th of the columns that a query needs
	// from the n-th column of the stream, and drop a WHERE that it handed down.
	// So the view has one column, a struct, and the filter is a result.
	from := []string{"r.n AS n"}
	for i, c := range f.filter.Columns {
		from = append(from, fmt.Sprintf("r.f%d AS %s", i, duck.QuoteName(c)))
	}
	f.sql = fmt.Sprintf(`SELECT n, coalesce(%s, false) FROM (SELECT %s FROM rows)`, f.filter.run, strings.Join(from, ", "))
	return f, nil
}

// Filter returns the checked filter.
func (f *RowFilter) Filter() Filter { return f.filter }

// Close frees DuckDB. Readers that Apply made must be released before.
func (f *RowFilter) Close() {
	f.conn.Close()
	f.db.Close()
}

// Apply returns the rows of r for which the filter is true, with all columns
// of r and in the order of r. The result owns r and releases it.
func (f *RowFilter) Apply(ctx context.Context, r array.RecordReader) (array.RecordReader, error) {
	at := make([]int, len(f.filter.Columns))
	for i, name := range f.filter.Columns {
		idx := r.Schema().FieldIndices(name)
		if len(idx) != 1 || !arrow.TypeEqual(r.Schema().Field(idx[0]).Type, column.ArrowTypes[f.types[name].Type.Plain()]) {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "the batches lack column %s or have it in another type", name)
		}
		at[i] = idx[0]
	}
	a := &applied{f: f, ctx: ctx, in: r, at: at, rb: array.NewRecordBuilder(f.mem, r.Schema())}
	return column.NewStream(r.Schema(), a.next, a.free), nil
}

// applied is a filter at work on one reader.
type applied struct {
	f    *RowFilter
	ctx  context.Context
	in   array.RecordReader
	at   []int
	rb   *array.RecordBuilder
	hold []arrow.RecordBatch // a window of the input
	keep []int32
}

func (a *applied) free() {
	a.drop()
	a.rb.Release()
	a.in.Release()
}

func (a *applied) drop() {
	for _, b := range a.hold {
		b.Release()
	}
	a.hold = a.hold[:0]
}

// next filters the next window of the input.
func (a *applied) next() (arrow.RecordBatch, error) {
	for {
		n := 0
		for n < filterRows {
			b, err := column.Advance(a.in)
			if err != nil {
				return nil, err
			}
			if b == nil {
				break
			}
			b.Retain()
			a.hold = append(a.hold, b)
			n += int(b.NumRows())
		}
		if n == 0 {
			return nil, nil
		}
		out, err := a.window(n)
		a.drop()
		if err != nil || out != nil {
			return out, err
		}
	}
}

// window returns what the filter leaves of the window, nil if nothing.
func (a *applied) window(n int) (arrow.RecordBatch, error) {
	if err := a.evaluate(n); err != nil {
		return nil, err
	}
	if len(a.keep) == 0 {
		return nil, nil
	}
	if len(a.keep) == n && len(a.hold) == 1 {
		a.hold[0].Retain()
		return a.hold[0], nil
	}
	from, k := 0, 0
	for _, b := range a.hold {
		to := from + int(b.NumRows())
		first := k
		for ; k < len(a.keep) && int(a.keep[k]) < to; k++ {
			a.keep[k] -= int32(from)
		}
		for c, col := range b.Columns() {
			column.Append(a.rb.Field(c), col, a.keep[first:k])
		}
		from = to
	}
	return a.rb.NewRecordBatch(), nil
}

// evaluate puts the numbers of the rows to keep into a.keep, ascending.
func (a *applied) evaluate(n int) error {
	a.keep = a.keep[:0]
	view, schema, err := a.view()
	if err != nil {
		return err
	}
	in, err := array.NewRecordReader(schema, view)
	for _, b := range view {
		b.Release()
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "cannot hand rows to DuckDB")
	}
	defer in.Release()
	release, err := a.f.conn.View(a.ctx, "rows", in)
	if err != nil {
		return err
	}
	defer release()
	res, err := a.f.conn.Query(a.ctx, a.f.sql)
	if err != nil {
		return err
	}
	defer res.Release()
	seen := int32(0)
	for res.Next() {
		nums, ok1 := res.RecordBatch().Column(0).(*array.Int32)
		keep, ok2 := res.RecordBatch().Column(1).(*array.Boolean)
		if !ok1 || !ok2 {
			return glovebox.Errorf(glovebox.CodeInternal, "DuckDB returned other columns")
		}
		for i, v := range nums.Int32Values() {
			if v != seen {
				return glovebox.Errorf(glovebox.CodeInternal, "DuckDB returned rows out of order")
			}
			if seen++; keep.Value(i) {
				a.keep = append(a.keep, v)
			}
		}
	}
	if res.Err() == nil && int(seen) != n {
		return glovebox.Errorf(glovebox.CodeInternal, "DuckDB returned other rows than it was given")
	}
	return duck.FilterError(a.ctx, res.Err())
}

// view wraps the columns that the filter reads into batches of one struct.
func (a *applied) view() ([]arrow.RecordBatch, *arrow.Schema, error) {
	fields := []arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int32}}
	for i, c := range a.at {
		f := a.in.Schema().Field(c)
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("f%d", i), Type: f.Type, Nullable: true})
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "r", Type: arrow.StructOf(fields...)}}, nil)
	ib := array.NewInt32Builder(a.f.mem)
	defer ib.Release()
	var out []arrow.RecordBatch
	next := int32(0)
	for _, b := range a.hold {
		ib.Reserve(int(b.NumRows()))
		for range b.NumRows() {
			ib.UnsafeAppend(next)
			next++
		}
		n := ib.NewArray()
		cols := []arrow.Array{n}
		for _, c := range a.at {
			cols = append(cols, b.Column(c))
		}
		s, err := array.NewStructArrayWithFields(cols, fields)
		n.Release()
		if err != nil {
			for _, o := range out {
				o.Release()
			}
			return nil, nil, glovebox.Errorf(glovebox.CodeInternal, "cannot hand rows to DuckDB")
		}
		out = append(out, array.NewRecordBatch(schema, []arrow.Array{s}, b.NumRows()))
		s.Release()
	}
	return out, schema, nil
}
