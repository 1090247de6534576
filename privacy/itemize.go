package privacy

import (
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Facts returns how the job's table will be made.
func (p *Plan) Facts() Facts {
	f := p.bill.Facts()
	for i := range p.metrics {
		p.metrics[i].errors(p, &p.metrics[i], f.Errors)
	}
	f.Whole = p.whole()
	return f
}

// Cost is what the job takes from a ledger of the given kind: see bill.Bill.
func (p *Plan) Cost(kind glovebox.LedgerKind) (glovebox.Amount, error) { return p.bill.Cost(kind) }

// itemize writes the bill: a part for each noisy number or choice, in the order in
// which the price was shared out.
func (p *Plan) itemize() bill.Bill {
	b := &p.budget
	all := bill.Bill{Price: b.Price, L0: p.l0, Selection: p.selection()}
	if b.units != nil {
		n := bill.Part{Of: "units", Step: "1", Keys: p.shown, Reach: 1, Loss: b.unitLoss}
		n.Law, n.Parameter = b.units.Law()
		all.Noise = append(all.Noise, n)
	}
	for j := range p.grids {
		g := &p.grids[j]
		n := bill.Part{Of: g.of, Step: g.String(), Keys: p.shown, Reach: g.norm(b.Gaussian), Loss: b.sumLoss[j]}
		if g.cells > 1 {
			n.Numbers = g.cells
		}
		if g.most > 0 {
			n.Total = g.total(p.l0)
		}
		n.Law, n.Parameter = b.sums[j].Law()
		all.Noise = append(all.Noise, n)
	}
	for j := range p.bins {
		all.Noise = append(all.Noise, p.binPart(j))
	}
	return all
}

// selection says how private keys are selected; nil if keys are public.
func (p *Plan) selection() *bill.Selection {
	b := &p.budget
	switch t := p.top; {
	case b.keys != nil:
		return bill.SelectionOf(b.keys, b.keyLoss)
	case b.by != nil:
		return b.by.Selection(b.by.of)
	case t != nil && t.rounds:
		return &bill.Selection{
			Law: bill.ChoiceRounds, Epsilon: t.epsilon, Delta: new(big.Rat).SetFrac64(b.Amount.Delta, 1e15), Loss: b.keyLoss,
			Rounds: t.k, By: p.metrics[t.metric].Name, Threshold: new(big.Int).Lsh(big.NewInt(t.threshold), t.shift),
		}
	}
	return nil
}

// binPart says how the values of set j get their noise, or are chosen among.
func (p *Plan) binPart(j int) bill.Part {
	b, m := &p.bins[j], &p.budget.bins[j]
	n := bill.Part{Of: p.metrics[b.metric].Name, Step: "1", Keys: p.shown, Reach: int64(p.perKey), Numbers: b.n, Loss: p.budget.binLoss[j]}
	if p.scarce {
		n.Total = int64(p.maxRecords)
	}
	switch {
	case m.epsilon != nil:
		n.Law, n.Parameter = mechanism.PermuteAndFlip, m.epsilon
		if m.exponential {
			n.Law = mechanism.Exponential
		}
		if m.levels > 1 {
			n.Levels = m.levels
		}
		return n
	case m.tree != nil:
		n.Levels, n.Numbers = m.tree.Height(), m.tree.Leaves()
	case b.marks():
		n.Numbers = 0
	}
	n.Law, n.Parameter = m.noise.Law()
	return n
}
