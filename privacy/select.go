package privacy

import (
	"fmt"
	"math"
	"math/big"

	"glovebox.example/glovebox/privacy/mechanism"
)

// selection makes the selection of private keys from its part of the budget:
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
//     delta/(2*L0); see jointNoise.
func (b *budget) selection(l0 int) error {
	if b.joint != nil {
		g, err := b.joint.noise(b.keyLoss, big.NewInt(int64(l0)))
		if err != nil {
			return err
		}
		b.keys, err = mechanism.NewGaussianSelection(g.Variance(), new(big.Rat).Quo(b.threshold(), big.NewRat(int64(l0), 1)))
		return err
	}
	eps, each, gauss := b.selections(b.keyLoss, l0)
	if gauss != nil && float64(gauss.Even()) < 0.9*mechanism.EvenOptimal(eps, each)-2 {
		b.keys = gauss // without the other's table, which would be long
		return nil
	}
	var err error
	if b.keys, err = mechanism.NewSelection(eps, each); err != nil {
		return fmt.Errorf("selection of private keys: %w", err)
	}
	if gauss != nil && gauss.Even() < b.keys.Even() {
		b.keys = gauss
	}
	return nil
}

// selections returns what a part of loss billionths buys: epsilon and delta of one
// key for the optimal selection, and the selection by Gaussian noise or nil.
func (b *budget) selections(loss int64, l0 int) (eps, each *big.Rat, gauss *mechanism.Selection) {
	keys := big.NewRat(int64(l0), 1)
	part := big.NewRat(loss, 1e9)
	delta := new(big.Rat).SetFrac(big.NewInt(b.price.Delta), big.NewInt(1e15))
	eps = new(big.Rat).Quo(part, keys)
	if b.gaussian { // sqrt(2*rho/L0), rounded down to a multiple of 2^-32
		x := new(big.Int).Lsh(big.NewInt(2*loss), 64)
		x.Sqrt(x.Quo(x, big.NewInt(int64(l0)*1e9)))
		eps = new(big.Rat).SetFrac(x, new(big.Int).Lsh(big.NewInt(1), 32))
	}
	return eps, new(big.Rat).Quo(delta, keys), b.thresholdSelection(l0, part, delta)
}

// evenOwn is about the number of units from which on a selection of that part
// keeps a key at least every other time.
func (b *budget) evenOwn(loss int64, l0 int) float64 {
	eps, each, gauss := b.selections(loss, l0)
	even := mechanism.EvenOptimal(eps, each)
	if gauss != nil {
		even = math.Min(even, float64(gauss.Even()))
	}
	return even
}

// thresholdSelection makes the selection by Gaussian noise; nil if its parameters
// are out of range, or if it cannot be the better one.
func (b *budget) thresholdSelection(l0 int, part, delta *big.Rat) *mechanism.Selection {
	keys := big.NewRat(int64(l0), 1)
	variance := new(big.Rat).Quo(keys, new(big.Rat).Add(part, part))
	if !b.gaussian {
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

// factsOf says what a selection that has a part of the price of its own does.
func factsOf(s *mechanism.Selection, loss int64) *SelectionFacts {
	f := &SelectionFacts{
		Mechanism: s.Mechanism(), Delta: s.Delta().RatString(), Even: s.Even(), Always: s.Always(), Loss: loss,
	}
	if v := s.Variance(); v != nil {
		f.Variance = v.RatString()
	} else {
		f.Epsilon = s.Epsilon().RatString()
	}
	return f
}
