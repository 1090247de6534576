package mechanism

import (
	"math"
	"math/bits"

	"glovebox.example/glovebox"
)

// Limits of ClipL2.
const (
	MaxClipSteps = 1 << 50 // largest magnitude of one number
	MaxClipSize  = 1 << 20 // numbers of one vector
)

// ClipL2 shortens v, a vector of grid steps, to an L2 norm of at most limit
// steps, in place. Each number loses at most two steps of its exact share, and a
// vector within the limit stays as it is. The bound holds for the integers that
// come out: the sum of their squares is at most limit^2, so that one unit's
// vector changes a sum of vectors by limit at most in the L2 norm, and discrete
// Gaussian noise of variance limit^2/(2*rho) makes the sum rho-zCDP. No float
// decides: one only guesses a square root, which integers then correct.
//
// Limit is at most MaxClipSteps; v has at most MaxClipSize numbers, and one
// beyond MaxClipSteps counts as that.
func ClipL2(v []int64, limit uint64) error {
	if len(v) > MaxClipSize || limit > MaxClipSteps {
		return glovebox.Errorf(glovebox.CodeInvalid, "a vector to clip has more than %d numbers or a limit above 2^50", MaxClipSize)
	}
	var sum uint128 // below 2^120
	for i, x := range v {
		x = min(max(x, -MaxClipSteps), MaxClipSteps)
		v[i] = x
		hi, lo := bits.Mul64(Magnitude(x), Magnitude(x))
		var c uint64
		sum.lo, c = bits.Add64(sum.lo, lo, 0)
		sum.hi, _ = bits.Add64(sum.hi, hi, c)
	}
	hi, lo := bits.Mul64(limit, limit)
	if !(uint128{hi, lo}).less(sum) {
		return nil
	}
	// |x|*limit/norm, rounded down with a norm rounded up: no number grows, and
	// the squares add up to limit^2 at most.
	norm := rootAbove(sum)
	for i, x := range v {
		hi, lo := bits.Mul64(Magnitude(x), limit)
		q, _ := bits.Div64(hi, lo, norm) // |x| <= norm, so hi < norm
		if v[i] = int64(q); x < 0 {
			v[i] = -int64(q)
		}
	}
	return nil
}

// Magnitude returns |x|, of every int64.
func Magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// rootAbove returns the smallest r with r^2 >= n, for 0 < n < 2^124.
func rootAbove(n uint128) uint64 {
	r := uint64(math.Sqrt(math.Ldexp(float64(n.hi), 64)+float64(n.lo))) + 1
	if q, rem := n.hi/r, n.hi%r; q == 0 { // one step of Newton: 2^-52 becomes 2^-104
		d, _ := bits.Div64(rem, n.lo, r)
		r = r/2 + d/2 + 1
	}
	square := func(r uint64) uint128 {
		hi, lo := bits.Mul64(r, r)
		return uint128{hi, lo}
	}
	for square(r).less(n) {
		r++
	}
	for !square(r - 1).less(n) {
		r--
	}
	return r
}
