package filter

import (
	"context"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// TestScaledColumns: a decimal is the number itself in a filter, and a datetime
// its day, though both are kept as whole numbers.
func TestScaledColumns(t *testing.T) {
	cols := []glovebox.Column{{Name: "rent", Type: glovebox.Decimal, Scale: 2, Class: glovebox.ClassPersonal}, {Name: "seen", Type: glovebox.DateTime, Class: glovebox.ClassPersonal}}
	schema := arrow.NewSchema([]arrow.Field{{Name: "rent", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "seen", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	for expr, want := range map[string]int64{
		"rent = 1000.1": 1, "rent >= 1000.1": 2, "rent < 0": 1, "rent > 100000": 0, "rent + 0.05 = 1000.15": 1, "rent is null": 1, "rent between -0.01 and 1000.1": 2,
		"year(seen) = 2024": 2, "seen = date '2024-03-18'": 2, "seen < date '1970-01-01'": 1, "month(seen) = 12": 1, "seen is null": 1,
	} {
		rb := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		rb.Field(0).(*array.Int64Builder).AppendValues([]int64{100010, 200000, -1, 0}, []bool{true, true, true, false})
		rb.Field(1).(*array.Int64Builder).AppendValues([]int64{1710720000000000, 1710806399999999, -1, 0}, []bool{true, true, true, false})
		b := rb.NewRecordBatch()
		rb.Release()
		r, err := array.NewRecordReader(schema, []arrow.RecordBatch{b})
		b.Release()
		if err != nil {
			t.Fatal(err)
		}
		f, err := Open(context.Background(), expr, cols, nil)
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			r.Release()
			continue
		}
		out, err := f.Apply(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for out.Next() {
			n += out.RecordBatch().NumRows()
		}
		if out.Err() != nil || n != want {
			t.Errorf("%s keeps %d rows, want %d: %v", expr, n, want, out.Err())
		}
		out.Release()
		f.Close()
	}
	if _, err := Check(context.Background(), "seen = 5", cols); err == nil {
		t.Error("a datetime is compared with a number")
	}
}
