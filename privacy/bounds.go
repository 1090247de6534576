package privacy

import "math"

// Powers of two that bounds are found between: values of a magnitude below
// 2^minMagnitude count as zero, and 2^maxMagnitude is the last.
const (
	minMagnitude = -40
	maxMagnitude = 64
)

// magnitudes makes one bin for each power of two and sign, and one for zero.
func (b *binSet) magnitudes() {
	for e := maxMagnitude; e >= minMagnitude; e-- {
		b.edges = append(b.edges, -math.Ldexp(1, e))
	}
	for e := minMagnitude; e <= maxMagnitude; e++ {
		b.edges = append(b.edges, math.Ldexp(1, e))
	}
	b.cells(b.edges, false)
}

// bounds are powers of two between which values lie.
type bounds struct{ counted }

func (bounds) declare(l *layout, m *metric, _ string) error {
	var b binSet
	b.magnitudes()
	l.figure(m.Name+".min", m.Name, false)
	l.figure(m.Name+".max", m.Name, false)
	l.addBins(m, b)
	return nil
}

// figures appends powers of two (or zero) below and above the values of key
// number i: the outer ends of the first and the last bin whose noisy count is
// above what noise alone makes of any of the empty ones in one job of twenty. A
// few values beyond are not seen, and that is as it should be: bounds that let
// single values through would cost noise and clamp nothing.
//
// The interval of a bound is its bin: some value lies in it with 95 % confidence.
func (bounds) figures(r *releaser, m *metric, cells []Cell, i int) ([]Cell, error) {
	j := m.bins
	b := &r.Plan.bins[j]
	threshold := r.radius(binRadius-j, alpha/float64(b.n))
	first, last := -1, -1
	for k, n := range r.noisyCounts(j, i) {
		if n <= threshold {
			continue
		}
		if last = k; first < 0 {
			first = k
		}
	}
	if first < 0 { // nothing can be said
		none := Cell{Value: 0, Lo: b.edges[0], Hi: b.edges[b.n]}
		return append(cells, none, none), nil
	}
	zero := b.n / 2
	end := func(k int, outer float64) Cell {
		c := Cell{Value: outer, Lo: b.edges[k], Hi: b.edges[k+1]}
		if k == zero {
			c.Value = 0
		}
		return c
	}
	return append(cells, end(first, b.edges[first]), end(last, b.edges[last+1])), nil
}
