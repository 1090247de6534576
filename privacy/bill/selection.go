package bill

import (
	"fmt"
	"math"
	"math/big"

	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Laws of selections that this package knows beside those of package mechanism.
const (
	ReleasedThreshold mechanism.Law = "released_number_threshold"
	ChoiceRounds      mechanism.Law = "permute_and_flip_rounds"
)

// Selection is how private keys are selected. SelectionFacts say what each field
// means.
type Selection struct {
	Law          mechanism.Law
	Epsilon      *big.Rat // nil: Gaussian noise, or a released number
	Variance     *big.Rat // nil: no Gaussian noise
	Delta        *big.Rat
	Even, Always uint64
	Loss         int64
	Rounds       int
	By           string
	Threshold    *big.Int // nil: none
}

// SelectionOf is a selection that has a part of the price of its own.
func SelectionOf(s *mechanism.Selection, loss int64) *Selection {
	return &Selection{Law: s.Law(), Epsilon: s.Epsilon(), Variance: s.Variance(), Delta: s.Delta(), Even: s.Even(), Always: s.Always(), Loss: loss}
}

// part is the selection without its delta: one choice of epsilon for each key or
// round, or Gaussian noise on a number that changes by 1.
func (s *Selection) part(l0 int) (Part, error) {
	p := Part{Law: mechanism.PermuteAndFlip, Parameter: s.Epsilon, Keys: l0, Reach: 1, Loss: s.Loss}
	switch s.Law {
	case mechanism.GaussianSelection:
		p.Law, p.Parameter = mechanism.DiscreteGaussian, s.Variance
	case ChoiceRounds:
		p.Keys = s.Rounds
	case mechanism.OptimalSelection, mechanism.TruncatedSelection:
	default:
		return Part{}, accounting.BadParameters()
	}
	return p, p.check()
}

// Select makes the selection of private keys from its part of the price:
// of the two kinds the one that shows a key from fewer units on. Which one that
// is follows from the declaration.
//
//   - Laplace, part epsilon: the optimal selection with epsilon/L0 and delta/L0
//     for each key; or Gaussian noise that is (epsilon, delta/2)-DP for all keys
//     together and a threshold that a single unit exceeds with a probability of
//     delta/(2*L0), together (epsilon, delta)-DP.
//   - Gaussian, part rho: the optimal selection of a key, (epsilon', delta')-DP,
//     is delta'-approximately (epsilon'^2/2)-zCDP (Bun and Steinke 2016, section
//     8), and these add up over keys, so epsilon' = sqrt(2*rho/L0), rounded down,
//     and delta' = delta/L0; or Gaussian noise of variance L0/(2*rho) and a
//     threshold that a single unit exceeds with a probability of delta/L0.
//   - Gaussian noise on all numbers of the job, part of a whole: the noise of one
//     number more, and a threshold that a single unit exceeds with a probability of
//     delta/(2*L0); see Joint.
func (p *Price) Select(loss int64, l0 int) (*mechanism.Selection, error) {
	if p.Joint != nil {
		g, err := p.Joint.noise(loss, big.NewInt(int64(l0)))
		if err != nil {
			return nil, err
		}
		return mechanism.NewGaussianSelection(g.Variance(), new(big.Rat).Quo(p.LoneKeys(), big.NewRat(int64(l0), 1)))
	}
	eps, each, gauss := p.selections(loss, l0)
	if gauss != nil && float64(gauss.Even()) < 0.9*mechanism.EvenOptimal(eps, each)-2 {
		return gauss, nil // without the other's table, which would be long
	}
	s, err := mechanism.NewSelection(eps, each)
	if err != nil {
		return nil, fmt.Errorf("selection of private keys: %w", err)
	}
	if gauss != nil && gauss.Even() < s.Even() {
		return gauss, nil
	}
	return s, nil
}

// selections returns what a part of loss billionths buys: epsilon and delta of one
// key for the optimal selection, and the selection by Gaussian noise or nil.
func (p *Price) selections(loss int64, l0 int) (eps, each *big.Rat, gauss *mechanism.Selection) {
	keys := big.NewRat(int64(l0), 1)
	part := big.NewRat(loss, 1e9)
	delta := new(big.Rat).SetFrac(big.NewInt(p.Amount.Delta), big.NewInt(1e15))
	eps = new(big.Rat).Quo(part, keys)
	if p.Gaussian { // sqrt(2*rho/L0), rounded down to a multiple of 2^-32
		x := new(big.Int).Lsh(big.NewInt(2*loss), 64)
		x.Sqrt(x.Quo(x, big.NewInt(int64(l0)*1e9)))
		eps = new(big.Rat).SetFrac(x, new(big.Int).Lsh(big.NewInt(1), 32))
	}
	return eps, new(big.Rat).Quo(delta, keys), p.thresholdSelection(l0, part, delta)
}

// EvenOwn is about the number of units from which on a selection of that part
// keeps a key at least every other time.
func (p *Price) EvenOwn(loss int64, l0 int) float64 {
	eps, each, gauss := p.selections(loss, l0)
	even := mechanism.EvenOptimal(eps, each)
	if gauss != nil {
		even = math.Min(even, float64(gauss.Even()))
	}
	return even
}

// thresholdSelection makes the selection by Gaussian noise; nil if its parameters
// are out of range, or if it cannot be the better one.
func (p *Price) thresholdSelection(l0 int, part, delta *big.Rat) *mechanism.Selection {
	keys := big.NewRat(int64(l0), 1)
	variance := new(big.Rat).Quo(keys, new(big.Rat).Add(part, part))
	if !p.Gaussian {
		if l0 == 1 {
			return nil // the optimal selection is what its name says
		}
		delta = new(big.Rat).Mul(delta, big.NewRat(1, 2))
		g, err := mechanism.CalibrateGaussian(part, delta, big.NewInt(int64(l0)), l0)
		if err != nil {
			return nil
		}
		variance = g.Variance()
	}
	s, err := mechanism.NewGaussianSelection(variance, new(big.Rat).Quo(delta, keys))
	if err != nil {
		return nil
	}
	return s
}
