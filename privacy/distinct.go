package privacy

import (
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// distinct is the number of different values.
type distinct struct{ counted }

func (distinct) declare(l *layout, m *metric, path string) error {
	b := binSet{n: m.Bins}
	if b.n == 0 {
		b.n = DefaultDistinctBins
	}
	if b.n < minDistinctBins || b.n > MaxDistinctBins {
		return glovebox.Invalid(path+".bins", "%d is outside %d..%d", m.Bins, minDistinctBins, MaxDistinctBins)
	}
	l.figure(m.Name, m.Name, true)
	l.addBins(m, b)
	return nil
}

// figures appends the number of different values of key number i.
//
// Each value is hashed, under the job's secret, to one of m cells, and the noisy
// number X of cells that something fell on tells how many values there are: on
// average m*(1-(1-1/m)^n) of n (Whang, Vander-Zanden and Taylor, "A Linear-Time
// Probabilistic Counting Algorithm for Database Applications", 1990). One unit
// marks as many cells as it has values, so it changes X by that many at most. The
// interval counts the noise and the collisions, each missing with probability
// alpha/2. Beyond some 3*m values nearly every cell is marked and the answer is
// a lower bound: declare as many cells as values are expected.
func (distinct) figures(r *releaser, metric *metric, cells []Cell, i int) ([]Cell, error) {
	j := metric.bins
	m := float64(r.Plan.bins[j].n)
	marked := len(r.filled(j, i))
	x := r.budget.bins[j].noise.Draw(r.src).Add(mechanism.NewInt128(int64(marked))).Float64()
	radius := r.radius(binRadius-j, alpha/2)
	values := func(x float64) float64 {
		return math.Log1p(-math.Min(math.Max(x, 0), m-1)/m) / math.Log1p(-1/m)
	}
	collisions := func(n float64) float64 {
		const z = 2.2414 // two-sided 97.5 %
		t := n / m
		return z * math.Sqrt(m*math.Max(math.Expm1(t)-t, 0))
	}
	lo, hi := values(x-radius), values(x+radius)
	return append(cells, Cell{
		Value: math.Round(values(x)),
		Lo:    math.Floor(math.Max(lo-collisions(lo), 0)),
		Hi:    math.Ceil(hi + collisions(hi)),
	}), nil
}
