package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"glovebox.example/glovebox/engine/filter"
	"glovebox.example/glovebox/engine/internal/rowtest"
)

// visitsCSV makes n rows of the visits dataset.
func visitsCSV(n int) []byte {
	var b bytes.Buffer
	b.WriteString(visitsHeader)
	for i := range n {
		h := splitmix64(uint64(i))
		fmt.Fprintf(&b, "%s,%s,%d,%d.%d,20%02d-%02d-%02d,%t,%d\n", residentID(int(h%uint64(n/3+1))), []string{"东城", "西城"}[h>>20&1], h>>21%100, h>>30%10000, h>>44%100, h>>50%24, 1+h>>8%12, 1+h>>12%28, h>>60&1 == 1, h>>40%500)
	}
	return b.Bytes()
}

type discard struct{ io.Writer }

func (discard) Close() error { return nil }

func BenchmarkLoadCSV(b *testing.B) {
	const n = 500_000
	data := visitsCSV(n)
	f := rowtest.TempFile(b, data)
	o := testOptions(nil)
	o.Create = func(string) (io.WriteCloser, error) { return discard{io.Discard}, nil }
	o.Parts = 64
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Load(context.Background(), visits(), f, o); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkOpenPart reads one part of four columns, verified and capped, with
// and without a filter.
func BenchmarkOpenPart(b *testing.B) {
	const n = 500_000
	v := newVault()
	o := testOptions(v)
	o.Parts = 1
	ds := visits()
	ds.Columns[0].Keep = false
	m := mustLoad(b, ds, string(visitsCSV(n)), o).Manifest
	for _, where := range []string{"", "age >= 60", "town = '东城' and seen >= '2010-01-01'"} {
		b.Run("where="+where, func(b *testing.B) {
			spec := PartSpec{Manifest: m, Part: v.open(b, partName(0)), Columns: []string{"town", "age", "cost", "doctor"}}
			if where != "" {
				f, err := filter.Open(context.Background(), where, ds.Columns, nil)
				if err != nil {
					b.Fatal(err)
				}
				defer f.Close()
				spec.Where = f
			}
			for b.Loop() {
				r, err := OpenPart(context.Background(), spec)
				if err != nil {
					b.Fatal(err)
				}
				for r.Next() {
				}
				if r.Err() != nil {
					b.Fatal(r.Err())
				}
				r.Release()
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrow/s")
		})
	}
}
