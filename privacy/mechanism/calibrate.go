package mechanism

import (
	"math"
	"math/big"

	"glovebox.example/glovebox"
)

// Limits of CalibrateGaussian.
const (
	maxCalibratedEpsilon = 40
	minCalibratedEpsilon = 1.0 / (1 << 20)
	MaxCalibratedNumbers = 1 << 30
)

// CalibrateGaussian returns discrete Gaussian noise for whole numbers that is
// (epsilon, delta)-differentially private, with nearly the smallest variance
// that is: the calibration of Balle and Wang, "Improving the Gaussian Mechanism
// for Differential Privacy: Analytical Calibration and Optimal Denoising"
// (2018), brought to the integers. One unit changes at most numbers of them, by
// a vector whose squared L2 norm is at most square. Neighbours differ by one
// unit added or removed.
//
// Continuous noise of deviation s has, with m = sqrt(square)/s,
//
//	delta(epsilon) = Phi(m/2 - epsilon/m) - e^epsilon*Phi(-m/2 - epsilon/m).
//
// The discrete Gaussian of variance s^2 + c is that noise and a rounding at
// random that does not depend on the data: drawing x from N(0, s^2) and then an
// integer y with probability proportional to exp(-(y-x)^2/(2c)) gives each y
// within a factor of 1+-h of the discrete Gaussian's probability (Peikert, "An
// Efficient and Parallel Gaussian Sampler for Lattices", 2010, theorem 3.1),
// where Poisson's summation bounds h by 2*exp(-2*pi^2*c)*(1+2^-50): below 2^-27
// for c = 1 and below 2^-55 for c = 2. Numbers that the unit does not change do
// not count. So variance s^2 + c is enough if s meets epsilon - 4*numbers*h and
// delta*(1 - 2*numbers*h). For one number that changes by 1, the exact delta of
// the discrete Gaussian itself (Canonne, Kamath and Steinke 2020, theorem 7) is
// used where it allows less.
//
// Delta is bounded from above by integers that are rounded in the safe
// direction (normalBound, expBound); no float decides. Epsilon is at least 2^-20
// and counts as 40 where it is above that; delta is in [2^-60, 1).
func CalibrateGaussian(epsilon, delta *big.Rat, square *big.Int, numbers int) (*Gaussian, error) {
	if square == nil || square.Sign() <= 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "Gaussian noise needs a sensitivity above 0")
	}
	m, c, err := CalibrateRatio(epsilon, delta, numbers)
	if err != nil {
		return nil, err
	}
	g, err := CalibratedGaussian(new(big.Rat).SetInt(square), m, c)
	if err == nil && square.IsInt64() && square.Int64() == 1 && numbers == 1 {
		if limit := big.NewRat(maxCalibratedEpsilon, 1); epsilon.Cmp(limit) > 0 {
			epsilon = limit
		}
		return NewGaussian(exactVariance(epsilon, delta, g.variance))
	}
	return g, err
}

// CalibratedGaussian is the noise for a squared sensitivity at a ratio and an extra
// as CalibrateRatio returned them. A short denominator keeps the sampler within
// words.
func CalibratedGaussian(square, ratio *big.Rat, extra int64) (*Gaussian, error) {
	v := new(big.Rat).Quo(square, ratio)
	v.Quo(v, ratio).Add(v, big.NewRat(extra, 1))
	if v.Cmp(big.NewRat(1<<32, 1)) > 0 {
		return NewGaussian(SquareAbove(v))
	}
	return NewGaussian(new(big.Rat).SetFrac(Divide(new(big.Int).Lsh(v.Num(), 16), v.Denom(), true), big.NewInt(1<<16)))
}

// CalibrateRatio returns the largest ratio m of sensitivity and deviation, in
// steps of 2^-44, with which continuous noise is private enough to be rounded, and
// what the rounding adds to the variance: see CalibrateGaussian.
func CalibrateRatio(epsilon, delta *big.Rat, numbers int) (ratio *big.Rat, extra int64, err error) {
	if epsilon == nil || epsilon.Cmp(new(big.Rat).SetFloat64(minCalibratedEpsilon)) < 0 {
		return nil, 0, glovebox.Errorf(glovebox.CodeInvalid, "the epsilon of Gaussian noise is below 2^-20")
	}
	if delta == nil || delta.Cmp(new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 60))) < 0 || delta.Cmp(big.NewRat(1, 1)) >= 0 {
		return nil, 0, glovebox.Errorf(glovebox.CodeInvalid, "the delta of Gaussian noise is outside [2^-60, 1)")
	}
	if numbers < 1 || numbers > MaxCalibratedNumbers {
		return nil, 0, glovebox.Errorf(glovebox.CodeInvalid, "Gaussian noise is for 1..2^30 numbers")
	}
	if limit := big.NewRat(maxCalibratedEpsilon, 1); epsilon.Cmp(limit) > 0 {
		epsilon = limit
	}
	c, bits := int64(1), uint(27)
	if numbers > 1<<10 || epsilon.Cmp(big.NewRat(1, 1<<6)) < 0 {
		c, bits = 2, 55
	}
	loss := new(big.Rat).SetFrac(big.NewInt(int64(numbers)), new(big.Int).Lsh(big.NewInt(1), bits)) // numbers*h
	eps := new(big.Rat).Sub(epsilon, new(big.Rat).Mul(loss, big.NewRat(4, 1)))
	del := loss.Sub(big.NewRat(1, 1), loss.Mul(loss, big.NewRat(2, 1)))
	del.Mul(del, delta)

	// The largest m = k/2^44 that is within delta: floats guess, integers decide.
	m := func(k uint64) *big.Rat {
		return new(big.Rat).SetFrac(new(big.Int).SetUint64(k), new(big.Int).Lsh(big.NewInt(1), 44))
	}
	k := uint64(math.Ldexp(guessRatio(eps, del)*(1-1e-10), 44))
	for step := k>>40 + 1; k > 0 && !within(analyticDelta(eps, m(k)), del); step *= 2 {
		k -= min(k, step)
	}
	if k == 0 {
		return nil, 0, glovebox.Errorf(glovebox.CodeInvalid, "no Gaussian noise is within this epsilon and delta")
	}
	return m(k), c, nil
}

