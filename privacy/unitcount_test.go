package privacy

import (
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestUnitCount: the number of units is off by as much as its price says. With
// 40,000 draws the mean is off by less than 7 standard errors and the second
// moment within 10 %, but for once in 10^10 runs; at most 5 % (and 7 standard
// errors) lie outside the interval.
func TestUnitCount(t *testing.T) {
	const n, units = 40_000, 1_000
	for _, c := range []struct {
		kind glovebox.LedgerKind
		loss int64
		sd   float64
	}{
		{glovebox.LedgerPure, 100_000_000, math.Sqrt2 * 10}, // epsilon 0.1
		{glovebox.LedgerZCDP, 5_000_000, 10},                // rho 0.005
	} {
		u := check.Must(NewUnitCount(c.kind, c.loss))
		src := check.Must(mechanism.NewSource())
		var sum, square float64
		outside := 0
		for range n {
			off := float64(u.Draw(units, src) - units)
			sum, square = sum+off, square+off*off
			if math.Abs(off) > u.Half() {
				outside++
			}
		}
		if mean := sum / n; math.Abs(mean) > 7*c.sd/math.Sqrt(n) {
			t.Errorf("%s: off by %.3f on average", c.kind, mean)
		}
		if sd := math.Sqrt(square / n); math.Abs(sd/c.sd-1) > 0.05+0.002 {
			t.Errorf("%s: standard deviation %.3f, not %.3f", c.kind, sd, c.sd)
		}
		if float64(outside) > 0.05*n+7*math.Sqrt(0.05*0.95*n) {
			t.Errorf("%s: %d of %d lie outside the interval", c.kind, outside, n)
		}
	}
	u, src := check.Must(NewUnitCount(glovebox.LedgerPure, 1_000_000)), check.Must(mechanism.NewSource())
	for range 100 {
		if u.Draw(0, src) < 1 {
			t.Fatal("a number below 1")
		}
	}
	for _, bad := range []int64{0, -1} {
		if _, err := NewUnitCount(glovebox.LedgerPure, bad); err == nil {
			t.Errorf("a price of %d buys a number", bad)
		}
	}
}
