package engine

import (
	"bytes"
	"context"
	"io"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
	"glovebox.example/glovebox/internal/proof/testkit/tables"
)

// BenchmarkLoadStages says how much processor time a row takes in each stage of
// a load: cutting the file into rows, reading and tokenising them, all up to the
// store, sorting them by unit, and all that a part takes. The cost of one
// stage is what it adds to the one before.
func BenchmarkLoadStages(b *testing.B) {
	for kind := range tables.Kinds {
		b.Run(kind, func(b *testing.B) {
			const n = 500_000
			var text bytes.Buffer
			if err := tables.Write(&text, kind, n); err != nil {
				b.Fatal(err)
			}
			ds := glovebox.Dataset{Code: "table", Source: glovebox.Source{Format: "csv"}, Unit: glovebox.Unit{Space: "person", Column: "id", MaxRows: 100}, Columns: tables.Columns(kind)}
			f := rowtest.TempFile(b, text.Bytes())
			at := 0.0
			lap := func(stage string) {
				var u unix.Rusage
				if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
					b.Fatal(err)
				}
				now := float64(u.Utime.Nano() + u.Stime.Nano())
				if stage != "" {
					b.ReportMetric((now-at)/n/float64(b.N), stage+"-cpu-ns/row")
				}
				at = now
			}
			o := testOptions(nil)
			o.Create = func(string) (io.WriteCloser, error) { return vaultFile{&bytes.Buffer{}}, nil }
			if err := o.fill(&ds); err != nil {
				b.Fatal(err)
			}
			filled := func() *loader {
				l, err := newLoader(&ds, o)
				if err == nil {
					err = l.read(context.Background(), f, int64(text.Len()))
				}
				if err != nil {
					b.Fatal(err)
				}
				return l
			}
			b.ResetTimer()
			lap("")
			for range b.N {
				stageCut(b, &ds, text.Bytes(), nil)
			}
			lap("cut")
			for range b.N {
				l, err := newLoader(&ds, o)
				if err != nil {
					b.Fatal(err)
				}
				stageCut(b, &ds, text.Bytes(), l)
			}
			lap("cut+tokens")
			var loaders []*loader
			for range b.N {
				loaders = append(loaders, filled())
			}
			lap("to-store")
			for _, l := range loaders {
				w := l.newPartWriter(o.Create)
				w.sort.emit = func([]byte) error { return nil }
				for i := range l.rows.buckets {
					if err := w.sort.bucket(l.rows, &l.rows.buckets[i], 10); err != nil {
						b.Fatal(err)
					}
				}
			}
			lap("sort")
			for i := range loaders {
				loaders[i] = filled()
			}
			lap("")
			for _, l := range loaders {
				if _, err := l.write(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			lap("sort+write")
		})
	}
}

// stageCut cuts a file into rows and, for a loader, reads them.
func stageCut(b *testing.B, ds *glovebox.Dataset, text []byte, l *loader) {
	b.Helper()
	w, err := source.OpenWindow(rowtest.TempFile(b, text), int64(len(text)), ds.Source)
	if err != nil {
		b.Fatal(err)
	}
	var fast *fastReader
	cut, err := source.NewCSV(w, ds.Source, ds.Columns, nil, func(header []string, _ int) (source.Layout, error) {
		if l != nil {
			fast = l.fastPlan(header).reader(l.newRowMaker())
		}
		return source.Locate(header, ds.Source, ds.Columns)
	})
	var c source.Chunk
	for more := true; more && err == nil; {
		c.Reset()
		if more, err = cut.Fill(&c); err == nil && fast != nil {
			err = fast.read(context.Background(), &slot{chunk: c, n: int64(len(c.Rows))})
		}
	}
	if err != nil {
		b.Fatal(err)
	}
}
