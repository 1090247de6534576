package privacy

import "glovebox"

// contribute adds one unit's part of one key to the key's cells: values are the
// sums of its records' numbers. Plans whose metrics are counts, sums and means
// alone take the shorter way in Bounder.count.
func (b *Bounder) contribute(c []uint64, values []float64) {
	for i := range b.plan.metrics {
		m := &b.plan.metrics[i]
		if m.grid < 0 {
			continue
		}
		g := &b.plan.grids[m.grid]
		if m.Kind == glovebox.Variance {
			first, second := b.plan.moments(m, values[m.value])
			addTo(c, g.cell, first)
			addTo(c, g.cell+1, second)
			continue
		}
		if m.Kind == glovebox.Vector {
			b.vector = grown(b.vector, m.Size)
			v := b.vector[:m.Size]
			g.vector(v, values[m.value:m.value+m.Size])
			for k, steps := range v {
				addTo(c, g.cell+k, steps)
			}
			continue
		}
		addTo(c, g.cell, g.steps(values[m.value]))
	}
}

// addTo adds steps to the j-th sum of a key's cells.
func addTo(c []uint64, j int, steps int64) {
	s := int128(steps).Add(Int128{Hi: int64(c[2+2*j]), Lo: c[1+2*j]})
	c[1+2*j], c[2+2*j] = s.Lo, uint64(s.Hi)
}
