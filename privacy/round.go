package privacy

import (
	"math"

	"glovebox.example/glovebox/privacy/internal/decimal"
)

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
	place, ok := decimal.Exponent((hi - lo) / 200)
	if ok {
		v, lo, hi = decimal.Round(v, place, math.RoundToEven), decimal.Round(lo, place, math.Floor), decimal.Round(hi, place, math.Ceil)
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
