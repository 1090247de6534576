package privacy

import "math"

// cell clamps a figure and its interval and rounds them to a decimal place
// that keeps two to three digits of the interval's half width: the value to
// the nearest, the ends outward. What the rounding loses is below 1/200 of
// that half width.
//
// The floats that come out carry nothing but the noisy integers that went in:
// there is no sum of floats behind them and no noise in floats, so that low
// bits that betray the values before the noise (Mironov 2012) do not arise;
// and every operation here is one that IEEE 754 rounds in one way, so that the
// same integers give the same bytes on every machine.
func cell(v, lo, hi, least, most float64) Cell {
	place, ok := decimalPlace((hi - lo) / 200)
	if ok {
		v, lo, hi = roundTo(v, place, math.RoundToEven), roundTo(lo, place, math.Floor), roundTo(hi, place, math.Ceil)
	}
	clamp := func(x float64) float64 {
		x = math.Min(math.Max(x, least), most)
		return x + 0 // no negative zero
	}
	return Cell{
		Value: clamp(v),
		Lo:    clamp(lo),
		Hi:    clamp(hi),
	}
}

// powersOfTen are those that a float64 holds exactly.
var powersOfTen = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// decimalPlace returns the largest p in -22..22 with 10^p <= x. There is none
// if x is smaller than that: then nothing is rounded.
func decimalPlace(x float64) (p int, ok bool) {
	const last = len(powersOfTen) - 1
	if x >= 1 {
		for p < last && powersOfTen[p+1] <= x {
			p++
		}
		return p, true
	}
	for p = 1; p <= last; p++ {
		if 1/powersOfTen[p] <= x {
			return -p, true
		}
	}
	return 0, false
}

// roundTo rounds x to a multiple of 10^place. Where x has no digits beyond
// that place, or more than fit a float64, it stays as it is.
func roundTo(x float64, place int, round func(float64) float64) float64 {
	scale := powersOfTen[max(place, -place)]
	if place > 0 {
		return round(x/scale) * scale
	}
	if y := x * scale; math.Abs(y) < 1<<53 {
		return round(y) / scale
	}
	return x
}
