package bill

import (
	"math"
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Bill is everything that a job's price is spent on. It follows from the
// declaration alone.
type Bill struct {
	Price     Price
	L0        int // keys that one unit can touch
	Noise     []Part
	Selection *Selection // nil: public keys
	Rounds    int        // the Noise is that of each round; 0: there is one
}

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

// Cost is what the job takes from a ledger of the given kind: the price as
// declared, in rho the sum of what the parts cost (see Part.Rho), rounded up, where
// that is known and less than epsilon^2/2.
func (b *Bill) Cost(kind glovebox.LedgerKind) (glovebox.Amount, error) {
	a, err := b.Price.Cost(kind)
	if err != nil || kind != glovebox.LedgerZCDP || b.Price.InRho {
		return a, err
	}
	parts, err := b.Parts()
	if err != nil {
		return a, nil
	}
	rho := new(big.Rat)
	for i := range parts {
		rho.Add(rho, parts[i].Rho())
	}
	rho.Mul(rho, big.NewRat(1e9, 1))
	if n := mechanism.Divide(rho.Num(), rho.Denom(), true); n.IsInt64() {
		a.Loss = min(a.Loss, n.Int64())
	}
	return a, nil
}

// Parts lists what the price is spent on: an error if a part is of a kind that is
// not known here, or if they do not make up the price, but for what does not
// divide among rounds.
func (b *Bill) Parts() ([]Part, error) {
	all := make([]Part, 0, len(b.Noise)+1)
	for i := range b.Noise {
		if err := b.Noise[i].check(); err != nil {
			return nil, err
		}
		all = append(all, b.Noise[i])
	}
	if b.Selection != nil && b.Selection.Law != ReleasedThreshold { // which costs delta alone
		p, err := b.Selection.part(b.L0)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	rounds, left := int64(max(1, b.Rounds)), b.Price.Amount.Loss
	for i := range all {
		left -= rounds * all[i].Loss
	}
	if left < 0 || left >= rounds {
		return nil, accounting.BadParameters()
	}
	return all, nil
}

// Losses lists the mechanisms of all parts. Of several rounds it is the same ones
// once for each: that a round asks what the one before decided changes nothing,
// since whatever is asked is bounded in the same way, and of such mechanisms
// losses compose (Zhu, Dong and Wang 2022).
func (b *Bill) Losses() (*accounting.Losses, error) {
	parts, err := b.Parts()
	if err != nil {
		return nil, err
	}
	l := new(accounting.Losses)
	for range max(1, b.Rounds) {
		for i := range parts {
			if err := parts[i].AddTo(l); err != nil {
				return nil, err
			}
		}
	}
	switch s := b.Selection; {
	case s == nil:
		return l, nil
	case s.Rounds > 0: // one delta for all of them
		return l, l.AddApproximate(new(big.Rat), s.Delta, 1)
	default:
		return l, l.AddApproximate(new(big.Rat), s.Delta, b.L0)
	}
}

// Whole computes the readings of the job; nil if a mechanism's losses cannot be
// composed.
func (b *Bill) Whole() *Whole {
	l, err := b.Losses()
	if err != nil {
		return nil
	}
	return b.Read(l)
}

// Read computes the readings from what the job costs in rho and, if it is not nil,
// a list of its mechanisms.
func (b *Bill) Read(l *accounting.Losses) *Whole {
	rho, err := b.Cost(glovebox.LedgerZCDP)
	if err != nil {
		return nil
	}
	w := &Whole{Delta: math.Max(wholeDelta, wholeFactor*float64(rho.Delta)*glovebox.DeltaUnit), Rho: rho.Loss}
	if w.Epsilon, err = accounting.EpsilonAt(glovebox.LedgerZCDP, rho, w.Delta); err != nil {
		return nil
	}
	if l != nil {
		e, err := l.Epsilon(w.Delta)
		if err != nil {
			return nil
		}
		w.Epsilon = math.Min(w.Epsilon, e)
	}
	if !b.Price.InRho {
		w.Epsilon = math.Min(w.Epsilon, float64(b.Price.Amount.Loss)*glovebox.LossUnit)
	}
	return w
}
