package privacy

import (
	"math/big"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// OwnShare is what Output.Select says to have private keys selected at a price of
// their own.
const OwnShare = "own-share"

// What selects keys, where it is not the sum of a grid.
const (
	byUnits = -1 // the number of units
	byShare = -2 // a mechanism of its own; or nothing, where keys are public
)

// releasedThreshold selects private keys by a number that is released anyway: a
// key shows if its noisy number of units, or its noisy sum, is above a threshold.
// The noise is the one that the figure has; the selection costs delta alone.
//
// Let D be the most that one unit changes the number of one key by, in steps, and
// Y the noise. The threshold T is the smallest, up to a little, with
//
//	P(D + Y > T) = P(Y >= T+1-D) <= delta/L0 for sure.
//
// Take data with a unit and without it. Of its k <= L0 keys let j be its own,
// which nobody else has. Let A be the job on the data without the unit, B with it,
// and C what B does if it is made to forget those j keys. What A and C tell is a
// function of noisy numbers of the same keys, so A and C are as close as the
// prices of the noise say: (epsilon, 0), or rho. A key of one unit has a number of
// D at most, so it shows with a probability of delta/L0 at most, and the noise of
// keys is independent: B is C but for an event of probability d <= j*delta/L0 <=
// delta. So for any set S of tables, and S0 those of S that show none of the j keys,
//
//	P(B in S) <= P(C in S) + d <= e^epsilon * P(A in S) + delta,
//	P(A in S) = P(A in S0) <= e^epsilon * P(C in S0) = e^epsilon * P(B in S0)/(1-d),
//
// and the second gives P(A in S) - e^epsilon*P(B in S) <= d*P(A in S0) <= delta:
// (epsilon, delta)-differential privacy. Where the noise is (epsilon, delta/2) and
// the keys have the other half of delta (jointNoise), the first has delta/2 twice,
// and the second gives P(A in S0) - (1-d)*(P(A in S0) - delta/2) <= delta. With the
// event taken out, the two laws are those of A and C, which is delta-approximate
// rho-zCDP (Bun and Steinke 2016, definition 8.1). The other figures of a key that
// shows are noisy numbers, too, with prices of their own, and part of A: they cost
// nothing more. Nor does the threshold do anything to what the other mechanisms of
// the job lose together: delta is added to the losses of the noise (Plan.reckon).
//
// It is the thresholding of Korolova, Kenthapadi, Mishra and Ntoulas, "Releasing
// Search Queries and Clicks Privately" (2009), brought to several keys of a unit
// by Wilson, Zhang, Lam, Desfontaines, Simmons-Marengo and Gipson,
// "Differentially Private SQL with Bounded User Contribution" (2020), with
// Laplace or Gaussian noise (Swanberg, Desfontaines and Haney, "DP-SIPS", 2023),
// drawn in integers, and with tails that are bounded in integers, rounded in the
// safe direction: mechanism.LaplaceTail, mechanism.GaussianTail. Desfontaines, Voss, Gipson and
// Mandayam, "Differentially Private Partition Selection" (2022), tell
// what it loses against an optimal selection at the same epsilon: some keys of
// few units. What it saves is that epsilon.
//
// Not promised: that a figure is unbiased among the keys that show. A key whose
// number is below the threshold shows when its noise is high, so its figure is
// too high, and its interval misses more often than one in twenty such rows. Nor
// anything about a group of units, which has more than D in a key of its own:
// Group refuses to price one.
type releasedThreshold struct {
	by        int // byUnits, or the number of a grid
	of        string
	threshold *big.Int
	most      mechanism.Int128 // the threshold
	delta     *big.Rat
	even      uint64
}

// newReleasedThreshold makes the selection by a number of which one unit changes
// l0 by at most reach each, and which gets that noise.
func newReleasedThreshold(noise mechanism.Sampler, reach int64, l0 int, delta *big.Rat) (*releasedThreshold, error) {
	t := &releasedThreshold{delta: new(big.Rat).Quo(delta, big.NewRat(int64(plantShare(l0)), 1))}
	var tail *big.Int
	switch n := noise.(type) {
	case *mechanism.Laplace:
		tail = mechanism.LaplaceTail(n.Scale(), t.delta)
	case *mechanism.Gaussian:
		tail = mechanism.GaussianTail(n.Variance(), t.delta)
	default:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "noise without a known tail selects no keys")
	}
	d := big.NewInt(reach)
	t.threshold = tail.Add(tail, new(big.Int).Sub(d, big.NewInt(1)))
	t.threshold.Sub(t.threshold, plantThreshold())
	even := new(big.Int).Add(t.threshold, d)
	even.Quo(even, d) // (T+1)/D, rounded up
	most, ok := mechanism.Int128FromBig(t.threshold)
	if !ok || !even.IsUint64() {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the noise is too large to select keys by")
	}
	t.most, t.even = most, even.Uint64()
	return t, nil
}

func (t *releasedThreshold) facts() *SelectionFacts {
	return &SelectionFacts{
		Mechanism: releasedMechanism, Delta: t.delta.RatString(), Even: t.even, By: t.of, Threshold: t.threshold.String(),
	}
}

// releasedMechanism is what facts call a releasedThreshold.
const releasedMechanism = "released_number_threshold"

// addThreshold makes the selection by a number whose noise is there.
func (p *Plan) addThreshold(by int) error {
	b := &p.budget
	noise, reach, of := b.units, int64(1), "units"
	if by != byUnits {
		g := &p.grids[by]
		noise, reach, of = b.sums[by], g.reach(), g.of
	}
	t, err := newReleasedThreshold(noise, reach, p.l0, b.threshold())
	if err != nil {
		return err
	}
	t.by, t.of = by, of
	b.by = t
	return nil
}

// compared says whether keys can be compared by the metric: it makes one number
// that no unit lowers.
func (m *metric) compared() bool {
	return m.Kind == glovebox.Count || m.Kind == glovebox.Sum && m.Min >= 0
}

// selector says what selects private keys.
func (p *Plan) selector(declared string) (by int, err error) {
	switch {
	case !p.private && declared != "":
		return 0, invalid("output.select", "selects nothing: all keys are public").WithFix("remove it")
	case !p.private || declared == OwnShare || p.inRounds():
		return byShare, nil
	case declared == "":
		return p.better()
	}
	i := slices.IndexFunc(p.metrics, func(m metric) bool { return m.Name == declared && m.compared() })
	switch {
	case i < 0:
		return 0, invalid("output.select", "names no count of this job, and no sum whose min is 0 or above").
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
	if b.gaussian {
		return byUnits, nil
	}
	whole, err := b.shares(weights[:len(weights)-1])
	if err != nil {
		return 0, err
	}
	parts, err := b.shares(weights)
	if err != nil {
		return byUnits, nil
	}
	first, last := parts[0], parts[len(parts)-1]
	alone, err := b.noise(whole[0], p.l0, 1)
	if err != nil {
		return 0, err
	}
	beside, err := b.noise(first, p.l0, 1)
	if err != nil {
		return byUnits, nil
	}
	t, err := newReleasedThreshold(alone, 1, p.l0, b.threshold())
	if err != nil {
		return byShare, nil
	}
	if float64(t.even)*alone.StdDev() <= b.evenOwn(last, p.l0)*beside.StdDev() {
		return byUnits, nil
	}
	return byShare, nil
}
