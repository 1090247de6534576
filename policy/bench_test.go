package policy

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"runtime/debug"
	"slices"
	"testing"
	"time"
)

// BenchmarkDecide asks at each point about the base request, allowed, and about
// the same request with six faults. It reports the 99th percentile, under the
// collector's setting of the glovebox command.
func BenchmarkDecide(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	base, e := loadBase(b), newEngine(b, nil)
	faults := sixFaults()
	for _, c := range []struct {
		name, point string
		patch       map[string]any
	}{
		{"admit", "admit", nil},
		{"admit-six-faults", "admit", faults},
		{"columns", "columns", nil},
		{"release", "release", nil},
		{"export", "export", nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			in := base.input(b, c.point, false, c.patch)
			ctx := context.Background()
			took := make([]time.Duration, 0, b.N)
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				d, err := e.Decide(ctx, in)
				took = append(took, time.Since(start))
				if err != nil || d.Allow != (c.patch == nil) {
					b.Fatalf("%v %+v", err, d.Reasons)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		})
	}
}

// BenchmarkDecideHash is a yardstick of the machine for BenchmarkDecide: to encode
// the request as JSON and hash it.
func BenchmarkDecideHash(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	in := loadBase(b).input(b, "admit", false, nil)
	took := make([]time.Duration, 0, b.N)
	for b.Loop() {
		start := time.Now()
		text, err := json.Marshal(in)
		if err != nil {
			b.Fatal(err)
		}
		hashed = sha256.Sum256(text)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e6, "p99-ms")
}

var hashed [sha256.Size]byte // so that no hash is left out

// sixFaults patches six unrelated faults into the base request.
func sixFaults() map[string]any {
	return map[string]any{
		"time":     "2031-03-02T09:30:00+08:00",
		"product":  "care-forecast",
		"module":   map[string]any{"admitted": false},
		"user":     map[string]any{"state": "suspended"},
		"datasets": map[string]any{"disability": map[string]any{"state": "withdrawn"}},
		"job": map[string]any{"inputs": map[string]any{"population": map[string]any{
			"columns": []any{"township", "birth_date", "ssn"},
		}}},
	}
}
