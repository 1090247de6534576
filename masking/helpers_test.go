package masking

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// testKey is a scenario key for tests.
func testKey(b byte) (k [32]byte) {
	for i := range k {
		k[i] = b ^ byte(i)
	}
	return k
}

// dirty hands out memory full of old bytes, and counts it.
type dirty struct{ memory.Allocator }

func (d dirty) Allocate(n int) []byte {
	b := d.Allocator.Allocate(n)
	for i := range b {
		b[i] = 0xA5
	}
	return b
}

func (d dirty) Reallocate(n int, b []byte) []byte {
	out := d.Allocate(n)
	copy(out, b)
	d.Free(b)
	return out
}

// checked returns an allocator that must be empty when the test ends.
func checked(t testing.TB) memory.Allocator {
	c := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { c.AssertSize(t, 0) })
	return dirty{c}
}

// col is one column of a test batch: values, or nil for null.
type col struct {
	name string
	typ  arrow.DataType
	vals []any
}

func batch(t testing.TB, mem memory.Allocator, cols ...col) arrow.RecordBatch {
	t.Helper()
	var fields []arrow.Field
	var arrs []arrow.Array
	rows := 0
	for _, c := range cols {
		b := array.NewBuilder(mem, c.typ)
		for _, v := range c.vals {
			switch b := b.(type) {
			case *array.StringBuilder:
				add(b, v, b.Append)
			case *array.Int32Builder:
				add(b, v, func(n int) { b.Append(int32(n)) })
			case *array.Int64Builder:
				add(b, v, func(n int) { b.Append(int64(n)) })
			case *array.Float64Builder:
				add(b, v, b.Append)
			case *array.BooleanBuilder:
				add(b, v, b.Append)
			case *array.Date32Builder:
				add(b, v, func(s string) { b.Append(day(t, s)) })
			case *array.FixedSizeBinaryBuilder:
				add(b, v, func(s string) { b.Append([]byte(s)) })
			default:
				t.Fatalf("no such column: %s", c.typ)
			}
		}
		a := b.NewArray()
		b.Release()
		rows = a.Len()
		arrs = append(arrs, a)
		fields = append(fields, arrow.Field{Name: c.name, Type: c.typ, Nullable: true})
	}
	rec := array.NewRecordBatch(arrow.NewSchema(fields, nil), arrs, int64(rows))
	for _, a := range arrs {
		a.Release()
	}
	return rec
}

func add[T any](b array.Builder, v any, put func(T)) {
	if v == nil {
		b.AppendNull()
		return
	}
	put(v.(T))
}

func day(t testing.TB, s string) arrow.Date32 {
	t.Helper()
	var y, m, d int
	if _, err := fmt.Sscanf(s, "%d-%d-%d", &y, &m, &d); err != nil {
		t.Fatal(err)
	}
	return arrow.Date32(civil(y, m, d))
}

// civil counts days since 1970-01-01 by the length of the months alone.
func civil(y, m, d int) int {
	leap := func(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }
	days := 0
	for n := 1970; n < y; n++ {
		days += 365
		if leap(n) {
			days++
		}
	}
	for n := 1969; n >= y; n-- {
		days -= 365
		if leap(n) {
			days--
		}
	}
	for n, l := range []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[:m-1] {
		days += l
		if n == 1 && leap(y) {
			days++
		}
	}
	return days + d - 1
}

// apply masks one batch and reads column 0 back as Go values.
func apply(t testing.TB, c col, m glovebox.Mask) []any {
	t.Helper()
	mem := checked(t)
	rec := batch(t, mem, c)
	defer rec.Release()
	tr, err := Compile(rec.Schema(), map[string]glovebox.Mask{c.name: m}, &Options{TokenKey: testKey(1), Alloc: mem})
	if err != nil {
		t.Fatal(err)
	}
	out, err := tr.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	if !out.Schema().Equal(tr.Schema()) || out.NumRows() != rec.NumRows() {
		t.Fatalf("schema %s, %d rows", out.Schema(), out.NumRows())
	}
	return values(t, out.Column(0))
}

func values(t testing.TB, a arrow.Array) []any {
	t.Helper()
	out := make([]any, a.Len())
	for i := range out {
		if a.IsNull(i) {
			continue
		}
		switch a := a.(type) {
		case *array.String:
			out[i] = strings.Clone(a.Value(i))
		case *array.Int32:
			out[i] = int(a.Value(i))
		case *array.Int64:
			out[i] = int(a.Value(i))
		case *array.Float64:
			out[i] = a.Value(i)
		case *array.Boolean:
			out[i] = a.Value(i)
		case *array.Date32:
			out[i] = a.Value(i)
		case *array.FixedSizeBinary:
			out[i] = string(a.Value(i))
		default:
			t.Fatalf("no such column: %s", a.DataType())
		}
	}
	return out
}
