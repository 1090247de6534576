package sandbox

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

const (
	benchRows   = 8192
	benchGroups = 1000
)

var groupSchema = arrow.NewSchema([]arrow.Field{tokenField(), {Name: "k", Type: arrow.PrimitiveTypes.Int32},
	{Name: "v", Type: arrow.PrimitiveTypes.Float64}}, nil)

// groupColumns are the columns of both group-by benchmarks.
func groupColumns(rows int) (k []int32, v []float64) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range rows {
		k = append(k, int32(rng.IntN(benchGroups)))
		v = append(v, rng.Float64()*100)
	}
	return k, v
}

func groupBatch(t testing.TB, rows int) arrow.RecordBatch {
	k, v := groupColumns(rows)
	return batchOf(t, memory.NewGoAllocator(), groupSchema, rows, func(b *array.RecordBuilder) {
		b.Field(1).(*array.Int32Builder).AppendValues(k, nil)
		b.Field(2).(*array.Float64Builder).AppendValues(v, nil)
	})
}

func groupGuest(t testing.TB, o *GuestOptions) *Guest {
	prog := compile(t, read(t, "testdata/groupby.wasm"), nil)
	return start(t, prog, &Binding{Inputs: []InputBinding{{Name: "rows", Schema: groupSchema}}}, o)
}

// nativeGroupBy is the loop of testdata/groupby.c.
func nativeGroupBy(k []int32, v []float64, sums *[benchGroups]float64, counts *[benchGroups]int64) bool {
	for i, key := range k {
		if uint32(key) >= benchGroups {
			return false
		}
		sums[key] += v[i]
		counts[key]++
	}
	return true
}

// TestGroupByAgrees: the benchmarked guest does what the native loop does.
func TestGroupByAgrees(t *testing.T) {
	k, v := groupColumns(benchRows)
	var sums [benchGroups]float64
	var counts [benchGroups]int64
	nativeGroupBy(k, v, &sums, &counts)
	g := groupGuest(t, nil)
	r := runUnit(t, g, [][]Span{{{Batch: groupBatch(t, benchRows), From: 0, To: benchRows}}})
	if r.Outcome != OK || r.N != 4 {
		t.Fatalf("%v, %d records", r.Outcome, r.N)
	}
	for i := range r.N {
		x := r.Records[i*g.Records().Size():]
		if g.Records().Key(x, 0) != int64(i) || g.Records().Metric(x, 0) != sums[i] || g.Records().Metric(x, 1) != float64(counts[i]) {
			t.Fatalf("group %d differs", i)
		}
	}
}

// BenchmarkGuestGroupBy is one unit of 8192 rows: copied in, grouped by the
// metered guest, records read, guest reset.
func BenchmarkGuestGroupBy(b *testing.B) {
	g := groupGuest(b, nil)
	unit := [][]Span{{{Batch: groupBatch(b, benchRows), From: 0, To: benchRows}}}
	for b.Loop() {
		if r := runUnit(b, g, unit); r.Outcome != OK {
			b.Fatal(r.Outcome)
		}
	}
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkNativeGroupBy is the same loop in Go, on the same columns.
func BenchmarkNativeGroupBy(b *testing.B) {
	k, v := groupColumns(benchRows)
	var sums [benchGroups]float64
	var counts [benchGroups]int64
	for b.Loop() {
		clear(sums[:])
		clear(counts[:])
		if !nativeGroupBy(k, v, &sums, &counts) {
			b.Fatal("key out of range")
		}
	}
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkAdmit judges and rewrites a module.
func BenchmarkAdmit(b *testing.B) {
	wasm := read(b, "testdata/visits.wasm")
	b.SetBytes(int64(len(wasm)))
	for b.Loop() {
		if _, err := Admit(wasm, nil); err != nil {
			b.Fatal(err)
		}
	}
}
