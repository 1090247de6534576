package attack

import (
	"errors"
	"math"
)

// Draw runs the mechanism once on one of two neighbouring inputs, side 0 or 1,
// and returns what came out. Runs have to be independent of one another, and
// every output has as many figures as the first.
type Draw func(side int) (Output, error)

// Claim is what a mechanism says of itself: (Epsilon, Delta)-differential
// privacy for two inputs that differ in one unit.
type Claim struct{ Epsilon, Delta float64 }

// Options of Audit; nil takes every default.
type Options struct {
	// Samples is how many outputs a side the chosen event is counted in. Zero:
	// DefaultSamples. At least 1.
	Samples int
	// Choose is how many outputs a side the event is chosen on. Zero: as many
	// as Samples, at most DefaultChoose.
	Choose int
	// Alpha is how often the audit may raise a false alarm, in (0, 1). Zero:
	// DefaultAlpha.
	Alpha float64
}

// Sizes of an audit.
const (
	DefaultSamples = 1_000_000
	DefaultChoose  = 200_000
)

// Result is what an audit found.
type Result struct {
	Claim   Claim
	Bound   float64 // the loss is at least this, with probability 1-Alpha
	Event   string  // the feature that gave it
	Likely  int     // the side on which the event is the likelier one
	Counts  [2]int  // how often it was seen on that side and on the other
	Samples int     // a side
}

// Alarm says that the claim is false.
func (r *Result) Alarm() bool { return r.Bound > r.Claim.Epsilon }

// Share is the bound as a part of the claimed epsilon.
func (r *Result) Share() float64 { return r.Bound / r.Claim.Epsilon }

// Audit bounds the loss of a mechanism from below. It fails if a run fails.
func Audit(c Claim, draw Draw, o *Options) (*Result, error) {
	s := Options{}
	if o != nil {
		s = *o
	}
	if s.Samples == 0 {
		s.Samples = DefaultSamples
	}
	if s.Choose == 0 {
		s.Choose = min(s.Samples, DefaultChoose)
	}
	if s.Alpha == 0 {
		s.Alpha = DefaultAlpha
	}
	if s.Samples < 1 || s.Choose < 2 || !(s.Alpha > 0 && s.Alpha < 1) || !(c.Epsilon > 0) || !(c.Delta >= 0 && c.Delta < 1) {
		return nil, errors.New("an audit needs samples, an alpha in (0, 1) and a claim")
	}
	var train, test [2][]Output
	for side := range 2 {
		all := make([]Output, s.Choose)
		for i := range all {
			var err error
			if all[i], err = draw(side); err != nil {
				return nil, err
			}
		}
		// What the likelihood is learned from has no part in choosing its
		// threshold: else it looks better than it is.
		train[side], test[side] = all[:s.Choose/2], all[s.Choose/2:]
	}
	fs := features(len(train[0][0]), train)
	best := choose(fs, test, c.Delta, s.Samples, s.Alpha/2)
	r := &Result{Claim: c, Event: best.name, Likely: best.likely, Samples: s.Samples}
	for i, side := range []int{best.likely, 1 - best.likely} {
		for range s.Samples {
			out, err := draw(side)
			if err != nil {
				return nil, err
			}
			if best.has(out) {
				r.Counts[i]++
			}
		}
	}
	r.Bound = bound(r.Counts, s.Samples, c.Delta, s.Alpha)
	return r, nil
}

// bound is the loss that the counts of one event prove.
func bound(k [2]int, n int, delta, alpha float64) float64 {
	p, q := Lower(k[0], n, alpha/2), Upper(k[1], n, alpha/2)
	if p <= delta {
		return 0
	}
	return math.Max(0, math.Log((p-delta)/q))
}
