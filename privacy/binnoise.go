package privacy

import (
	"math/big"

	"glovebox.example/glovebox/privacy/mechanism"
)

// binMechanism is what the noise of one metric that counts values in bins is
// made by.
type binMechanism struct {
	noise mechanism.Sampler // of each count; nil where a choice is made instead
	tree  *mechanism.Tree
	// Of a quantile that is chosen: on its own by permute-and-flip, or by the
	// exponential mechanism, alone or splitting.
	quantiles   []*mechanism.Quantile
	splits      []*mechanism.Splits
	exponential bool
	epsilon     *big.Rat // of one choice, for one key
	levels      int      // choices that one value takes part in
	ranks       float64  // of a quantile: about how many it is off
	still       bool     // no noise and no choice: for samples
}

// change is how much one unit's values change counts at most: l1 in all, and
// square the sum of the squares, by key. With R values of one key and T over all
// keys that get figures, T <= L0*R, the worst are T/R keys of R values and one of the rest, all
// values of a key in one bin.
func (p *Plan) change() (l1, square *big.Int) {
	most, each := int64(min(p.maxRecords, p.shown*p.perKey)), int64(p.perKey)
	rest := most % each
	return big.NewInt(most), big.NewInt(most/each*each*each + rest*rest)
}

// counted is what the kinds have in common that release counts of bins with noise.
type counted struct{}

func (counted) contribute(*Bounder, *metric, []uint64, []float64) {}

func (counted) mechanism(p *Plan, _ *binSet, loss int64) (binMechanism, error) {
	l1, square := p.change()
	s, err := p.budget.NoiseOf(loss, l1, square, false)
	return binMechanism{noise: s}, err
}

func (counted) errors(p *Plan, m *metric, all map[string]Error) {
	all[m.Name] = errorOf(p.budget.bins[m.bins].noise)
}
