package pipeline

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/proof/testkit/tables"
)

// TestLoadMemory: loads of many rows, of few columns, of many and of long texts,
// take hardly more memory than one of few rows. It is `make test-load`; GLOVEBOX_LOAD_ROWS says how many rows are many.
func TestLoadMemory(t *testing.T) {
	rows, err := strconv.Atoi(os.Getenv("GLOVEBOX_LOAD_ROWS"))
	if err != nil {
		t.Skip("takes minutes and gigabytes of disk: make test-load")
	}
	few := loadPeak(t, "ints", rows/8)
	for kind, n := range map[string]int{"ints": rows, "wide": rows / 2, "texts": rows / 50} {
		many := loadPeak(t, kind, n)
		t.Logf("%d rows of %s: %.0f MiB, %d rows of ints: %.0f MiB", n, kind, many, rows/8, few)
		if many > 1.7*few {
			t.Errorf("%d rows of %s take %.0f MiB, and few rows %.0f", n, kind, many, few)
		}
	}
}

// loadPeak loads a table, with a key, and returns the most memory that the
// loader had, in MiB. The kernel tells the largest of all processes that came to
// an end, so loads come in the order of their size.
func loadPeak(t *testing.T, kind string, n int) float64 {
	d, path := tableDomain(t, kind, n, "id")
	l, err := d.LoadDataset(t.Context(), user(t, d, "census"), "table", domain.PathSource(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	if l.Report.Rows != int64(n) {
		t.Fatalf("%+v", l.Report)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Maxrss) / 1024
}

// tableDomain is a domain with a dataset table, and a file for it.
func tableDomain(tb testing.TB, kind string, n int, key ...string) (*domain.Domain, string) {
	tb.Helper()
	d, _ := pumsDomain(tb)
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	rec, err := catalog.ParseDataset("dataset.yaml", read(tb, filepath.Join(example, "dataset.yaml")))
	must(err)
	rec.Code, rec.Source, rec.Columns, rec.Key, rec.Quality = "table", glovebox.Source{Format: "csv"}, tables.Columns(kind), key, nil
	rec.Unit.Column, rec.Unit.Space, rec.MaxRejects = "id", "table-person", 1
	_, err = d.AddSpace(tb.Context(), user(tb, d, "zhao"), rec.Unit.Space, glovebox.LedgerDef{Kind: glovebox.LedgerZCDP, Rho: 1000, Delta: 0.01}, "")
	must(err)
	must(d.AddDataset(tb.Context(), user(tb, d, "census"), rec))
	path := filepath.Join(tb.TempDir(), "table.csv")
	f, err := os.Create(path)
	must(err)
	must(tables.Write(f, kind, n))
	must(f.Close())
	return d, path
}
