package sample

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/filter"
)

func itoa(n int) string { return strconv.Itoa(n) }

// rules are a record's quality rules, ready to run on rows as a load does.
type rules struct {
	rec     *glovebox.Dataset
	filters []*filter.RowFilter
	reads   []int // columns that some rule reads
}

// rowNumber names the column by which a filtered row is found again.
const rowNumber = "_number"

func openRules(ctx context.Context, rec *glovebox.Dataset) (*rules, error) {
	r := &rules{rec: rec}
	// Rules see columns as they are declared, identifiers too.
	cols := slices.Clone(rec.Columns)
	for i := range cols {
		cols[i].Class = glovebox.ClassPersonal
	}
	for i, q := range rec.Quality {
		f, err := filter.Open(ctx, "coalesce("+q.Check+", true)", cols, nil)
		if err != nil {
			r.close()
			if e, ok := err.(*glovebox.Error); ok {
				e.Field = "quality[" + itoa(i) + "].check"
			}
			return nil, err
		}
		r.filters = append(r.filters, f)
		for at, c := range cols {
			if slices.Contains(f.Filter().Columns, c.Name) && !slices.Contains(r.reads, at) {
				r.reads = append(r.reads, at)
			}
		}
	}
	return r, nil
}

func (r *rules) close() {
	for _, f := range r.filters {
		f.Close()
	}
}

// check marks the rows that meet every rule.
func (r *rules) check(ctx context.Context, rows []*slot) error {
	if len(r.filters) == 0 {
		for _, s := range rows {
			s.ok = true
		}
		return nil
	}
	batch, err := r.batch(rows)
	if err != nil {
		return err
	}
	defer batch.Release()
	var in array.RecordReader
	if in, err = array.NewRecordReader(batch.Schema(), []arrow.RecordBatch{batch}); err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "sample rows cannot be read")
	}
	for _, f := range r.filters {
		out, err := f.Apply(ctx, in)
		if err != nil {
			in.Release()
			return err
		}
		in = out // which owns what it reads
	}
	defer in.Release()
	for in.Next() {
		numbers, ok := in.RecordBatch().Column(0).(*array.Int64)
		if !ok {
			return glovebox.Errorf(glovebox.CodeInternal, "sample rows came back in another form")
		}
		for _, n := range numbers.Int64Values() {
			rows[n].ok = true
		}
	}
	return in.Err()
}

// batch lays out what the rules read.
func (r *rules) batch(rows []*slot) (arrow.RecordBatch, error) {
	fields := []arrow.Field{{Name: rowNumber, Type: arrow.PrimitiveTypes.Int64}}
	for _, i := range r.reads {
		fields = append(fields, arrow.Field{Name: r.rec.Columns[i].Name, Type: arrowType(r.rec.Columns[i].Type), Nullable: true})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for n, s := range rows {
		s.ok = false
		b.Field(0).(*array.Int64Builder).Append(int64(n))
		for at, i := range r.reads {
			if err := appendCell(b.Field(1+at), r.rec.Columns[i], s.row[i]); err != nil {
				return nil, err
			}
		}
	}
	return b.NewRecordBatch(), nil
}

// arrowType is the Arrow type of a declared type: see glovebox.Type.
func arrowType(t glovebox.Type) arrow.DataType {
	switch t.Plain() {
	case glovebox.Int32:
		return arrow.PrimitiveTypes.Int32
	case glovebox.Int64:
		return arrow.PrimitiveTypes.Int64
	case glovebox.Float64:
		return arrow.PrimitiveTypes.Float64
	case glovebox.Bool:
		return arrow.FixedWidthTypes.Boolean
	case glovebox.Date:
		return arrow.FixedWidthTypes.Date32
	}
	return arrow.BinaryTypes.String
}

// appendCell appends a cell as its column's type.
func appendCell(to array.Builder, c glovebox.Column, v Cell) error {
	if v.Null {
		to.AppendNull()
		return nil
	}
	var err error
	switch b := to.(type) {
	case *array.Int32Builder:
		var n int64
		n, err = strconv.ParseInt(v.Text, 10, 32)
		b.Append(int32(n))
	case *array.Int64Builder:
		if c.Type == glovebox.DateTime || c.Type == glovebox.Decimal {
			n, ok := scaledValue(c, v.Text)
			if b.Append(n); !ok {
				err = strconv.ErrSyntax
			}
			break
		}
		var n int64
		n, err = strconv.ParseInt(v.Text, 10, 64)
		b.Append(n)
	case *array.Float64Builder:
		var x float64
		x, err = strconv.ParseFloat(v.Text, 64)
		b.Append(x)
	case *array.BooleanBuilder:
		var y bool
		y, err = strconv.ParseBool(v.Text)
		b.Append(y)
	case *array.Date32Builder:
		var d time.Time
		d, err = time.Parse(time.DateOnly, v.Text)
		b.Append(arrow.Date32FromTime(d))
	case *array.StringBuilder:
		b.Append(v.Text)
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "a value of column %s is not of type %s", c.Name, c.Type)
	}
	return nil
}
