package privacy

import (
	"math/big"

	"glovebox.example/glovebox/privacy/accounting"
)

// part is one part of a job's price: mechanisms over the keys that one unit
// touches, as the facts tell of them.
type part struct {
	mechanism string   // discrete_laplace, discrete_gaussian or permute_and_flip
	parameter *big.Rat // scale, variance, or epsilon of one key
	keys      int      // that one unit touches, at most
	reach     int64    // most that one unit changes one key, in the norm of the mechanism
	total     int64    // most over all keys, in the L1 norm; 0: keys*reach
	numbers   int      // of one key, at least 1
	levels    int      // of a tree over the numbers, or of choices, each of which has the reach; at least 1
}

func (n *NoiseFacts) part(l0 int) (part, error) {
	parameter, ok := new(big.Rat).SetString(n.Parameter)
	known := n.Mechanism == "discrete_laplace" || n.Mechanism == "discrete_gaussian" || n.Mechanism == "permute_and_flip" || n.Mechanism == "exponential"
	if !ok || !known || parameter.Sign() <= 0 || n.Reach < 1 {
		return part{}, accounting.BadParameters()
	}
	return part{
		mechanism: n.Mechanism, parameter: parameter, keys: l0, reach: n.Reach, total: n.Total,
		numbers: max(1, n.Numbers), levels: max(1, n.Levels),
	}, nil
}

// square returns the most that the squares of what one unit changes its keys by
// add up to: with R for one key and T for all, T/R keys of R and one of the rest.
func (p *part) square() *big.Int {
	reach := big.NewInt(p.reach)
	each := new(big.Int).Mul(reach, reach)
	if p.total == 0 || p.total/p.reach >= int64(p.keys) {
		return each.Mul(each, big.NewInt(int64(p.keys)))
	}
	rest := big.NewInt(p.total % p.reach)
	each.Mul(each, big.NewInt(p.total/p.reach))
	return each.Add(each, rest.Mul(rest, rest))
}

// rho returns what the part costs in zCDP.
//
// A number with discrete Laplace noise of scale b that changes by r is (r/b)-DP
// and so (r^2/(2*b^2))-zCDP (Bun and Steinke 2016, proposition 1.4), with Gaussian
// noise of variance v it is (r^2/(2*v))-zCDP; a choice of epsilon for a change of R
// is (epsilon*r/R)-DP for one of r, and one by the exponential mechanism has a range
// of that, which is an eighth of its square in place of half (Cesar and Rogers
// 2021). Rho adds up, so squares of changes do: over
// the numbers of a key (whose squares add up to no more than the square of their
// L1 norm), over keys and over the levels of a tree.
func (p *part) rho() *big.Rat {
	r := new(big.Rat).SetInt(p.square())
	r.Mul(r, big.NewRat(int64(p.levels), 2))
	switch p.mechanism {
	case "discrete_gaussian":
		return r.Quo(r, p.parameter)
	case "permute_and_flip", "exponential":
		e := new(big.Rat).Quo(p.parameter, big.NewRat(p.reach, 1))
		if r.Mul(r, e).Mul(r, e); p.mechanism == "exponential" {
			r.Mul(r, big.NewRat(1, 4))
		}
		return r
	}
	return r.Quo(r, p.parameter).Quo(r, p.parameter)
}

// places returns a number of keys such that a mechanism for the whole reach at
// each of them is as bad as whatever one unit can do to all: where it cannot
// change all of its keys by the reach, keys are put together in groups of at most
// the reach, and of groups that cannot be joined further there are at most
// 2*T/R, rounded up.
func (p *part) places() (n int, grouped bool) {
	if p.total == 0 || p.total/p.reach >= int64(p.keys) {
		return p.keys, false
	}
	groups := p.total/p.reach*2 + (p.total%p.reach*2+p.reach-1)/p.reach
	if groups < int64(p.keys) {
		return int(groups), true
	}
	return p.keys, false
}

// addTo adds the part to a list of mechanisms. Where the losses of its numbers are
// not known better, a key stands as a mechanism that is (reach*levels/scale)-DP.
func (p *part) addTo(l *accounting.Losses) error {
	places, grouped := p.places()
	many := p.numbers > 1 || p.levels > 1 || grouped
	switch p.mechanism {
	case "discrete_laplace":
		switch {
		case !many:
			return l.AddLaplace(p.parameter, p.reach, places)
		case p.reach == 1: // every value changes one number on each level
			return l.AddLaplace(p.parameter, 1, p.values()*p.levels)
		}
		e := big.NewRat(p.reach*int64(p.levels), 1)
		return l.AddPure(e.Quo(e, p.parameter), places)
	case "discrete_gaussian":
		switch {
		case !many:
			return l.AddGaussian(p.parameter, p.reach, places)
		case p.reach == 1:
			return l.AddGaussian(p.parameter, 1, p.values()*p.levels)
		}
		square := p.square()
		return l.AddGaussianVector(p.parameter, square.Mul(square, big.NewInt(int64(p.levels))), p.keys*p.numbers*p.levels)
	case "permute_and_flip", "exponential":
		return l.AddPure(p.parameter, places*p.levels)
	}
	return accounting.BadParameters()
}

// values is how many keys one unit can change by 1.
func (p *part) values() int {
	if p.total > 0 && p.total < int64(p.keys) {
		return int(p.total)
	}
	return p.keys
}

// part is the selection without its delta: one choice of epsilon for each key or
// round, or Gaussian noise on a number that changes by 1.
func (s *SelectionFacts) part(l0 int) (part, error) {
	p := part{mechanism: "permute_and_flip", keys: l0, reach: 1, numbers: 1, levels: 1}
	text := s.Epsilon
	switch s.Mechanism {
	case "gaussian_threshold_selection":
		p.mechanism, text = "discrete_gaussian", s.Variance
	case "permute_and_flip_rounds":
		p.keys = s.Rounds
	case "optimal_partition_selection", "truncated_laplace_selection":
	default:
		return part{}, accounting.BadParameters()
	}
	var ok bool
	if p.parameter, ok = new(big.Rat).SetString(text); !ok {
		return part{}, accounting.BadParameters()
	}
	return p, nil
}
