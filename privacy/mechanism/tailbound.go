package mechanism

import (
	"math"
	"math/big"
	"sort"
)

// LaplaceTail returns the smallest whole number m >= 1, up to a little for large
// scales, with P(Y >= m) <= delta for sure, of discrete Laplace noise Y. Delta is
// in [2^-64, 1/2].
//
// With b the scale and r = exp(-1/b), that probability is r^m/(1+r).
func LaplaceTail(scale, delta *big.Rat) *big.Int {
	one := new(big.Int).Lsh(big.NewInt(1), expBits)
	limit := big.NewRat(maxExponent, 1)
	more := new(big.Int).Set(one) // at most 1+r
	if x := new(big.Rat).Inv(scale); x.Cmp(limit) <= 0 {
		more.Add(more, Divide(new(big.Int).Lsh(one, expBits), expBound(x, true), false))
	}
	// e^(m/b) * (1+r) * delta >= 1. Beyond the limit the first is above 2^64 >= 1/delta.
	ok := func(m *big.Int) bool {
		x := new(big.Rat).SetInt(m)
		if x.Quo(x, scale); x.Cmp(limit) > 0 {
			x = limit
		}
		left := expBound(x, false)
		left.Mul(left, more).Mul(left, delta.Num())
		return left.Cmp(new(big.Int).Lsh(delta.Denom(), 2*expBits)) >= 0
	}
	b, _ := scale.Float64()
	d, _ := delta.Float64()
	return firstFrom(-b*math.Log(d*(1+math.Exp(-1/b))), ok)
}

// GaussianTail is LaplaceTail of discrete Gaussian noise.
func GaussianTail(variance, delta *big.Rat) *big.Int {
	if variance.Cmp(big.NewRat(maxTailsVariance, 1)) <= 0 {
		high, low := newGaussianTails(variance, true), newGaussianTails(variance, false)
		n := sort.Search(len(high.sums)-1, func(n int) bool { return within(high.atLeast(int64(n), low), delta) })
		return big.NewInt(int64(n))
	}
	// P(Y >= m) <= P(N >= m-1) for N continuous of the same parameter: the sum
	// of exp(-y^2/(2v)) over y >= m is at most its integral from m-1, and over
	// all y at least the whole integral (Poisson's summation).
	s := rootRat(variance)
	ok := func(n *big.Int) bool {
		m := new(big.Rat).SetInt(new(big.Int).Sub(n, big.NewInt(1)))
		return within(normalBound(m.Neg(m.Quo(m, s)), true), delta)
	}
	d, _ := delta.Float64()
	sigma, _ := s.Float64()
	return firstFrom(1+sigma*bisect(0, 10, func(x float64) bool { return math.Erfc(x/math.Sqrt2)/2 > d }), ok)
}

// firstFrom looks for the smallest whole number from 1 on for which ok holds, if
// it holds from a number on, near a guess. Floats guess, integers decide: what is
// found is not below the smallest, and above it by little for large numbers alone.
func firstFrom(guess float64, ok func(*big.Int) bool) *big.Int {
	n, _ := big.NewFloat(math.Max(guess*(1-1e-9), 1)).Int(nil)
	for step := new(big.Int).Add(new(big.Int).Rsh(n, 40), big.NewInt(1)); !ok(n); step.Lsh(step, 1) {
		n.Add(n, step)
	}
	return n
}
