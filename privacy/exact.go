package privacy

import (
	"math/big"

	"glovebox.example/glovebox/privacy/mechanism"
)

// Exact reads a partial as a table without noise, without selection and
// without using it up: the keys that are there, in the order of a release,
// each figure with an interval of no width, or as wide as the bin or the
// collisions of hashes that it comes from. A top is not cut.
//
// It is for sample data alone: what it returns is not private at all, and on
// real data its caller would have broken the promise of this package. A test
// of the architecture lets nothing but the sample runner call it. It adds no
// way to make a release: a Table comes from Release only.
func (p *Plan) Exact(t *Partial) []Row {
	still := *p
	still.budget.by = nil
	if still.budget.units != nil {
		still.budget.units = silence{}
	}
	still.budget.sums = make([]mechanism.Sampler, len(p.budget.sums))
	for i := range still.budget.sums {
		still.budget.sums[i] = silence{}
	}
	still.budget.bins = make([]binMechanism, len(p.budget.bins))
	for i, m := range p.budget.bins {
		m.noise, m.still = silence{}, true
		if m.tree != nil {
			m.tree = m.tree.With(silence{})
		}
		still.budget.bins[i] = m
	}
	// Silence draws nothing from the source.
	r := &releaser{Plan: &still, src: mechanism.SeededSource([32]byte{}), radii: map[radiusOf]float64{}, table: &Table{Rows: []Row{}}}
	r.prepare()
	r.readFrom(t)
	for _, i := range t.order(p.compare) {
		if err := r.row(t.key(i), i); err != nil { // more than 2^46 values, which no sample has
			break
		}
	}
	return r.table.Rows
}

// silence is no noise.
type silence struct{}

func (silence) Draw(*mechanism.Source) mechanism.Int128 { return mechanism.Int128{} }
func (silence) StdDev() float64                         { return 0 }
func (silence) Radius(float64) float64                  { return 0 }
func (silence) Law() (mechanism.Law, *big.Rat)          { return "none", new(big.Rat) }
