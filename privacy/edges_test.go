package privacy

import (
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestValueOnAnEdge: a value written as an edge counts in the bin above it, and the
// double below it in the bin below, in histograms and in trees; a point counts at
// itself, and what lies in the middle between two at the upper one.
func TestValueOnAnEdge(t *testing.T) {
	for _, c := range check.EqualRanges {
		at, middle := c.At, c.Middle
		of := func(kind glovebox.MetricKind, fractions ...float64) *binSet {
			m := glovebox.Metric{Name: "a", Kind: kind, Min: at(0), Max: at(c.Bins), Bins: c.Bins, At: fractions}
			return &check.Must(NewPlan(output(1, nil, m), laplace(1, 0), nil)).bins[0]
		}
		tree := of(glovebox.Quantile, 0.25, 0.75)
		tree.layFor(byTree)
		for _, b := range []*binSet{of(glovebox.Histogram), tree} {
			for i := 1; i < c.Bins; i++ {
				v := at(i)
				if up, down := b.slot(v), b.slot(math.Nextafter(v, math.Inf(-1))); up != i || down != i-1 || b.edges[i] != v {
					t.Fatalf("%+v: %v is in bin %d, what is below in %d, and edge %d is %v", c, v, up, down, i, b.edges[i])
				}
			}
		}
		points := of(glovebox.Quantile, 0.5)
		for i := range c.Bins + 1 {
			if v := at(i); points.slot(v) != i || points.edges[i] != v {
				t.Fatalf("%+v: point %v is at %d and reads %v", c, v, points.slot(v), points.edges[i])
			}
			if i == c.Bins {
				break
			}
			v := middle(i)
			below := math.Nextafter(v, math.Inf(-1))
			if points.slot(v) != i+1 || points.slot(below) != i {
				t.Fatalf("%+v: the middle %v above point %d is at %d", c, v, i, points.slot(v))
			}
		}
	}
}

// TestQuantileAsWritten: released quantiles of one fraction are points as they are
// written, of no more digits.
func TestQuantileAsWritten(t *testing.T) {
	m := glovebox.Metric{Name: "q", Kind: glovebox.Quantile, Min: 0, Max: 120, Bins: 120, At: []float64{0.5}}
	p := check.Must(NewPlan(output(1, keysOf(keyRange(2000)), m), laplace(1, 0), nil))
	for _, r := range check.Must(p.Release(p.NewPartial(), check.Must(mechanism.NewSource()))).Rows {
		if v := r.Cells[0].Value; v != math.Trunc(v) {
			t.Fatalf("%v is no edge", v)
		}
	}
}
