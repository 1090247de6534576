package blocks

import (
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/internal/check"
)

// TestValueOnAPoint: a value written as a point is that point and reads so, and
// what lies in the middle between two is the upper one.
func TestValueOnAPoint(t *testing.T) {
	for _, c := range check.EqualRanges {
		m := check.Must(newMetric(glovebox.BlockMetric{Name: "a", Combine: glovebox.Median, Min: c.At(0), Max: c.At(c.Bins),
			Points: c.Bins + 1, Spacing: glovebox.Linear, Default: c.At(0)}, 1e9, &bill.Price{}))
		for i := range c.Bins + 1 {
			if v := c.At(i); int(m.snap(v)) != i || m.value(float64(i)) != v {
				t.Fatalf("%+v: point %v is at %d and reads %v", c, v, m.snap(v), m.value(float64(i)))
			}
			if i == c.Bins {
				break
			}
			v := c.Middle(i)
			if below := math.Nextafter(v, math.Inf(-1)); int(m.snap(v)) != i+1 || int(m.snap(below)) != i {
				t.Fatalf("%+v: the middle %v above point %d is at %d", c, v, i, m.snap(v))
			}
		}
	}
}
