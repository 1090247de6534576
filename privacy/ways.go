package privacy

import (
	"math"
	"slices"
)

// best returns the plan with its price spent in the way that makes noise smallest.
func (p *Plan) best(selects string) (*Plan, error) {
	best, err := p.spent(selects, false, false)
	if p.jointly() {
		if q, e := p.spent(selects, true, false); e == nil && (err != nil || q.spread() < best.spread()) {
			best, err = q, nil
		}
	}
	if p.top != nil && p.private && (selects == "" || selects == OwnShare) {
		if q, e := p.spent(selects, false, true); e == nil && (err != nil || q.spread() <= best.spread()-math.Ln2) {
			best, err = q, nil
		}
	}
	return best, err
}

// way tells apart what the same price can be spent on.
func (p *Plan) way() (w struct {
	by            int
	joint, rounds bool
}) {
	w.by, w.joint, w.rounds = byShare, p.budget.joint != nil, p.inRounds()
	if p.budget.by != nil {
		w.by = p.budget.by.by
	}
	return w
}

// spent returns the plan with its price spent in one way, but for a selection of
// its own that its share pays for.
func (p *Plan) spent(selects string, joint, rounds bool) (*Plan, error) {
	q := *p
	q.grids = slices.Clone(p.grids)
	q.bins = slices.Clone(p.bins)
	q.budget = budget{gaussian: p.budget.inRho, inRho: p.budget.inRho, price: p.budget.price}
	if rounds {
		t := *p.top
		t.rounds, q.top, q.shown = true, &t, t.k
	}
	q.layQuantiles(joint)
	if joint {
		if err := q.addJoint(); err != nil {
			return nil, err
		}
	}
	return &q, q.spend(selects)
}
