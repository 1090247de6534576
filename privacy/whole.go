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
	if !p.budget.inRho {
		w.Epsilon = math.Min(w.Epsilon, float64(f.Price.Loss)*glovebox.LossUnit)
	}
	return w
}

// parts lists the parts that facts tell of: an error if one is of a kind that is
// not known here, or if they do not make up the price.
func (f *Facts) parts() ([]part, error) {
	var all []part
	left := f.Price.Loss
	for i := range f.Noise {
		p, err := f.Noise[i].part(f.shown())
		if err != nil {
			return nil, err
		}
		all, left = append(all, p), left-f.Noise[i].Loss
	}
	if f.Selection != nil && f.Selection.Mechanism != releasedMechanism { // which costs delta alone
		p, err := f.Selection.part(f.L0)
		if err != nil {
			return nil, err
		}
		all, left = append(all, p), left-f.Selection.Loss
	}
	if left != 0 {
		return nil, lossParameters()
	}
	return all, nil
}

// losses lists the mechanisms of all parts.
func (f *Facts) losses() (*Losses, error) {
	parts, err := f.parts()
	if err != nil {
		return nil, err
	}
	l := new(Losses)
	for i := range parts {
		if err := parts[i].addTo(l); err != nil {
			return nil, err
		}
	}
	if f.Selection == nil {
		return l, nil
	}
	delta, ok := new(big.Rat).SetString(f.Selection.Delta)
	if !ok {
		return nil, lossParameters()
	}
	if f.Selection.Rounds > 0 { // one delta for all of them
		return l, l.AddApproximate(new(big.Rat), delta, 1)
	}
	return l, l.AddApproximate(new(big.Rat), delta, f.L0)
}

// shown is in the figures of how many keys one unit has a part, at most.
func (f *Facts) shown() int {
	if f.Selection != nil && f.Selection.Rounds > 0 {
		return min(f.L0, f.Selection.Rounds)
	}
	return f.L0
}

// rho adds up what the parts cost in zCDP.
func (f *Facts) rho() (*big.Rat, error) {
	parts, err := f.parts()
	if err != nil {
		return nil, err
	}
	rho := new(big.Rat)
	for i := range parts {
		rho.Add(rho, parts[i].rho())
	}
	return rho, nil
}
