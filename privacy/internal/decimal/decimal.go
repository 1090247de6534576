// Package decimal rounds floats to decimal places, in operations that IEEE 754
// rounds in one way, so that the same numbers give the same bytes on every
// machine. It does not say which place keeps enough digits: that is the caller's.
package decimal

import "math"

// powersOfTen are those that a float64 holds exactly.
var powersOfTen = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// Exponent returns the largest p in -22..22 with 10^p <= x. There is none
// if x is smaller than that: then nothing is rounded.
func Exponent(x float64) (p int, ok bool) {
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

// Round rounds x to a multiple of 10^place. Where x has no digits beyond
// that place, or more than fit a float64, it stays as it is.
func Round(x float64, place int, to func(float64) float64) float64 {
	scale := powersOfTen[max(place, -place)]
	if place > 0 {
		return to(x/scale) * scale
	}
	if y := x * scale; math.Abs(y) < 1<<53 {
		return to(y) / scale
	}
	return x
}
