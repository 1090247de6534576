package mechanism

import (
	"math"
	"math/big"
)

// truncatedLaplace is discrete Laplace noise X of scale 1/epsilon conditioned
// on |X| <= k, where k is so large that "n + X > k" is an (epsilon, delta)-
// differentially private answer about n. It selects keys where the table of
// the optimal selection would be too large, and equals that selection where
// the paper's crossing point is a whole number; else it needs less than two
// units more.
//
// n + X and n+1 + X differ in probability by a factor e^epsilon at most
// wherever both are possible. Each has one value that the other cannot take,
// of probability
//
//	P(X = k) = 1 / (E^k + 2*(E^k - 1)/(E - 1)),  E = e^epsilon,
//
// which must not exceed delta. With no unit, 0 + X > k is impossible.
type truncatedLaplace struct {
	*Laplace
	bound uint64 // k
	near  bool   // k <= 1/epsilon
}

// newTruncatedLaplace finds the smallest k. The bounds of expBound decide,
// floats only guess where to begin.
func newTruncatedLaplace(epsilon, delta *big.Rat) (*truncatedLaplace, error) {
	eps, _ := epsilon.Float64()
	del, _ := delta.Float64()
	low := uint64(0.999 * math.Log1p(math.Expm1(eps)/(2*del)) / eps)
	for low > 0 && edgeWithin(epsilon, delta, low) {
		low /= 2
	}
	high := low + 1
	for !edgeWithin(epsilon, delta, high) {
		high += high/1024 + 1
	}
	for high-low > 1 {
		if mid := low + (high-low)/2; edgeWithin(epsilon, delta, mid) {
			high = mid
		} else {
			low = mid
		}
	}
	l, err := NewLaplace(new(big.Rat).Inv(epsilon))
	if err != nil {
		return nil, err
	}
	k := new(big.Rat).SetInt(new(big.Int).SetUint64(high))
	return &truncatedLaplace{Laplace: l, bound: high, near: k.Cmp(l.Scale()) <= 0}, nil
}

// edgeWithin says whether P(X = k) <= delta for sure.
func edgeWithin(epsilon, delta *big.Rat, k uint64) bool {
	x := new(big.Rat).Mul(epsilon, new(big.Rat).SetInt(new(big.Int).SetUint64(k)))
	if limit := big.NewRat(maxExponent, 1); x.Cmp(limit) > 0 {
		x = limit // E^k is needed from below; e^45 > 2^64 >= 1/delta is enough
	}
	scale := new(big.Int).Lsh(big.NewInt(1), expBits)
	ek := expBound(x, false)
	e1 := new(big.Int).Sub(expBound(epsilon, true), scale)
	// inv is at most 1/P in units of 2^-expBits.
	inv := new(big.Int).Sub(ek, scale)
	inv = Divide(inv.Lsh(inv, expBits+1), e1, false)
	inv.Add(inv, ek)
	return inv.Mul(inv, delta.Num()).Cmp(scale.Mul(scale, delta.Denom())) >= 0
}

// draw returns X, exactly: by rejection of the untruncated noise or, where that
// would seldom fall within k, by keeping uniform magnitudes with probability
// exp(-epsilon*|X|), which gives the same law.
func (l *truncatedLaplace) draw(s *Source) int64 {
	for {
		if !l.near {
			if v, ok := l.Draw(s).Int64(); ok && -int64(l.bound) <= v && v <= int64(l.bound) {
				return v
			}
			continue
		}
		v := int64(s.below(l.bound + 1))
		if !s.expBig(new(big.Int).Mul(big.NewInt(v), l.bigS), l.bigT) {
			continue
		}
		if s.word()>>63 == 0 {
			return v
		}
		if v != 0 { // zero must not be drawn with either sign
			return -v
		}
	}
}

// above returns P(X > m) for -k <= m <= k, in floats.
func (l *truncatedLaplace) above(m int64) float64 {
	k, r := float64(l.bound), math.Exp(-1/l.scale)
	tail := func(m float64) float64 { // (1-r) * the sum of r^j for m < j <= k; m >= 0
		return math.Pow(r, m+1) - math.Pow(r, k+1)
	}
	total := 1 + r - 2*math.Pow(r, k+1)
	if m >= 0 {
		return tail(float64(m)) / total
	}
	return 1 - tail(float64(-m-1))/total
}
