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

// losses lists the mechanisms that facts tell of.
func (f *Facts) losses() (*Losses, error) {
	l := new(Losses)
	for i := range f.Noise {
		p, err := f.Noise[i].part(f.L0)
		if err != nil {
			return nil, err
		}
		if err := p.addTo(l); err != nil {
			return nil, err
		}
	}
	s := f.Selection
	if s == nil {
		return l, nil
	}
	delta, ok := new(big.Rat).SetString(s.Delta)
	if !ok {
		return nil, lossParameters()
	}
	epsilon := new(big.Rat)
	if s.Variance != "" {
		p := s.part(f.L0)
		if err := p.addTo(l); err != nil {
			return nil, err
		}
	} else if _, ok := epsilon.SetString(s.Epsilon); !ok {
		return nil, lossParameters()
	}
	return l, l.AddApproximate(epsilon, delta, f.L0)
}

// rho adds up what the mechanisms cost in zCDP.
func (f *Facts) rho() (*big.Rat, error) {
	rho := new(big.Rat)
	for i := range f.Noise {
		p, err := f.Noise[i].part(f.L0)
		if err != nil {
			return nil, err
		}
		rho.Add(rho, p.rho())
	}
	if f.Selection != nil {
		p := f.Selection.part(f.L0)
		rho.Add(rho, p.rho())
	}
	return rho, nil
}

// part is the selection without its delta: one choice of epsilon for each key, or
// Gaussian noise on a number that changes by 1.
func (s *SelectionFacts) part(l0 int) part {
	p := part{mechanism: "discrete_gaussian", keys: l0, reach: 1, numbers: 1, levels: 1}
	text := s.Variance
	if text == "" {
		p.mechanism, text = "permute_and_flip", s.Epsilon
	}
	p.parameter, _ = new(big.Rat).SetString(text) // written by RatString
	return p
}
