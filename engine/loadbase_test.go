package engine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/internal/proof/testkit/tables"
)

// copyFrom names the file that a process of TestDuckDBCopies copies.
const copyFrom = "GLOVEBOX_TEST_COPY"

// TestDuckDBCopies is DuckDB's own copy of a file, in a process of its own: it
// sorts by a hash of the id and writes one Parquet file.
func TestDuckDBCopies(t *testing.T) {
	path := os.Getenv(copyFrom)
	if path == "" {
		t.Skip("for BenchmarkLoadDuckDB alone")
	}
	rowtest.MakeWithDuckDB(t, fmt.Sprintf("COPY (SELECT * FROM read_csv(%s) ORDER BY hash(id)) TO %s (FORMAT parquet)", duck.QuoteText(path), duck.QuoteText(path+".parquet")))
}

// BenchmarkLoadDuckDB is the baseline of BenchmarkLoad in internal/pipeline.
func BenchmarkLoadDuckDB(b *testing.B) {
	for kind, n := range tables.Kinds {
		b.Run(kind, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "table.csv")
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			if err := tables.Write(f, kind, n); err != nil {
				b.Fatal(err)
			}
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
			cpu, peak := 0.0, 0.0
			b.ResetTimer()
			for range b.N {
				cmd := exec.Command(os.Args[0], "-test.run", "^TestDuckDBCopies$")
				cmd.Env = append(os.Environ(), copyFrom+"="+path)
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				cpu += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
				peak = max(peak, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024)
			}
			b.ReportMetric(cpu/float64(b.N)/float64(n)*1e9, "cpu-ns/row")
			b.ReportMetric(peak, "peak-MiB")
		})
	}
}
