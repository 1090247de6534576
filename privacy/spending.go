package privacy

import (
	"math"
	"math/big"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/mechanism"
)

// budget is how a job's price is shared out and what it buys.
type budget struct {
	bill.Price
	units    mechanism.Sampler // noise of the number of units; nil: not needed
	unitLoss int64
	sums     []mechanism.Sampler // noise of each grid's sum
	sumLoss  []int64
	bins     []binMechanism
	binLoss  []int64
	by       *keyThreshold        // nil: no number that is released selects keys
	keys     *mechanism.Selection // nil: public keys, or by, or the rounds of a top select
	keyLoss  int64
}

// addBudget checks the price and shares it out: in billionths, in parts by
// weight, among the number of units (if a metric needs it), every grid's sums,
// the bins of every metric that counts values, and the selection of private
// keys, unless one of those numbers selects them (keyThreshold).
// Weights are those of the metrics, the largest of those that need it for the
// number of units, and 1 for the selection. What does not divide goes, one
// billionth each, to the first of them, so that the parts make up the price
// exactly.
//
// One unit touches at most L0 keys, so each part is a composition over L0 keys:
//
//   - Laplace, part epsilon: the vector over keys changes by at most L0*D in
//     the L1 norm (D: most that one key's number changes), scale L0*D/epsilon.
//     Selection: epsilon/L0 and delta/L0 per key, or by Gaussian noise.
//   - Gaussian, part rho: the vector changes by at most sqrt(L0)*D in the L2
//     norm, variance L0*D^2/(2*rho). Selection: by Gaussian noise, too.
//   - With a top of k private keys that is chosen in rounds, one unit has a part in the figures of k
//     keys at most, which takes the place of L0; see top for the selection.
//   - Values in bins: one unit has R of them at most for one key and T over all,
//     which takes the places of L0*D and of L0*D^2: see Plan.change.
//   - Gaussian, the price epsilon and delta: see bill.Joint.
//
// Where the price allows both kinds of noise, figures get the smaller one, on
// average; and a top is chosen in rounds where that makes it half as large again.
func (p *Plan) addBudget(r glovebox.ReleaseDef, selects string) error {
	var err error
	if p.budget.Price, err = bill.Read(r, p.private); err != nil {
		return err
	}
	best, err := p.best(selects)
	if err != nil {
		return err
	}
	if selects != "" {
		if plain, e := p.best(""); e == nil && plain.way() == best.way() {
			selects = ""
		}
	}
	p.grids, p.top, p.shown, p.budget, p.selects = best.grids, best.top, best.shown, best.budget, selects
	p.bins, p.slots = best.bins, best.slots
	p.markRanks()
	if b := &p.budget; p.private && b.by == nil && !p.inRounds() {
		b.keys, err = b.Select(b.keyLoss, p.l0)
	}
	return err
}

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
	w.by, w.joint, w.rounds = byShare, p.budget.Joint != nil, p.inRounds()
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
	q.budget = budget{Price: p.budget.Price}
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

// jointly says whether the price of the job may be spent on Gaussian noise
// together: it has a delta, and no part is a choice, which is no noise.
func (p *Plan) jointly() bool {
	if !p.private || p.budget.InRho {
		return false
	}
	return !slices.ContainsFunc(p.bins, func(b binSet) bool { return len(b.parts) == 1 })
}

// addJoint makes all noise of the plan Gaussian.
func (p *Plan) addJoint() error {
	numbers := int64(p.l0) * int64(2+p.cells) // of units, sums, and a selection
	for i := range p.bins {
		// Each value of a unit changes one number; in a tree, one on each level, of
		// which there are fewer than 32.
		n := min(int64(p.maxRecords), int64(p.l0)*int64(p.perKey))
		if len(p.bins[i].parts) > 1 {
			n *= 32
		}
		numbers += n
	}
	var err error
	p.budget.Price, err = p.budget.Together(numbers)
	return err
}

// spread is the mean logarithm of the deviations of all noise, up to a constant
// that the declaration decides.
func (p *Plan) spread() float64 {
	b, sum, n := &p.budget, 0.0, 0
	add := func(x float64) { sum, n = sum+math.Log(x), n+1 }
	if b.units != nil {
		add(b.units.StdDev())
	}
	for i := range p.grids {
		add(p.grids[i].value(b.sums[i].StdDev()))
	}
	for i := range b.bins {
		switch m := &b.bins[i]; {
		case m.ranks > 0:
			add(m.ranks)
		default:
			add(m.noise.StdDev())
		}
	}
	return sum / float64(n)
}

// spend shares the price out.
func (p *Plan) spend(selects string) error {
	b := &p.budget
	by, err := p.selector(selects)
	if err != nil {
		return err
	}
	weights, counts := p.weights(p.private && by == byShare)
	parts, err := b.Divide(weights)
	if err != nil {
		return err
	}
	next := func() int64 {
		part := parts[0]
		parts = parts[1:]
		return part
	}
	if counts {
		b.unitLoss = next()
		if b.units, err = b.Noise(b.unitLoss, p.shown, 1); err != nil {
			return err
		}
	}
	for i := range p.grids {
		g, loss := &p.grids[i], next()
		if !b.Gaussian {
			g.coarsen(big.NewRat(int64(p.shown)*1e9, loss))
		}
		n, err := p.sumNoise(g, loss)
		if err != nil {
			return err
		}
		b.sums, b.sumLoss = append(b.sums, n), append(b.sumLoss, loss)
	}
	for i := range p.bins {
		loss := next()
		m, err := p.metrics[p.bins[i].metric].aggregate.(binned).mechanism(p, &p.bins[i], loss)
		if err != nil {
			return err
		}
		b.bins, b.binLoss = append(b.bins, m), append(b.binLoss, loss)
	}
	switch {
	case by != byShare:
		return p.addThreshold(by)
	case !p.private:
		return nil
	}
	b.keyLoss = next()
	if p.inRounds() {
		return p.top.price(p, b.keyLoss, b.Amount.Delta)
	}
	return nil
}

// weights lists the weights of the parts in their order; the last is that of the
// selection, if it has one. Counts says that the first is that of the number of
// units.
func (p *Plan) weights(selection bool) (weights []int64, counts bool) {
	units := int64(0)
	for i := range p.metrics {
		m := &p.metrics[i]
		if m.units {
			units = max(units, m.weight())
		}
		for range m.grids {
			weights = append(weights, m.weight())
		}
	}
	if units > 0 {
		weights = append([]int64{units}, weights...)
	}
	for i := range p.bins {
		weights = append(weights, p.metrics[p.bins[i].metric].weight())
	}
	if selection {
		weights = append(weights, 1)
	}
	return weights, units > 0
}
