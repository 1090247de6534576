package mechanism

import (
	"math"
	"math/big"

	"glovebox.example/glovebox"
)

// maxTailsVariance bounds the variance for which a threshold is read off the
// discrete Gaussian's own tails, and not off the bound for large ones.
const maxTailsVariance = 1 << 12

// gaussianThreshold selects keys by a noisy number of units above a threshold.
type gaussianThreshold struct {
	*Gaussian
	threshold uint64
}

// NewGaussianSelection makes a selection that keeps a key of n >= 1 units if
// n+Y exceeds a threshold, with Y discrete Gaussian of the given variance
// parameter. The threshold is the smallest number T, up to a little for large
// variances, that a single unit exceeds with a probability P(Y >= T) of at most
// delta for sure.
//
// Where one unit can touch L0 keys, the noisy numbers of those that others have,
// too, are (L0/(2*variance))-zCDP, and a key that it alone has shows with
// probability delta at most: all keys together are (L0*delta)-approximately
// (L0/(2*variance))-zCDP; with the variance of CalibrateGaussian(epsilon, d, L0,
// L0), (epsilon, d+L0*delta)-differentially private. The price grows with the
// root of L0, where that of NewSelection grows with L0, so this is the better
// choice where a unit touches several keys, and wherever the budget counts rho.
// It is the thresholding of Wilson, Zhang, Lam, Desfontaines, Simmons-Marengo and
// Gipson, "Differentially Private SQL with Bounded User Contribution" (2020),
// with Gaussian noise (Swanberg, Desfontaines and Haney, "DP-SIPS: A Simpler,
// More Scalable Mechanism for Differentially Private Partition Selection", 2023),
// drawn and bounded in integers.
//
// Delta is in [2^-64, 1/2]. There is no number of units with which a key is kept
// for sure; Always is 0.
func NewGaussianSelection(variance, delta *big.Rat) (*Selection, error) {
	g, err := NewGaussian(variance)
	if err != nil {
		return nil, err
	}
	least := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 64))
	if delta == nil || delta.Cmp(least) < 0 || delta.Cmp(big.NewRat(1, 2)) > 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the delta of a selection is outside [2^-64, 1/2]")
	}
	if variance.Cmp(new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 100))) > 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the variance of a selection is above 2^100")
	}
	t := &gaussianThreshold{Gaussian: g, threshold: GaussianTail(variance, delta).Uint64()} // below 2^54
	return &Selection{delta: new(big.Rat).Set(delta), gauss: t}, nil
}

// rootRat returns a number a little above the root of x, x >= 1.
func rootRat(x *big.Rat) *big.Rat {
	n := new(big.Int).Sqrt(Divide(new(big.Int).Lsh(x.Num(), 64), x.Denom(), true))
	return new(big.Rat).SetFrac(n.Add(n, big.NewInt(1)), new(big.Int).Lsh(big.NewInt(1), 32))
}

// keep decides about a key of n units.
func (t *gaussianThreshold) keep(n uint64, src *Source) bool {
	if n == 0 {
		return false
	}
	y := t.Draw(src)
	return y.Add(Int128{Lo: n}).Cmp(Int128{Lo: t.threshold}) > 0
}

// probability returns P(n + Y > threshold), in floats.
func (t *gaussianThreshold) probability(n uint64) float64 {
	if n == 0 {
		return 0
	}
	m := float64(t.threshold) + 1 - float64(n) // Y >= m
	if t.sigma > 64 {
		return math.Erfc((m-0.5)/(t.sigma*math.Sqrt2)) / 2
	}
	total, tail := 0.0, 0.0
	for last, y := math.Ceil(40*t.sigma), -math.Ceil(40*t.sigma); y <= last; y++ {
		w := math.Exp(-y * y / (2 * t.sigma * t.sigma))
		if total += w; y >= m {
			tail += w
		}
	}
	return tail / total
}
