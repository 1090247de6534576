package pipeline

import (
	"testing"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/proof/testkit/tables"
)

// BenchmarkLoad is a load as the command does it, behind the walls: parse, check,
// tokenise, sort by unit, encrypt. It counts the processor time of this process
// and of the loader, and the most memory that each of them had.
func BenchmarkLoad(b *testing.B) {
	for kind, n := range tables.Kinds {
		b.Run(kind, func(b *testing.B) { benchmarkLoad(b, kind, n) })
	}
}

func benchmarkLoad(b *testing.B, kind string, n int) {
	d, path := tableDomain(b, kind, n)
	cpu, _ := used()
	b.ResetTimer()
	for range b.N {
		l, err := d.LoadDataset(b.Context(), user(b, d, "census"), "table", domain.PathSource(path), nil)
		if err != nil || l.Report.Accepted != int64(n) {
			b.Fatalf("%+v, %v", l, err)
		}
	}
	after, peak := used()
	b.ReportMetric((after-cpu)/float64(b.N)/float64(n)*1e9, "cpu-ns/row")
	b.ReportMetric(peak, "peak-MiB")
}

// used is the processor time of this process and of its workers that came to an
// end, in seconds, and the most memory of this one and of the largest worker.
func used() (cpu, peak float64) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if unix.Getrusage(who, &u) == nil {
			cpu += float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
			peak += float64(u.Maxrss) / 1024
		}
	}
	return cpu, peak
}
