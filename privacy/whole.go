package privacy

import (
	"math"
	"math/big"

	"glovebox"
)

// Whole is what all mechanisms of one job cost together: readings beside the
// price, which no ledger decides by. Each is valid by itself.
type Whole struct {
	// Epsilon and Delta: the job is (Epsilon, Delta)-differentially private. Delta is
	// ten times the job's own, at least 1e-6; Epsilon an upper bound by the
	// composition of the mechanisms' losses (Losses), rounded up to a millionth.
	Epsilon float64 `json:"epsilon"`
	Delta   float64 `json:"delta"`
	// Rho is what the job costs on a ledger of kind zcdp, in billionths.
	Rho int64 `json:"rho"`
}

const (
	wholeDelta  = 1e-6
	wholeFactor = 10
)

// reckon computes the plan's Whole; nil if a mechanism's losses cannot be
// composed.
func (p *Plan) reckon() *Whole {
	f := p.facts()
	w := &Whole{Delta: math.Max(wholeDelta, wholeFactor*float64(f.Price.Delta)*glovebox.DeltaUnit)}
	rho, err := p.Cost(glovebox.LedgerZCDP)
	if err != nil {
		return nil
	}
	w.Rho = rho.Loss
	l, err := f.losses()
	if err != nil {
		return nil
	}
	if w.Epsilon, err = l.Epsilon(w.Delta); err != nil {
		return nil
	}
	if e, err := EpsilonAt(glovebox.LedgerZCDP, rho, w.Delta); err == nil {
		w.Epsilon = math.Min(w.Epsilon, e)
	}
	if !p.budget.gaussian {
		w.Epsilon = math.Min(w.Epsilon, float64(f.Price.Loss)*glovebox.LossUnit)
	}
	return w
}

// losses lists the mechanisms that facts tell of, once for each key that a unit
// touches.
func (f *Facts) losses() (*Losses, error) {
	l := new(Losses)
	for _, n := range f.Noise {
		parameter, ok := new(big.Rat).SetString(n.Parameter)
		if !ok {
			return nil, lossParameters()
		}
		var err error
		switch n.Mechanism {
		case "discrete_laplace":
			err = l.AddLaplace(parameter, n.Reach, f.L0)
		case "discrete_gaussian":
			err = l.AddGaussian(parameter, n.Reach, f.L0)
		default:
			err = lossParameters()
		}
		if err != nil {
			return nil, err
		}
	}
	if f.Selection == nil {
		return l, nil
	}
	each, ok := new(big.Rat).SetString(f.Selection.Delta)
	if !ok {
		return nil, lossParameters()
	}
	epsilon := new(big.Rat)
	if f.Selection.Variance != "" {
		variance, ok := new(big.Rat).SetString(f.Selection.Variance)
		if !ok {
			return nil, lossParameters()
		}
		if err := l.AddGaussian(variance, 1, f.L0); err != nil {
			return nil, err
		}
	} else if _, ok := epsilon.SetString(f.Selection.Epsilon); !ok {
		return nil, lossParameters()
	}
	return l, l.AddApproximate(epsilon, each, f.L0)
}
