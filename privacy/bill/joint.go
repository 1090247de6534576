package bill

import (
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Joint is Gaussian noise on all numbers of a job whose price is epsilon and
// delta. Half of delta is for the noise, half for the selection of keys.
//
// Let part i of the job be numbers that one unit changes by a vector of a squared
// L2 norm of Q(i) at most, and w(i) its share of the price; shares add up to 1.
// Continuous noise of variance s(i)^2 = Q(i)/(w(i)*m^2) on part i is, each number
// in units of its deviation, one Gaussian of deviation 1 on a vector that one unit
// changes by at most
//
//	sqrt(Q(1)/s(1)^2 + Q(2)/s(2)^2 + ...) = m * sqrt(w(1) + w(2) + ...) = m
//
// in the L2 norm, so that m of Balle and Wang's formula for epsilon and delta is
// that of the whole job: parts do not pay for one another's worst cases, as they
// do where epsilons are added up. The discrete Gaussian of variance s(i)^2 + c is
// that noise and a rounding that does not see the data, for each of the numbers
// that one unit changes: see mechanism.CalibrateGaussian, whose certified bounds decide.
//
// For a unit of few keys Laplace noise is the smaller one at the same price, for
// one of many this is: it grows with the root of keys and parts.
type Joint struct {
	ratio *big.Rat // m
	extra int64    // c
	whole int64    // of which parts are shares, in billionths
}

// Together returns the price with all noise Gaussian, where one unit changes at
// most so many numbers of the job.
func (p *Price) Together(numbers int64) (Price, error) {
	q := *p
	if numbers > mechanism.MaxCalibratedNumbers {
		return q, glovebox.Errorf(glovebox.CodeInvalid, "one unit changes too many numbers for Gaussian noise")
	}
	m, c, err := mechanism.CalibrateRatio(big.NewRat(p.Amount.Loss, 1e9), big.NewRat(p.Amount.Delta, 2e15), int(numbers))
	if err != nil {
		return q, err
	}
	q.Joint, q.Gaussian = &Joint{ratio: m, extra: c, whole: p.Amount.Loss}, true
	return q, nil
}

// noise returns the noise of a part of loss billionths.
func (j *Joint) noise(loss int64, square *big.Int) (*mechanism.Gaussian, error) {
	s := new(big.Rat).SetFrac(new(big.Int).Mul(square, big.NewInt(j.whole)), big.NewInt(loss))
	return mechanism.CalibratedGaussian(s, j.ratio, j.extra)
}

// LoneKeys is the part of delta that pays for keys that one unit alone has.
func (p *Price) LoneKeys() *big.Rat {
	if p.Joint != nil {
		return big.NewRat(p.Amount.Delta, 2e15)
	}
	return big.NewRat(p.Amount.Delta, 1e15)
}
