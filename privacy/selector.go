package privacy

import (
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
)

// OwnShare is what Output.Select says to have private keys selected at a price of
// their own.
const OwnShare = "own-share"

// What selects keys, where it is not the sum of a grid.
const (
	byUnits = -1 // the number of units
	byShare = -2 // a mechanism of its own; or nothing, where keys are public
)

// keyThreshold selects private keys by a number that is released anyway.
type keyThreshold struct {
	*bill.Threshold
	by int    // byUnits, or the number of a grid
	of string // what facts call it
}

// addThreshold makes the selection by a number whose noise is there.
func (p *Plan) addThreshold(by int) error {
	b := &p.budget
	noise, reach, of := b.units, int64(1), "units"
	if by != byUnits {
		g := &p.grids[by]
		noise, reach, of = b.sums[by], g.reach(), g.of
	}
	t, err := bill.NewThreshold(noise, reach, p.l0, b.LoneKeys())
	if err != nil {
		return err
	}
	b.by = &keyThreshold{Threshold: t, by: by, of: of}
	return nil
}

// selector says what selects private keys.
func (p *Plan) selector(declared string) (by int, err error) {
	switch {
	case !p.private && declared != "":
		return 0, glovebox.Invalid("output.select", "selects nothing: no key is private").WithFix("remove it")
	case !p.private || declared == OwnShare || p.inRounds():
		return byShare, nil
	case declared == "":
		return p.better()
	}
	i := slices.IndexFunc(p.metrics, func(m metric) bool { return m.Name == declared && m.Compared() })
	switch {
	case i < 0:
		return 0, glovebox.Invalid("output.select", "%s is no count of the output, no sum whose min is 0 or above, and not %s", declared, OwnShare).
			WithFix("name one, or write %s, or remove it", OwnShare)
	case p.metrics[i].grid < 0:
		return byUnits, nil
	}
	return p.metrics[i].grid, nil
}

// better chooses between the number of units, if a metric needs it, and a share
// of the price, by the declaration alone.
//
// Without a share for the selection all figures have less noise, in the same
// proportion; with Laplace noise for many keys of a unit, though, it takes more
// units until a key shows than with a selection of its own, which may use
// Gaussian noise. What decides is the product of the two: the number of units from
// which on a key shows every other time, and the deviation of the figures. With
// Gaussian noise the figure's own is better in both, since the selection's share
// is never the larger one. Floats decide nothing else than which of the two is
// used; both are private.
func (p *Plan) better() (by int, err error) {
	weights, counts := p.weights(true)
	if !counts {
		return byShare, nil
	}
	b := &p.budget
	if b.Gaussian {
		return byUnits, nil
	}
	whole, err := b.Divide(weights[:len(weights)-1])
	if err != nil {
		return 0, err
	}
	parts, err := b.Divide(weights)
	if err != nil {
		return byUnits, nil
	}
	first, last := parts[0], parts[len(parts)-1]
	alone, err := b.Noise(whole[0], p.l0, 1)
	if err != nil {
		return 0, err
	}
	beside, err := b.Noise(first, p.l0, 1)
	if err != nil {
		return byUnits, nil
	}
	t, err := bill.NewThreshold(alone, 1, p.l0, b.LoneKeys())
	if err != nil {
		return byShare, nil
	}
	if float64(t.Even)*alone.StdDev() <= b.EvenOwn(last, p.l0)*beside.StdDev() {
		return byUnits, nil
	}
	return byShare, nil
}
