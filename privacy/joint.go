package privacy

import (
	"math"
	"math/big"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// jointNoise is Gaussian noise on all numbers of a job whose price is epsilon and
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
type jointNoise struct {
	ratio *big.Rat // m
	extra int64    // c
	whole int64    // of which parts are shares, in billionths
}

// jointly says whether the price of the job may be spent on Gaussian noise
// together: it has a delta, and no part is a choice, which is no noise.
func (p *Plan) jointly() bool {
	if !p.private || p.budget.inRho {
		return false
	}
	return !slices.ContainsFunc(p.bins, func(b binSet) bool { return len(b.parts) == 1 })
}

// addJoint makes all noise of the plan Gaussian.
func (p *Plan) addJoint() error {
	numbers := int64(p.l0) * int64(2+p.cells) // of units, sums, and a selection
	for i := range p.bins {
		// Each value of a unit changes one number; in a tree, one on each level, of
		// which there are fewer than 32.
		n := min(int64(p.maxRecords), int64(p.l0)*int64(p.perKey))
		if len(p.bins[i].parts) > 1 {
			n *= 32
		}
		numbers += n
	}
	if numbers > mechanism.MaxCalibratedNumbers {
		return glovebox.Errorf(glovebox.CodeInvalid, "one unit changes too many numbers for Gaussian noise")
	}
	b := &p.budget
	m, c, err := mechanism.CalibrateRatio(big.NewRat(b.price.Loss, 1e9), big.NewRat(b.price.Delta, 2e15), int(numbers))
	if err != nil {
		return err
	}
	b.joint, b.gaussian = &jointNoise{ratio: m, extra: c, whole: b.price.Loss}, true
	return nil
}

// noise returns the noise of a part of loss billionths.
func (j *jointNoise) noise(loss int64, square *big.Int) (*mechanism.Gaussian, error) {
	s := new(big.Rat).SetFrac(new(big.Int).Mul(square, big.NewInt(j.whole)), big.NewInt(loss))
	return mechanism.CalibratedGaussian(s, j.ratio, j.extra)
}

// threshold is the part of delta that pays for keys that one unit alone has.
func (b *budget) threshold() *big.Rat {
	if b.joint != nil {
		return big.NewRat(b.price.Delta, 2e15)
	}
	return big.NewRat(b.price.Delta, 1e15)
}

// spread is the mean logarithm of the deviations of all noise, up to a constant
// that the declaration decides.
func (p *Plan) spread() float64 {
	b, sum, n := &p.budget, 0.0, 0
	add := func(x float64) { sum, n = sum+math.Log(x), n+1 }
	if b.units != nil {
		add(b.units.StdDev())
	}
	for i := range p.grids {
		add(p.grids[i].value(b.sums[i].StdDev()))
	}
	for i := range b.bins {
		switch m := &b.bins[i]; {
		case m.ranks > 0:
			add(m.ranks)
		default:
			add(m.noise.StdDev())
		}
	}
	return sum / float64(n)
}
