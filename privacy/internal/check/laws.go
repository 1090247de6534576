package check

import (
	"math"
	"math/big"
)

// Atoms is an exact distribution of a loss: integer multiples of a unit.
type Atoms struct {
	unit float64
	p    map[int]float64
}

// Plus is the loss of two mechanisms together.
func (a Atoms) Plus(b Atoms) Atoms {
	r := Atoms{a.unit, map[int]float64{}}
	for i, p := range a.p {
		for j, q := range b.p {
			r.p[i+j] += p * q
		}
	}
	return r
}

// Times is the loss of n of the same.
func (a Atoms) Times(n int) Atoms {
	r := a
	for range n - 1 {
		r = r.Plus(a)
	}
	return r
}

// Delta is the delta that goes with an epsilon.
func (a Atoms) Delta(epsilon float64) float64 {
	d := 0.0
	for i, p := range a.p {
		if x := float64(i)*a.unit - epsilon; x > 0 {
			d -= p * math.Expm1(-x)
		}
	}
	return d
}

// LaplaceAtoms takes noise of scale 1/eps shifted by d, value by value.
func LaplaceAtoms(eps float64, d int) Atoms {
	r := math.Exp(-eps)
	a := Atoms{eps, map[int]float64{}}
	for y := -2000; y <= 2000; y++ {
		abs := func(x int) int { return max(x, -x) }
		a.p[abs(y-d)-abs(y)] += (1 - r) / (1 + r) * math.Pow(r, float64(abs(y)))
	}
	return a
}

// GaussianAtoms does the same with noise of that variance, up to some hundreds.
func GaussianAtoms(variance float64, d int) Atoms {
	a := Atoms{float64(d) / (2 * variance), map[int]float64{}}
	total := 0.0
	for y := -200; y <= 200; y++ {
		total += math.Exp(-float64(y*y) / (2 * variance))
	}
	for y := -200; y <= 200; y++ {
		a.p[d-2*y] += math.Exp(-float64(y*y)/(2*variance)) / total
	}
	return a
}

// ResponseAtoms is randomised response: the worst loss of a pure eps.
func ResponseAtoms(eps float64) Atoms {
	return Atoms{eps, map[int]float64{1: 1 / (1 + math.Exp(-eps)), -1: 1 / (1 + math.Exp(eps))}}
}

// ExpNeg returns exp(-x) within 2^-150, for x in [0, 1000]: the Taylor series of
// exp(x/1024), ten times squared.
func ExpNeg(x *big.Rat) *big.Rat {
	number := func(n int64) *big.Float { return new(big.Float).SetPrec(400).SetInt64(n) }
	y := number(0).SetRat(x)
	y.SetMantExp(y, -10)
	sum, term := number(1), number(1)
	for k := int64(1); k <= 120; k++ {
		sum.Add(sum, term.Quo(term.Mul(term, y), number(k)))
	}
	for range 10 {
		sum.Mul(sum, sum)
	}
	r, _ := sum.Quo(number(1), sum).Rat(nil)
	return r
}
