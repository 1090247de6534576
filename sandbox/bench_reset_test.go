package sandbox

import (
	"fmt"
	"testing"

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
			ctx := b.Context()
			perUnit(b, len(units), func() {
				for i := range units {
					if r, err := g.Run(ctx, units[i]); err != nil || r.Outcome != OK {
						b.Fatal(err, r.Outcome)
					}
				}
			})
		})
	}
}