// within says whether a number in units of 2^-expBits is at most x.
func within(n *big.Int, x *big.Rat) bool {
	left := new(big.Int).Mul(n, x.Denom())
	return left.Cmp(new(big.Int).Lsh(x.Num(), expBits)) <= 0
}

// guessRatio solves delta(epsilon) = delta for m, in floats.
func guessRatio(epsilon, delta *big.Rat) float64 {
	e, _ := epsilon.Float64()
	d, _ := delta.Float64()
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	return bisect(0, 64, func(m float64) bool { return phi(m/2-e/m)-math.Exp(e)*phi(-m/2-e/m) <= d })
}

// bisect returns about the largest x for which ok holds, if it holds up to a point.
func bisect(low, high float64, ok func(float64) bool) float64 {
	for range 100 {
		if mid := low + (high-low)/2; ok(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// analyticDelta bounds delta(epsilon) of continuous Gaussian noise from above,
// in units of 2^-expBits; m is the sensitivity over the deviation, m > 0.
func analyticDelta(epsilon, m *big.Rat) *big.Int {
	half := new(big.Rat).Mul(m, big.NewRat(1, 2))
	shift := new(big.Rat).Quo(epsilon, m)
	d := normalBound(new(big.Rat).Sub(half, shift), true)
	far := normalBound(half.Neg(half.Add(half, shift)), false)
	far.Mul(far, expBound(epsilon, false)).Rsh(far, expBits)
	return d.Sub(d, far)
}

// exactVariance returns the smallest variance, in steps of 2^-10 and up to a few
// of them, with which one number that changes by 1 has delta(epsilon) <= delta for
// sure; most if that is no more than it or above 2^12.
func exactVariance(epsilon, delta, most *big.Rat) *big.Rat {
	const places, least, top = 10, 1.0 / 64, 1 << 12
	high, _ := most.Float64()
	if high > top {
		return most
	}
	e, _ := epsilon.Float64()
	d, _ := delta.Float64()
	guess := -bisect(-high, -least, func(v float64) bool { return guessDelta(e, -v) <= d })
	k := uint64(math.Ceil(math.Ldexp(guess, places)))
	for step := uint64(1); ; step *= 2 {
		v := new(big.Rat).SetFrac(new(big.Int).SetUint64(k), big.NewInt(1<<places))
		if v.Cmp(most) >= 0 {
			return most
		}
		if within(exactDelta(epsilon, v), delta) {
			return v
		}
		k += step
	}
}

// guessDelta is exactDelta in floats.
func guessDelta(epsilon, v float64) float64 {
	first := math.Floor(epsilon*v-0.5) + 1
	last := math.Ceil(first + 1 + 12*math.Sqrt(v))
	total, near, far := 1.0, 0.0, 0.0
	for y := last; y >= 0; y-- {
		w := math.Exp(-y * y / (2 * v))
		if y > 0 {
			total += 2 * w
		}
		if y >= first {
			near += w
		}
		if y > first {
			far += w
		}
	}
	return (near - math.Exp(epsilon)*far) / total
}

// exactDelta bounds from above, in units of 2^-expBits, the delta at epsilon of
// one discrete Gaussian of the given variance v whose centre moves by 1:
// P(Y > epsilon*v - 1/2) - e^epsilon*P(Y > epsilon*v + 1/2).
func exactDelta(epsilon, v *big.Rat) *big.Int {
	t := new(big.Rat).Mul(epsilon, v)
	t.Sub(t, big.NewRat(1, 2))
	first := new(big.Int).Div(t.Num(), t.Denom()).Int64() + 1 // Y > t, t > -1, means Y >= floor(t)+1
	high, low := newGaussianTails(v, true), newGaussianTails(v, false)
	d := high.atLeast(first, low)
	far := low.atLeast(first+1, high)
	far.Mul(far, expBound(epsilon, false)).Rsh(far, expBits)
	if d.Cmp(far) < 0 {
		return new(big.Int)
	}
	return d.Sub(d, far)
}

// SquareAbove returns the smallest square of a whole number that is at least
// v. The noise grows by less than one step, and the sampler stays within 128
// bits however large the step count is.
func SquareAbove(v *big.Rat) *big.Rat {
	w := Divide(v.Num(), v.Denom(), true)
	s := new(big.Int).Sqrt(w)
	if new(big.Int).Mul(s, s).Cmp(w) < 0 {
		s.Add(s, big.NewInt(1))
	}
	return new(big.Rat).SetInt(s.Mul(s, s))
}
