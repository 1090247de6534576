package privacy

import (
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestVarianceErrors releases the variance and the mean of 20,000 keys of a
// known spread: half the units at the middle plus 1, half at the middle less 3,
// so that the mean is the middle less 1 and the variance 4. It compares the error
// with theory (standard error of the estimate 0.5 % to 0.8 %; 6 % is missed with
// a probability below 1e-12) and counts how often intervals hold the truth.
func TestVarianceErrors(t *testing.T) {
	const keys, units = 20_000, 1 << 20
	metric := glovebox.Metric{Name: "y", Kind: glovebox.Variance, Min: 6, Max: 14}
	for _, rel := range []glovebox.ReleaseDef{laplace(3, 0), gaussian(0.5, 0)} {
		p, part := filled(2, keys, rel, units, metric)
		for i := range keys {
			c := part.cell(i)
			clear(c[1:])
			for v, n := range map[float64]uint64{11: units / 2, 7: units / 2} {
				first, second := p.moments(&p.metrics[0], v)
				for j, steps := range []int64{first, second} {
					s := mechanism.MulInt128(n, steps).Add(part.sum(i, j))
					c[1+2*j], c[2+2*j] = s.Lo, uint64(s.Hi)
				}
			}
		}
		sd := func(j int) float64 { return p.grids[j].value(p.budget.sums[j].StdDev()) }
		un := p.budget.units.StdDev()
		// M is 16, the mean lies 1 below the middle, the mean square is 5: the
		// derivatives of s2/n - (s1/n)^2 by s2, s1 and n.
		want := math.Hypot(math.Hypot(sd(1), 2*sd(0)), un*math.Abs(-(5-8)+2)) / units
		meanWant := math.Hypot(sd(0), un) / units
		square, meanSquare, hit, meanHit := 0.0, 0.0, 0, 0
		table := check.Must(p.Release(part, check.Must(mechanism.NewSource())))
		for _, r := range table.Rows {
			v, m := r.Cells[0], r.Cells[1]
			square, meanSquare = square+(v.Value-4)*(v.Value-4), meanSquare+(m.Value-9)*(m.Value-9)
			if v.Lo <= 4 && 4 <= v.Hi {
				hit++
			}
			if m.Lo <= 9 && 9 <= m.Hi {
				meanHit++
			}
			if !(v.Lo <= v.Value && v.Value <= v.Hi) {
				t.Fatalf("%+v", v)
			}
		}
		if ratio := math.Sqrt(square/keys) / want; math.Abs(ratio-1) > 0.06 {
			t.Errorf("%+v: the error of the variance is %.4f of what it should be", rel, ratio)
		}
		if ratio := math.Sqrt(meanSquare/keys) / meanWant; math.Abs(ratio-1) > 0.06 {
			t.Errorf("%+v: the error of the mean is %.4f of what it should be", rel, ratio)
		}
		if e := table.Facts.Errors; want > e["y"].StdDev/units || meanWant > e["y.mean"].StdDev/units {
			t.Errorf("%+v: declared errors %+v are no upper bounds of %v and %v", rel, e, want*units, meanWant*units)
		}
		check.Share(t, "variances within their interval", hit, keys, 0.95, 1)
		check.Share(t, "means within their interval", meanHit, keys, 0.95, 1)
	}
}

// TestVarianceOfNothing: a key that nobody has says nothing, and what cannot be
// is not shown.
func TestVarianceOfNothing(t *testing.T) {
	p, part := filled(1, 2000, laplace(1, 0), 0, glovebox.Metric{Name: "y", Kind: glovebox.Variance, Min: -2, Max: 6})
	for _, r := range check.Must(p.Release(part, check.Must(mechanism.NewSource()))).Rows {
		if v := r.Cells[0]; v.Lo < 0 || v.Hi > 16 || v.Value < 0 || v.Value > 16 {
			t.Fatalf("%+v", v)
		}
	}
}
