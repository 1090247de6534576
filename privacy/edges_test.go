package privacy

import (
	"math"
	"strconv"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// equalRanges are ranges whose edges are whole numbers or decimals, in units of
// 10^-places.
var equalRanges = []struct {
	first, step int64
	bins        int
	places      int
}{
	{0, 1, 120, 0}, {0, 1, 100, 0}, {0, 1000, 150, 0}, {0, 1, 365, 0}, {1900, 1, 130, 0}, {-50, 1, 99, 0},
	{0, 1, 10, 1}, {0, 1, 1000, 1}, {-15, 5, 77, 2}, {0, 1, 1000, 3}, {36, 1, 60, 1},
}

func decimalText(units int64, places int) float64 {
	return check.Must(strconv.ParseFloat(strconv.FormatInt(units, 10)+"e-"+strconv.Itoa(places), 64))
}

// TestValueOnAnEdge: a value written as an edge counts in the bin above it, and the
// double below it in the bin below, in histograms and in trees; a point counts at
// itself, and what lies in the middle between two at the upper one.
func TestValueOnAnEdge(t *testing.T) {
	for _, c := range equalRanges {
		at := func(i int) float64 { return decimalText(c.first+int64(i)*c.step, c.places) }
		middle := func(i int) float64 { return decimalText(10*c.first+int64(10*i+5)*c.step, c.places+1) }
		of := func(kind glovebox.MetricKind, fractions ...float64) *binSet {
			m := glovebox.Metric{Name: "a", Kind: kind, Min: at(0), Max: at(c.bins), Bins: c.bins, At: fractions}
			return &check.Must(NewPlan(output(1, nil, m), laplace(1, 0), nil)).bins[0]
		}
		tree := of(glovebox.Quantile, 0.25, 0.75)
		tree.layFor(byTree)
		for _, b := range []*binSet{of(glovebox.Histogram), tree} {
			for i := 1; i < c.bins; i++ {
				v := at(i)
				if up, down := b.slot(v), b.slot(math.Nextafter(v, math.Inf(-1))); up != i || down != i-1 || b.edges[i] != v {
					t.Fatalf("%+v: %v is in bin %d, what is below in %d, and edge %d is %v", c, v, up, down, i, b.edges[i])
				}
			}
		}
		points := of(glovebox.Quantile, 0.5)
		blocks := check.Must(newBlockMetric(glovebox.BlockMetric{Name: "a", Combine: glovebox.Median, Min: at(0), Max: at(c.bins),
			Points: c.bins + 1, Spacing: glovebox.Linear, Default: at(0)}, 1e9, &bill.Price{}))
		for i := range c.bins + 1 {
			if v := at(i); points.slot(v) != i || points.edges[i] != v || int(blocks.snap(v)) != i || blocks.value(float64(i)) != v {
				t.Fatalf("%+v: point %v is at %d and reads %v; in blocks %d and %v", c, v, points.slot(v), points.edges[i], blocks.snap(v), blocks.value(float64(i)))
			}
			if i == c.bins {
				break
			}
			v := middle(i)
			below := math.Nextafter(v, math.Inf(-1))
			if points.slot(v) != i+1 || points.slot(below) != i || int(blocks.snap(v)) != i+1 || int(blocks.snap(below)) != i {
				t.Fatalf("%+v: the middle %v above point %d is at %d, in blocks %d", c, v, i, points.slot(v), blocks.snap(v))
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
