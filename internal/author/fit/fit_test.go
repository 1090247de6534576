package fit_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/fit"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

// record has one column of every kind.
func record() *glovebox.Dataset {
	return &glovebox.Dataset{Code: "d", Columns: []glovebox.Column{
		{Name: "id", Type: glovebox.String, Class: glovebox.ClassIdentifier},
		{Name: "kind", Type: glovebox.String, Class: glovebox.ClassPersonal, Values: []string{"a", "b", "c"}},
		{Name: "free", Type: glovebox.String, Class: glovebox.ClassPersonal},
		{Name: "age", Type: glovebox.Int32, Class: glovebox.ClassPersonal, Min: "0", Max: "99", Nullable: true},
		{Name: "few", Type: glovebox.Int64, Class: glovebox.ClassPersonal, Min: "3", Max: "7"},
		{Name: "open", Type: glovebox.Int64, Class: glovebox.ClassPersonal, Min: "3"},
		{Name: "cost", Type: glovebox.Float64, Class: glovebox.ClassPersonal, Min: "-5", Max: "5"},
		{Name: "day", Type: glovebox.Date, Class: glovebox.ClassPersonal, Min: "2020-01-01", Max: "2020-01-10"},
		{Name: "yes", Type: glovebox.Bool, Class: glovebox.ClassPersonal},
		{Name: "secret", Type: glovebox.Bool, Class: glovebox.ClassState},
	}}
}

// TestLayout: what is fitted, and in how many bins; every bin of a whole
// column holds numbers, and all of them together hold the range once.
func TestLayout(t *testing.T) {
	l := fit.NewLayout(record())
	if want := []string{"kind", "age", "few", "cost", "day", "yes"}; !reflect.DeepEqual(l.Names(), want) {
		t.Fatalf("%v", l.Names())
	}
	bins := []int{}
	for i := range l.Columns {
		c := &l.Columns[i]
		bins = append(bins, c.Bins)
		if !c.Whole {
			continue
		}
		next, n := c.Lo, c.Bins
		if c.Null {
			n--
		}
		for b := range n {
			lo, hi := c.Range(b)
			if lo != next || hi < lo {
				t.Errorf("%s: bin %d is %g..%g, not from %g", c.Name, b, lo, hi, next)
			}
			next = hi + 1
		}
		if next != c.Hi+1 {
			t.Errorf("%s ends at %g", c.Name, next)
		}
	}
	if want := []int{3, 33, 5, 32, 10, 2}; !reflect.DeepEqual(bins, want) {
		t.Errorf("%v", bins)
	}
}

// batch is rows of the layout's columns.
func batch(t *testing.T, n int, row func(i int) []any) arrow.RecordBatch {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "_unit", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}}, {Name: "kind", Type: arrow.BinaryTypes.String},
		{Name: "age", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, {Name: "few", Type: arrow.PrimitiveTypes.Int64},
		{Name: "cost", Type: arrow.PrimitiveTypes.Float64}, {Name: "day", Type: arrow.FixedWidthTypes.Date32}, {Name: "yes", Type: arrow.FixedWidthTypes.Boolean},
	}, nil))
	defer b.Release()
	for i := range n {
		r := row(i)
		b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
		b.Field(1).(*array.StringBuilder).Append(r[0].(string))
		if r[1] == nil {
			b.Field(2).AppendNull()
		} else {
			b.Field(2).(*array.Int32Builder).Append(int32(r[1].(int)))
		}
		b.Field(3).(*array.Int64Builder).Append(int64(r[2].(int)))
		b.Field(4).(*array.Float64Builder).Append(r[3].(float64))
		b.Field(5).(*array.Date32Builder).Append(arrow.Date32(r[4].(int)))
		b.Field(6).(*array.BooleanBuilder).Append(r[5].(bool))
	}
	return b.NewRecordBatch()
}

// TestFitResembles: at a large price what is drawn has the counts of the data,
// and a pair of columns that go together does so in what is drawn. With rho
// 1000 noise on a count is below 1, beyond 20 with probability below e^-100,
// and a draw of 20,000 is off by 5 % of all with probability below 1e-40.
func TestFitResembles(t *testing.T) {
	l := fit.NewLayout(record())
	counts, bins := make([]uint64, l.Size()), make([]int, len(l.Columns))
	const n = 3000
	b := batch(t, n, func(i int) []any {
		kind := []string{"a", "b", "b", "c"}[i%4]
		age := any(20 + i%3)
		if kind == "c" {
			age = nil // these two go together
		}
		return []any{kind, age, 3 + i%5, float64(i%10) - 5, 18262 + i%10, i%4 == 0}
	})
	defer b.Release()
	for i := range n {
		if err := l.Add(counts, b, i, bins); err != nil {
			t.Fatal(err)
		}
	}
	if !l.Consistent(counts) {
		t.Fatal("the counts of real rows are not consistent")
	}
	bad := append([]uint64{}, counts...)
	if bad[len(bad)-1]++; l.Consistent(bad) || l.Consistent(counts[1:]) {
		t.Error("counts that no rows have are consistent")
	}
	m, err := privacy.NewMarginals(glovebox.LedgerZCDP, 1000e9, len(l.Columns))
	if err != nil {
		t.Fatal(err)
	}
	src, err := mechanism.NewSource()
	if err != nil {
		t.Fatal(err)
	}
	model, err := fit.New(l, counts, m, src)
	if err != nil {
		t.Fatal(err)
	}
	data, err := model.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := fit.Decode(data, l)
	if err != nil || !reflect.DeepEqual(back, model) {
		t.Fatalf("%v: not read back as it was", err)
	}
	d := fit.NewDrawer(back)
	rng := uint64(1)
	below := func(n uint64) uint64 { // a plain generator will do for a test of shares
		rng = rng*6364136223846793005 + 1442695040888963407
		return (rng >> 33) % n
	}
	const draws = 20_000
	kinds := make([]float64, 3)
	apart := 0
	for range draws {
		d.Draw(bins, below)
		kinds[bins[0]]++
		if (bins[0] == 2) != l.Columns[1].Missing(bins[1]) {
			apart++
		}
	}
	for i, want := range []float64{0.25, 0.5, 0.25} {
		if math.Abs(kinds[i]/draws-want) > 0.05 {
			t.Errorf("kind %d: %g of the draws, %g of the data", i, kinds[i]/draws, want)
		}
	}
	if apart > draws/20 {
		t.Errorf("%d of %d draws lack the connection of the data", apart, draws)
	}
}

// FuzzDecode: no bytes make it panic, nor what it takes, when rows are drawn.
func FuzzDecode(f *testing.F) {
	rec := &glovebox.Dataset{Columns: []glovebox.Column{{Name: "a", Type: glovebox.Bool}, {Name: "b", Type: glovebox.Bool}}}
	l := fit.NewLayout(rec)
	f.Add([]byte(`{"format":"glovebox-fit/1","columns":["a","b"],"single":[[1,2],[3,-4]],"tree":[{"i":0,"j":1,"pairs":[1,0,0,-1]}]}`))
	f.Add([]byte(`{"format":"glovebox-fit/1","columns":["a","b"],"single":[[1,2],[3,4]],"tree":[]}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := fit.Decode(p, l)
		if err != nil {
			return
		}
		bins := make([]int, 2)
		n := uint64(0)
		for range 20 {
			fit.NewDrawer(m).Draw(bins, func(max uint64) uint64 { n += 7; return n % max })
			if bins[0] < 0 || bins[0] > 1 || bins[1] < 0 || bins[1] > 1 {
				t.Fatal("a bin that is not there")
			}
		}
	})
}
