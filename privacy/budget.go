package privacy

import (
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// budget is how a job's price is shared out and what it buys.
type budget struct {
	gaussian bool              // noise
	inRho    bool              // price
	price    glovebox.Amount   // Loss: epsilon, or rho if inRho
	joint    *jointNoise       // nil: each part's noise is made for its own loss
	units    mechanism.Sampler // noise of the number of units; nil: not needed
	unitLoss int64
	sums     []mechanism.Sampler // noise of each grid's sum
	sumLoss  []int64
	bins     []binMechanism
	binLoss  []int64
	by       *releasedThreshold   // nil: no number that is released selects keys
	keys     *mechanism.Selection // nil: public keys, or by, or the rounds of a top select
	keyLoss  int64
}

// addBudget checks the price and shares it out: in billionths, in parts by
// weight, among the number of units (if a metric needs it), every grid's sums,
// the bins of every metric that counts values, and the selection of private
// keys, unless one of those numbers selects them (releasedThreshold). Weights are those of the metrics, the largest of those that need it for
// the number of units, and 1 for the selection. What does not divide goes, one
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
//   - Gaussian, the price epsilon and delta: see jointNoise.
//
// Where the price allows both kinds of noise, figures get the smaller one, on
// average; and a top is chosen in rounds where that makes it half as large again.
func (p *Plan) addBudget(r glovebox.ReleaseDef, selects string) error {
	if err := p.budget.declared(r, p.private); err != nil {
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
		return b.selection(p.l0)
	}
	return nil
}

// spend shares the price out.
func (p *Plan) spend(selects string) error {
	b := &p.budget
	by, err := p.selector(selects)
	if err != nil {
		return err
	}
	weights, counts := p.weights(p.private && by == byShare)
	parts, err := b.shares(weights)
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
		if b.units, err = b.noise(b.unitLoss, p.shown, 1); err != nil {
			return err
		}
	}
	for i := range p.grids {
		g, loss := &p.grids[i], next()
		if !b.gaussian {
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
		m, err := p.newBinMechanism(&p.bins[i], loss)
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
		return p.top.price(p, b.keyLoss, b.price)
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
		if m.usesUnits() {
			units = max(units, m.weight())
		}
		for range m.gridCount() {
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

// shares divides the price by weights.
func (b *budget) shares(weights []int64) ([]int64, error) {
	total, rest := int64(0), b.price.Loss
	for _, w := range weights {
		total += w
	}
	parts := make([]int64, len(weights))
	for i, w := range weights { // at most 1e12 * 1000
		parts[i] = b.price.Loss * w / total
		rest -= parts[i]
	}
	for i := range parts {
		if int64(i) < rest {
			parts[i]++
		}
		if parts[i] == 0 {
			return nil, invalid(b.field(), "is too small to be shared by %d noisy numbers", len(weights))
		}
	}
	return parts, nil
}

// field is where the price is declared.
func (b *budget) field() string {
	if b.inRho {
		return "release.rho"
	}
	return "release.epsilon"
}

// declared reads the price.
func (b *budget) declared(r glovebox.ReleaseDef, private bool) error {
	if r.Method != "dp" {
		return invalid("release.method", "is not dp")
	}
	if (r.Epsilon != 0) == (r.Rho != 0) {
		return invalid("release", "takes exactly one of epsilon and rho").
			WithFix("epsilon for Laplace noise, rho for Gaussian noise")
	}
	value := r.Epsilon
	if b.inRho = r.Rho != 0; b.inRho {
		value = r.Rho
	}
	b.gaussian = b.inRho
	field := b.field()
	if !(value > 0 && value <= MaxEpsilon) {
		return invalid(field, "is outside (0, %d]", MaxEpsilon)
	}
	var err error
	if b.price.Loss, err = glovebox.CeilLoss(value); err != nil {
		return invalid(field, "is not a price").Because(err)
	}
	switch {
	case !private && r.Delta != 0:
		return invalid("release.delta", "buys nothing where all keys are public").WithFix("remove it")
	case private && !(r.Delta > 0 && r.Delta <= MaxDelta):
		return invalid("release.delta", "is outside (0, %g]", MaxDelta).
			WithFix("private keys need a delta, such as 1e-6, well below one over the number of units")
	}
	if b.price.Delta, err = glovebox.CeilDelta(r.Delta); err != nil {
		return invalid("release.delta", "is not a price").Because(err)
	}
	return nil
}

// noise returns what a part of loss billionths buys for numbers of which one
// unit changes at most l0, each by at most reach.
func (b *budget) noise(loss int64, l0 int, reach int64) (mechanism.Sampler, error) {
	l1 := new(big.Int).Mul(big.NewInt(int64(l0)), big.NewInt(reach))
	return b.noiseOf(loss, l1, new(big.Int).Mul(l1, big.NewInt(reach)), reach > 1<<16)
}

// noiseOf returns what a part of loss billionths buys for numbers that one unit
// changes by at most l1 in the L1 norm, and by the root of square in the L2 norm.
// Round says that the numbers are so large that the next square of a whole number
// will do for the variance.
func (b *budget) noiseOf(loss int64, l1, square *big.Int, round bool) (mechanism.Sampler, error) {
	if b.joint != nil {
		return b.joint.noise(loss, square)
	}
	n := big.NewInt(1e9)
	if b.gaussian {
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

// cost is what a declared price takes from a ledger of the given kind.
//
//   - pure: epsilon and delta as declared. Gaussian noise has no pure price and
//     is refused.
//   - zcdp: rho and delta as declared; for epsilon, epsilon^2/2, rounded up, and
//     delta: (epsilon, delta)-DP is delta-approximately (epsilon^2/2)-zCDP (Bun
//     and Steinke 2016, section 8).
func (b *budget) cost(kind glovebox.LedgerKind) (glovebox.Amount, error) {
	switch kind {
	case glovebox.LedgerPure:
		if b.inRho {
			return glovebox.Amount{}, invalid("release.rho", "a dataset whose ledger counts epsilon takes no Gaussian noise").
				WithFix("declare release.epsilon")
		}
		return b.price, nil
	case glovebox.LedgerZCDP:
		if b.inRho {
			return b.price, nil
		}
		sq := new(big.Int).Mul(big.NewInt(b.price.Loss), big.NewInt(b.price.Loss))
		return glovebox.Amount{Loss: mechanism.Divide(sq, big.NewInt(2e9), true).Int64(), Delta: b.price.Delta}, nil
	}
	return glovebox.Amount{}, glovebox.Errorf(glovebox.CodeInvalid, "a ledger counts pure or zcdp").WithFix("set the dataset's ledger.kind")
}

// Cost is what the job takes from a ledger of the given kind: the price as
// declared, in rho the sum of what the mechanisms cost (see part.rho), rounded
// up, where that is known and less than epsilon^2/2.
func (p *Plan) Cost(kind glovebox.LedgerKind) (glovebox.Amount, error) {
	a, err := p.budget.cost(kind)
	if err != nil || kind != glovebox.LedgerZCDP || p.budget.inRho {
		return a, err
	}
	f := p.facts()
	if rho, err := f.rho(); err == nil {
		rho.Mul(rho, big.NewRat(1e9, 1))
		if n := mechanism.Divide(rho.Num(), rho.Denom(), true); n.IsInt64() {
			a.Loss = min(a.Loss, n.Int64())
		}
	}
	return a, nil
}
