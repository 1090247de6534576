package bill

import (
	"math/big"

	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Part is one part of a job's price: mechanisms of one law over the keys that one
// unit touches.
type Part struct {
	Of        string        // "units", the name of a metric, or a step of one
	Law       mechanism.Law // of noise or of a choice
	Parameter *big.Rat      // scale, variance, or epsilon of one choice for one key, in steps
	Step      string        // the number's grid, for facts: "1", or a power of two such as "2^-37"
	Keys      int           // that one unit touches, at most
	Reach     int64         // most that one unit changes one key, in steps and in the norm of the law
	Total     int64         // most over all keys, in the L1 norm; 0: Keys*Reach
	Numbers   int           // of one key; 0 is 1
	Levels    int           // of a tree over the Numbers, or of choices, each of which has the Reach; 0 is 1
	// Scaled: noise and Reach are those of a factor of 1. The factor, which both are
	// multiplied by, is above that and not known before.
	Scaled bool
	Loss   int64 // its part of the price, in billionths
}

// check refuses a part whose price is not known here.
func (p *Part) check() error {
	switch p.Law {
	case mechanism.DiscreteLaplace, mechanism.DiscreteGaussian, mechanism.PermuteAndFlip, mechanism.Exponential:
		if p.Parameter != nil && p.Parameter.Sign() > 0 && p.Reach >= 1 {
			return nil
		}
	}
	return accounting.BadParameters()
}

func (p *Part) levels() int64 { return int64(max(1, p.Levels)) }

// square returns the most that the squares of what one unit changes its keys by
// add up to: with R for one key and T for all, T/R keys of R and one of the rest.
func (p *Part) square() *big.Int {
	reach := big.NewInt(p.Reach)
	each := new(big.Int).Mul(reach, reach)
	if p.Total == 0 || p.Total/p.Reach >= int64(p.Keys) {
		return each.Mul(each, big.NewInt(int64(p.Keys)))
	}
	rest := big.NewInt(p.Total % p.Reach)
	each.Mul(each, big.NewInt(p.Total/p.Reach))
	return each.Add(each, rest.Mul(rest, rest))
}

// Rho returns what the part costs in zCDP.
//
// A number with discrete Laplace noise of scale b that changes by r is (r/b)-DP
// and so (r^2/(2*b^2))-zCDP (Bun and Steinke 2016, proposition 1.4), with Gaussian
// noise of variance v it is (r^2/(2*v))-zCDP; a choice of epsilon for a change of R
// is (epsilon*r/R)-DP for one of r, and one by the exponential mechanism has a range
// of that, which is an eighth of its square in place of half (Cesar and Rogers
// 2021). Rho adds up, so squares of changes do: over
// the numbers of a key (whose squares add up to no more than the square of their
// L1 norm), over keys and over the levels of a tree.
func (p *Part) Rho() *big.Rat {
	r := new(big.Rat).SetInt(p.square())
	r.Mul(r, big.NewRat(p.levels(), 2))
	switch p.Law {
	case mechanism.DiscreteGaussian:
		return r.Quo(r, p.Parameter)
	case mechanism.PermuteAndFlip, mechanism.Exponential:
		e := new(big.Rat).Quo(p.Parameter, big.NewRat(p.Reach, 1))
		if r.Mul(r, e).Mul(r, e); p.Law == mechanism.Exponential {
			r.Mul(r, big.NewRat(1, 4))
		}
		return r
	}
	return r.Quo(r, p.Parameter).Quo(r, p.Parameter)
}

// places returns a number of keys such that a mechanism for the whole reach at
// each of them is as bad as whatever one unit can do to all: where it cannot
// change all of its keys by the reach, keys are put together in groups of at most
// the reach, and of groups that cannot be joined further there are at most
// 2*T/R, rounded up.
func (p *Part) places() (n int, grouped bool) {
	if p.Total == 0 || p.Total/p.Reach >= int64(p.Keys) {
		return p.Keys, false
	}
	groups := p.Total/p.Reach*2 + (p.Total%p.Reach*2+p.Reach-1)/p.Reach
	if groups < int64(p.Keys) {
		return int(groups), true
	}
	return p.Keys, false
}

// AddTo adds the part to a list of mechanisms. Where the losses of its numbers are
// not known better, a key stands as a mechanism that is (reach*levels/scale)-DP.
func (p *Part) AddTo(l *accounting.Losses) error {
	places, grouped := p.places()
	if p.Scaled {
		return p.addScaled(l)
	}
	many := p.Numbers > 1 || p.Levels > 1 || grouped
	switch p.Law {
	case mechanism.DiscreteLaplace:
		switch {
		case !many:
			return l.AddLaplace(p.Parameter, p.Reach, places)
		case p.Reach == 1: // every value changes one number on each level
			return l.AddLaplace(p.Parameter, 1, p.values()*max(1, p.Levels))
		}
		e := big.NewRat(p.Reach*p.levels(), 1)
		return l.AddPure(e.Quo(e, p.Parameter), places)
	case mechanism.DiscreteGaussian:
		switch {
		case !many:
			return l.AddGaussian(p.Parameter, p.Reach, places)
		case p.Reach == 1:
			return l.AddGaussian(p.Parameter, 1, p.values()*max(1, p.Levels))
		}
		square := p.square()
		return l.AddGaussianVector(p.Parameter, square.Mul(square, big.NewInt(p.levels())), p.Keys*max(1, p.Numbers)*max(1, p.Levels))
	case mechanism.PermuteAndFlip, mechanism.Exponential:
		return l.AddPure(p.Parameter, places*max(1, p.Levels))
	}
	return accounting.BadParameters()
}

// addScaled adds noise whose factor is not known before. With Laplace noise it is
// (1/Parameter)-DP for any factor; with Gaussian, continuous noise bounds it that
// is the wider the larger the factor is (see mechanism.CalibrateGaussian), so that
// a factor of 1 is the worst.
func (p *Part) addScaled(l *accounting.Losses) error {
	switch p.Law {
	case mechanism.DiscreteLaplace:
		return l.AddPure(new(big.Rat).Inv(p.Parameter), 1)
	case mechanism.DiscreteGaussian:
		return l.AddGaussianVector(p.Parameter, big.NewInt(1), 1)
	}
	return accounting.BadParameters()
}

// values is how many keys one unit can change by 1.
func (p *Part) values() int {
	if p.Total > 0 && p.Total < int64(p.Keys) {
		return int(p.Total)
	}
	return p.Keys
}
