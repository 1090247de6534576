package privacy

import (
	"strings"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
)

// TrainPlan is the declaration of a job of mode train, checked and priced. Each
// round is a job of one vector over all units, with its own noise; its answer
// decides, by code that sees no data, what the next round asks. That is what
// composition is about: rounds of rho each, however they depend on one another,
// are (rounds*rho)-zCDP together (Bun and Steinke 2016, lemma 2.3), and what is
// computed of the answers alone costs nothing.
//
// It is public and never changes.
type TrainPlan struct {
	round *Plan
	bill  bill.Bill
	whole func() *Whole
}

// NewTrainPlan checks what a job of mode train declares and prices it. Metric
// names the vector. The price is divided equally, in billionths of rho, among
// the rounds; what does not divide is paid and buys nothing. Errors are like
// those of NewPlan.
func NewTrainPlan(t glovebox.Train, metric string, rel glovebox.ReleaseDef) (*TrainPlan, error) {
	switch {
	case t.Rounds < 1 || t.Rounds > glovebox.MaxRounds:
		return nil, glovebox.Invalid("train.rounds", "%d is outside 1..%d", t.Rounds, glovebox.MaxRounds)
	case t.State < 1 || t.State > glovebox.MaxState:
		return nil, glovebox.Invalid("train.state", "%d is outside 1..%d", t.State, glovebox.MaxState)
	case len(t.Init) > 0 && len(t.Init) != t.State:
		return nil, glovebox.Invalid("train.init", "has %d numbers, the state has %d", len(t.Init), t.State)
	case rel.Epsilon != 0:
		return nil, glovebox.Invalid("release.epsilon", "mode train adds discrete Gaussian noise; its price is rho").WithFix("declare release.rho")
	}
	for _, v := range t.Init {
		if v-v != 0 {
			return nil, glovebox.Invalid("train.init", "holds what is no finite number")
		}
	}
	whole, err := bill.Read(rel, false)
	if err != nil {
		return nil, err
	}
	share := plantRound(whole.Amount.Loss/int64(t.Rounds), whole.Amount.Loss)
	if share == 0 {
		return nil, glovebox.Invalid("release.rho", "is too small to be shared by %d rounds", t.Rounds)
	}
	one := rel
	one.Rho = float64(share) / 1e9 // nine decimal places, which a float64 keeps
	plan, err := NewPlan(glovebox.Output{MaxKeysPerUnit: 1, Metrics: []glovebox.Metric{{Name: metric, Kind: glovebox.Vector, Size: t.Size, Clip: t.Clip}}}, one, nil)
	if err != nil {
		return nil, inTrain(err)
	}
	if plan.budget.Amount.Loss != share {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a round costs another part of the price than its own")
	}
	p := &TrainPlan{round: plan, bill: plan.bill}
	p.bill.Price, p.bill.Rounds = whole, t.Rounds
	p.whole = sync.OnceValue(p.bill.Whole)
	return p, nil
}

// inTrain makes the field of an error, such as output.metrics.NAME.clip, one of
// train.
func inTrain(err error) error {
	if e, ok := err.(*glovebox.Error); ok {
		if field := e.Field[strings.LastIndexByte(e.Field, '.')+1:]; field == "size" || field == "clip" {
			e.Field = "train." + field
		}
	}
	return err
}

// Rounds is the number of rounds.
func (p *TrainPlan) Rounds() int { return p.bill.Rounds }

// Round is the plan of each round.
func (p *TrainPlan) Round() *Plan { return p.round }

// Cost is what the whole job takes from a ledger of the given kind.
func (p *TrainPlan) Cost(kind glovebox.LedgerKind) (glovebox.Amount, error) { return p.bill.Cost(kind) }

// Facts returns how the rounds are made: those of one round, with the price and
// the readings of all.
func (p *TrainPlan) Facts() Facts {
	f := p.bill.Facts()
	f.Errors, f.Whole = p.round.Facts().Errors, p.whole()
	return f
}
