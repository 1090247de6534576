package bill

import (
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Limits of a price.
const (
	MaxEpsilon = 1000 // largest epsilon or rho of one job
	MaxDelta   = 0.01
)

// Price is what a job declares to pay, and which noise that buys.
type Price struct {
	Amount   glovebox.Amount // Loss: billionths of epsilon, or of rho if InRho
	InRho    bool
	Gaussian bool   // noise is discrete Gaussian, else discrete Laplace
	Joint    *Joint // nil: each part's noise is made for its own loss
}

// Read checks a declared price. Delta is declared where keys are private, and only
// there. Errors name the field, such as "release.rho".
func Read(r glovebox.ReleaseDef, private bool) (p Price, err error) {
	if r.Method != "dp" {
		return p, glovebox.Invalid("release.method", "is not dp")
	}
	if (r.Epsilon != 0) == (r.Rho != 0) {
		return p, glovebox.Invalid("release", "takes exactly one of epsilon and rho").
			WithFix("epsilon for Laplace noise, rho for Gaussian noise")
	}
	value := r.Epsilon
	if p.InRho = r.Rho != 0; p.InRho {
		value = r.Rho
	}
	p.Gaussian = p.InRho
	if !(value > 0 && value <= MaxEpsilon) {
		return p, glovebox.Invalid(p.Field(), "is outside (0, %d]", MaxEpsilon)
	}
	if p.Amount.Loss, err = glovebox.CeilLoss(value); err != nil {
		return p, glovebox.Invalid(p.Field(), "is not a price").Because(err)
	}
	switch {
	case !private && r.Delta != 0:
		return p, glovebox.Invalid("release.delta", "buys nothing where all keys are public").WithFix("remove it")
	case private && !(r.Delta > 0 && r.Delta <= MaxDelta):
		return p, glovebox.Invalid("release.delta", "is outside (0, %g]", MaxDelta).
			WithFix("private keys need a delta, such as 1e-6, well below one over the number of units")
	}
	if p.Amount.Delta, err = glovebox.CeilDelta(r.Delta); err != nil {
		return p, glovebox.Invalid("release.delta", "is not a price").Because(err)
	}
	return p, nil
}

// Of is a price for a ledger of the given kind, in that ledger's noise; loss is in
// billionths.
func Of(kind glovebox.LedgerKind, loss int64) Price {
	rho := kind == glovebox.LedgerZCDP
	return Price{Amount: glovebox.Amount{Loss: loss}, InRho: rho, Gaussian: rho}
}

// Field is where the price is declared.
func (p *Price) Field() string {
	if p.InRho {
		return "release.rho"
	}
	return "release.epsilon"
}

// Divide shares the price out by weights, in billionths. What does not divide
// goes, one billionth each, to the first parts, so that all make up the price
// exactly. It fails where a part would get nothing.
func (p *Price) Divide(weights []int64) ([]int64, error) {
	total, rest := int64(0), p.Amount.Loss
	for _, w := range weights {
		total += w
	}
	parts := make([]int64, len(weights))
	for i, w := range weights { // at most 1e12 * 1000
		parts[i] = p.Amount.Loss * w / total
		rest -= parts[i]
	}
	for i := range parts {
		if int64(i) < rest {
			parts[i]++
		}
		if parts[i] == 0 {
			return nil, glovebox.Invalid(p.Field(), "is too small to be shared by %d noisy numbers", len(weights))
		}
	}
	return parts, nil
}

// Noise returns what a part of loss billionths buys for numbers of which one
// unit changes at most keys, each by at most reach.
func (p *Price) Noise(loss int64, keys int, reach int64) (mechanism.Sampler, error) {
	l1 := new(big.Int).Mul(big.NewInt(int64(keys)), big.NewInt(reach))
	return p.NoiseOf(loss, l1, new(big.Int).Mul(l1, big.NewInt(reach)), reach > 1<<16)
}

// NoiseOf returns what a part of loss billionths buys for numbers that one unit
// changes by at most l1 in the L1 norm, and by the root of square in the L2 norm.
// Round says that the numbers are so large that the next square of a whole number
// will do for the variance.
func (p *Price) NoiseOf(loss int64, l1, square *big.Int, round bool) (mechanism.Sampler, error) {
	if p.Joint != nil {
		return p.Joint.noise(loss, square)
	}
	n := big.NewInt(1e9)
	if p.Gaussian {
		v := new(big.Rat).SetFrac(n.Mul(n, square), big.NewInt(2*loss))
		if round {
			v = mechanism.SquareAbove(v)
		}
		return mechanism.NewGaussian(v)
	}
	scale := plantScale(new(big.Rat).SetFrac(n.Mul(n, l1), big.NewInt(loss)))
	if scale.Num().BitLen() >= 63 {
		scale = new(big.Rat).SetInt(mechanism.Divide(scale.Num(), scale.Denom(), true))
	}
	return mechanism.NewLaplace(scale)
}

// ChoiceEpsilon is what a part of loss billionths buys for one choice: epsilon
// itself, or, of rho, sqrt(2*rho) rounded down to a multiple of 2^-32, because
// epsilon-DP is (epsilon^2/2)-zCDP.
func (p *Price) ChoiceEpsilon(loss int64) *big.Rat {
	if !p.Gaussian {
		return big.NewRat(loss, 1e9)
	}
	x := new(big.Int).Lsh(big.NewInt(2*loss), 64)
	x.Sqrt(x.Quo(x, big.NewInt(1e9)))
	return new(big.Rat).SetFrac(x, new(big.Int).Lsh(big.NewInt(1), 32))
}

// Cost is what the price, as declared, takes from a ledger of the given kind.
//
//   - pure: epsilon and delta as declared. Gaussian noise has no pure price and
//     is refused.
//   - zcdp: rho and delta as declared; for epsilon, epsilon^2/2, rounded up, and
//     delta: (epsilon, delta)-DP is delta-approximately (epsilon^2/2)-zCDP (Bun
//     and Steinke 2016, section 8).
func (p *Price) Cost(kind glovebox.LedgerKind) (glovebox.Amount, error) {
	switch kind {
	case glovebox.LedgerPure:
		if p.InRho {
			return glovebox.Amount{}, glovebox.Invalid("release.rho", "a dataset whose ledger counts epsilon takes no Gaussian noise").
				WithFix("declare release.epsilon")
		}
		return p.Amount, nil
	case glovebox.LedgerZCDP:
		if p.InRho {
			return p.Amount, nil
		}
		sq := new(big.Int).Mul(big.NewInt(p.Amount.Loss), big.NewInt(p.Amount.Loss))
		return glovebox.Amount{Loss: mechanism.Divide(sq, big.NewInt(2e9), true).Int64(), Delta: p.Amount.Delta}, nil
	}
	return glovebox.Amount{}, glovebox.Errorf(glovebox.CodeInvalid, "a ledger counts pure or zcdp").WithFix("set the dataset's ledger.kind")
}
