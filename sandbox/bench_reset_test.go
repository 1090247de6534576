package sandbox

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sys/unix"
)

// cpuNanos is the CPU time of the process, so that other work on the machine
// does not count and the garbage collector does.
func cpuNanos(b *testing.B) int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		b.Fatal(err)
	}
	return ts.Nano()
}

// perUnit runs f until the benchmark has had enough and reports the CPU time
// of one call of it, which does the given number of units.
func perUnit(b *testing.B, units int, f func()) {
	f()
	b.ResetTimer()
	from := cpuNanos(b)
	n := 0
	for b.Loop() {
		f()
		n++
	}
	ns := float64(cpuNanos(b)-from) / float64(n*units)
	b.ReportMetric(ns, "cpu-ns/unit")
	b.ReportMetric(1e9/ns, "units/cpu-s")
}

// BenchmarkReset is one reset of a guest of two pages after a unit that wrote
// so many OS pages; the writes count too.
func BenchmarkReset(b *testing.B) {
	p := newProbe()
	p.man.Pages = 5
	prog := compile(b, fine(p).wasm(b), nil)
	for _, how := range resets {
		for _, dirty := range []int{1, 2, 4, 8, 16} {
			b.Run(fmt.Sprintf("%s/%d", how, dirty), func(b *testing.B) {
				g := start(b, prog, probeBinding(), &GuestOptions{Reset: how})
				perUnit(b, 1, func() {
					m := g.in.bytes()
					for i := range dirty {
						m[i*3*osPage]++
					}
					if err := g.reset(); err != nil {
						b.Fatal(err)
					}
				})
			})
		}
	}
}

// BenchmarkUnits16Rows is one unit of 16 rows of two columns under each way of
// resetting: copied in, grouped by the metered guest, records read and checked,
// guest reset.
func BenchmarkUnits16Rows(b *testing.B) {
	batch := groupBatch(b, 16*256)
	var units [256][][]Span
	for i := range units {
		units[i] = [][]Span{{{Batch: batch, From: 16 * i, To: 16*i + 16}}}
	}
	for _, how := range append([]Reset{ResetAuto}, resets...) {
		name := string(how)
		if how == ResetAuto {
			name = "auto"
		}
		b.Run(name, func(b *testing.B) {
			g := groupGuest(b, &GuestOptions{Reset: how})
			var r Result
			ctx := b.Context()
			perUnit(b, len(units), func() {
				for i := range units {
					if err := g.Run(ctx, units[i], &r); err != nil || r.Outcome != OK {
						b.Fatal(err, r.Outcome)
					}
				}
			})
		})
	}
}

var billsSchema = arrow.NewSchema([]arrow.Field{tokenField(), {Name: "born", Type: arrow.PrimitiveTypes.Int32},
	{Name: "cost", Type: arrow.PrimitiveTypes.Float64}}, nil)

// bandsUnits are units of one row each for the bands guest.
func bandsUnits(t testing.TB, n int) (units [][][]Span, born []int32, cost []float64) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range n {
		born = append(born, int32(1900+rng.IntN(120)))
		cost = append(cost, float64(rng.IntN(2000)-200))
	}
	batch := batchOf(t, memory.NewGoAllocator(), billsSchema, n, func(b *array.RecordBuilder) {
		b.Field(1).(*array.Int32Builder).AppendValues(born, nil)
		b.Field(2).(*array.Float64Builder).AppendValues(cost, nil)
	})
	for i := range n {
		units = append(units, [][]Span{{{Batch: batch, From: i, To: i + 1}}})
	}
	return units, born, cost
}

// TestBandsAgree: the benchmarked guest does what the native loop does.
func TestBandsAgree(t *testing.T) {
	units, born, cost := bandsUnits(t, 1000)
	g := start(t, compile(t, read(t, "testdata/bands_scalar.wasm"), nil), &Binding{Inputs: []InputBinding{{Name: "bills", Schema: billsSchema}}}, nil)
	for i, u := range units {
		r := runUnit(t, g, u)
		want := 1
		if cost[i] <= 0 {
			want = 0
		}
		if r.Outcome != OK || r.N != want {
			t.Fatalf("unit %d: %v, %d records", i, r.Outcome, r.N)
		}
		if want == 1 && (g.Records().Key(r.Records, 0) != int64(born[i]/10*10) || g.Records().Metric(r.Records, 0) != cost[i]) {
			t.Fatalf("unit %d differs", i)
		}
	}
}

// BenchmarkPureUnits is one unit of one row of two columns, through a function
// of kind map_scalar: the metered call, its record checked, nothing to reset.
func BenchmarkPureUnits(b *testing.B) {
	units, _, _ := bandsUnits(b, 4096)
	g := start(b, compile(b, read(b, "testdata/bands_scalar.wasm"), nil), &Binding{Inputs: []InputBinding{{Name: "bills", Schema: billsSchema}}}, nil)
	var r Result
	ctx := b.Context()
	perUnit(b, len(units), func() {
		for i := range units {
			if err := g.Run(ctx, units[i], &r); err != nil || r.Outcome != OK {
				b.Fatal(err, r.Outcome)
			}
		}
	})
}

// BenchmarkSelfTest is what finding out which ways of resetting work costs a
// program, once.
func BenchmarkSelfTest(b *testing.B) {
	prog := compile(b, fine(newProbe()).wasm(b), nil)
	perUnit(b, 1, func() { selfTest(prog.runtime) })
}
