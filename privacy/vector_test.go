package privacy

import (
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestVectorClip: hostile vectors keep their direction and never exceed the
// L2 norm, in steps.
func TestVectorClip(t *testing.T) {
	g := check.Must(newVectorGrid(glovebox.Metric{Size: 4, Clip: 10}, ""))
	limit := new(big.Int).Mul(big.NewInt(g.reach()), big.NewInt(g.reach()))
	for _, v := range [][]float64{
		{3, 4, 0, 0}, {6, 8, 0, 0}, {6.5, 8, -1, 2}, {1e300, -1e300, 1e299, 0}, {math.MaxFloat64, math.MaxFloat64, math.MaxFloat64, math.MaxFloat64},
		{math.Inf(1), math.Inf(-1), 1, 0}, {math.NaN(), 20, 0, 0}, {5e-324, 0, 0, -5e-324}, {10, 1e-9, 0, 0}, {0x1p60, 0x1p59, 0, 1},
	} {
		out := make([]int64, len(v))
		g.vector(out, v)
		square, inner, length := new(big.Int), 0.0, 0.0
		most := 0.0
		for _, x := range v {
			if x == x {
				most = max(most, math.Min(math.Abs(x), math.MaxFloat64))
			}
		}
		for i, q := range out {
			square.Add(square, new(big.Int).Mul(big.NewInt(q), big.NewInt(q)))
			if x := v[i]; x == x {
				x = math.Max(math.Min(x, math.MaxFloat64), -math.MaxFloat64) / most
				inner, length = inner+x*float64(q), length+x*x
			}
		}
		if square.Cmp(limit) > 0 {
			t.Errorf("%v has %v steps, squared, more than %v", v, square, limit)
		}
		norm, _ := square.Float64()
		if norm > 0 && inner/math.Sqrt(norm*length) < 1-1e-9 {
			t.Errorf("%v becomes %v, of another direction", v, out)
		}
	}
	out := make([]int64, 4)
	if g.vector(out, []float64{6, 8, 0, 0}); out[0] != 6*(g.reach()/10) || out[1] != 8*(g.reach()/10) {
		t.Errorf("a vector of exactly the norm becomes %v", out)
	}
}

// TestVectorNoise: each number of a vector has the noise that its price pays
// for: rho = L0*C^2/(2*variance) with Gaussian noise, epsilon = L0*C*sqrt(d)/b
// with Laplace noise. 40,000 values estimate a standard deviation within 4 %
// but with a probability below 1e-9 (Gaussian: standard error 0.35 %; Laplace:
// 0.56 %).
func TestVectorNoise(t *testing.T) {
	const d, clip, l0, keys = 4, 2.0, 3, 10_000
	v := glovebox.Metric{Name: "v", Kind: glovebox.Vector, Size: d, Clip: clip}
	for _, c := range []struct {
		rel  glovebox.ReleaseDef
		want float64
	}{
		{gaussian(0.5, 0), clip * math.Sqrt(l0)},
		{laplace(2, 0), math.Sqrt2 * l0 * clip * math.Sqrt(d) / 2},
	} {
		p, part := filled(l0, keys, c.rel, 0, v)
		e := p.Facts().Errors["v"]
		if math.Abs(e.StdDev/c.want-1) > 1e-6 {
			t.Errorf("%+v: declared error %v, want %v", c.rel, e.StdDev, c.want)
		}
		square, hit, n := 0.0, 0, 0
		for _, r := range check.Must(p.Release(part, check.Must(mechanism.NewSource()))).Rows {
			for _, cell := range r.Cells {
				n++
				square += cell.Value * cell.Value
				if cell.Lo <= 0 && 0 <= cell.Hi {
					hit++
				}
			}
		}
		if got := math.Sqrt(square / float64(n)); n != d*keys || math.Abs(got/c.want-1) > 0.04 {
			t.Errorf("%+v: %d cells, error %v, want %v", c.rel, n, got, c.want)
		}
		check.Share(t, "cells within their interval", hit, n, 0.95, 0.96)
	}
}
