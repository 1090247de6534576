package decimal

import (
	"math"
	"testing"
)

// TestRound checks decimal rounding where floats are treacherous.
func TestRound(t *testing.T) {
	for _, c := range []struct {
		x     float64
		place int
		want  float64
	}{
		{1234.5678, -2, 1234.57}, {1234.5678, 2, 1200}, {-0.0004, -3, 0}, {0.1 + 0.2, -10, 0.3}, {1e300, -5, 1e300}, {2.5, 0, 2}, {7, -22, 7},
	} {
		if got := Round(c.x, c.place, math.RoundToEven); got != c.want {
			t.Errorf("%v to 10^%d: %v, want %v", c.x, c.place, got, c.want)
		}
	}
	for _, c := range []struct {
		x    float64
		p    int
		some bool
	}{{1, 0, true}, {0.999, -1, true}, {9.99, 0, true}, {12, 1, true}, {1e300, 22, true}, {1e-22, -22, true}, {1e-23, 0, false}, {0, 0, false}} {
		if p, ok := Exponent(c.x); p != c.p || ok != c.some {
			t.Errorf("place of %v: %d %v", c.x, p, ok)
		}
	}
}
