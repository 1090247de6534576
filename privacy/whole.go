package privacy

import (
	"errors"
	"math"
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/accounting"
)

// Whole is what all mechanisms of one job cost together: readings beside the
// price, which no ledger decides by. Each is valid by itself.
type Whole struct {
	// Epsilon and Delta: the job is (Epsilon, Delta)-differentially private. Delta is
	// ten times the job's own, at least 1e-6; Epsilon an upper bound by the
	// composition of the mechanisms' losses (accounting.Losses) or of their rho, whichever is
	// less, rounded up to a millionth. Of one unit, not of a group of them.
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
	l, err := f.losses()
	if err != nil {
		return nil
	}
	w := readings(p.Cost, l)
	if w == nil {
		return nil
	}
	if !p.budget.inRho {
		w.Epsilon = math.Min(w.Epsilon, float64(f.Price.Loss)*glovebox.LossUnit)
	}
	return w
}

// reckon is that of a job of mode train: the same mechanism once for each round.
// That a round asks what the one before decided changes nothing: whatever is
// asked is bounded in the same way, and of such mechanisms losses compose (Zhu,
// Dong and Wang 2022).
func (p *TrainPlan) reckon() *Whole {
	f, l := p.round.facts(), new(accounting.Losses)
	parts, err := f.parts()
	for range p.rounds {
		for i := range parts {
			err = errors.Join(err, parts[i].addTo(l))
		}
	}
	if err != nil {
		return nil
	}
	return readings(p.Cost, l)
}

// reckon is that of a job of mode blocks: every step is a mechanism for one
// replaced output. Where one cannot be composed, rho alone is read.
func (p *BlockPlan) reckon() *Whole {
	l := new(accounting.Losses)
	for i := range p.metrics {
		if p.metrics[i].addTo(l) != nil {
			l = nil
			break
		}
	}
	w := readings(p.Cost, l)
	if w != nil && !p.budget.gaussian {
		w.Epsilon = math.Min(w.Epsilon, float64(p.budget.price.Loss)*glovebox.LossUnit)
	}
	return w
}

// addTo adds the metric's steps to a list of mechanisms. The width of a
// winsorised mean's clamp is not known before: its noise is that of its step
// times a factor, for a change by as much. With Laplace noise that is
// (1/parameter)-DP for any factor; with Gaussian, continuous noise bounds it that
// is the wider the larger the factor is (see mechanism.CalibrateGaussian), so that a factor
// of 1 is the worst.
func (c *blockMetric) addTo(l *accounting.Losses) error {
	for _, s := range c.steps {
		x, ok := new(big.Rat).SetString(s.Parameter)
		if !ok {
			return accounting.BadParameters()
		}
		var err error
		switch winsor, width := c.Combine == glovebox.Winsor, int64(c.points-1); {
		case s.Mechanism == "permute_and_flip":
			err = l.AddPure(x, 1)
		case s.Mechanism == "discrete_laplace" && winsor:
			err = l.AddPure(x.Inv(x), 1)
		case s.Mechanism == "discrete_laplace":
			err = l.AddLaplace(x, width, 1)
		case winsor:
			err = l.AddGaussianVector(x, big.NewInt(1), 1)
		default:
			err = l.AddGaussian(x, width, 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readings are what the rho of a price and, if it is not nil, a list of its
// mechanisms mean.
func readings(cost func(glovebox.LedgerKind) (glovebox.Amount, error), l *accounting.Losses) *Whole {
	rho, err := cost(glovebox.LedgerZCDP)
	if err != nil {
		return nil
	}
	w := &Whole{Delta: math.Max(wholeDelta, wholeFactor*float64(rho.Delta)*glovebox.DeltaUnit), Rho: rho.Loss}
	if w.Epsilon, err = accounting.EpsilonAt(glovebox.LedgerZCDP, rho, w.Delta); err != nil {
		return nil
	}
	if l == nil {
		return w
	}
	e, err := l.Epsilon(w.Delta)
	if err != nil {
		return nil
	}
	w.Epsilon = math.Min(w.Epsilon, e)
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
		return nil, accounting.BadParameters()
	}
	return all, nil
}

// losses lists the mechanisms of all parts.
func (f *Facts) losses() (*accounting.Losses, error) {
	parts, err := f.parts()
	if err != nil {
		return nil, err
	}
	l := new(accounting.Losses)
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
		return nil, accounting.BadParameters()
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
