package privacy

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

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
		steps := g.steps(values[m.value])
		if m.MaxTotal > 0 {
			steps = b.shares[i].of(steps)
		}
		addTo(c, g.cell, steps)
	}
}

// addTo adds steps to the j-th sum of a key's cells.
func addTo(c []uint64, j int, steps int64) {
	s := mechanism.NewInt128(steps).Add(mechanism.Int128{Hi: int64(c[2+2*j]), Lo: c[1+2*j]})
	c[1+2*j], c[2+2*j] = s.Lo, uint64(s.Hi)
}

// chain links the records of each group of the current unit.
func (b *Bounder) chain() {
	if b.plan.slots == 0 {
		return
	}
	b.left = b.plan.maxRecords
	b.head, b.next = grown(b.head, b.groups), grown(b.next, len(b.of))
	for g := range b.groups {
		b.head[g] = -1
	}
	for i := len(b.of) - 1; i >= 0; i-- {
		b.next[i], b.head[b.of[i]] = b.head[b.of[i]], int32(i)
	}
}

// each counts the records of group g, each as a value, for key number at of the
// partial. Of too many, those of the smallest pseudo-random rank stay; for
// distinct counts it is the different values that are chosen among.
func (b *Bounder) each(g, at int) {
	p := b.plan
	limit := min(p.perKey, b.left)
	kept := b.own[:0]
	for i := b.head[g]; i >= 0; i = b.next[i] {
		kept = append(kept, candidate{group: i})
	}
	b.own = kept
	for j := range p.bins {
		if bins := &p.bins[j]; bins.marks() {
			b.mark(bins, g, at, limit)
		}
	}
	if len(kept) > limit {
		b.hash()
		for k := range kept {
			kept[k].rank = b.unit.word(^uint64(kept[k].group))
		}
		kept = smallest(kept, limit)
	}
	b.left -= len(kept)
	for j := range p.bins {
		bins := &p.bins[j]
		if bins.marks() {
			continue
		}
		for _, c := range kept {
			slot := bins.slot(b.value(int(c.group), bins))
			b.part.bins.add(binID(at, bins.base+uint32(slot)), 1, false)
		}
	}
}

// value returns the number that record i has for a metric.
func (b *Bounder) value(i int, bins *binSet) float64 {
	at := i*b.size + 8*(b.plan.keyWords+b.plan.metrics[bins.metric].value)
	return math.Float64frombits(binary.LittleEndian.Uint64(b.records[at:]))
}

// mark marks the slots of the different values of group g, limit at most.
func (b *Bounder) mark(bins *binSet, g, at, limit int) {
	cells := b.cells[:0]
	for i := b.head[g]; i >= 0; i = b.next[i] {
		s := b.values
		s.write(uint64(bins.metric))
		s.write(math.Float64bits(b.value(int(i), bins) + 0)) // no negative zero
		cell, _ := bits.Mul64(s.sum(2), uint64(bins.n))
		cells = append(cells, candidate{group: int32(cell)})
	}
	slices.SortFunc(cells, func(x, y candidate) int { return cmp.Compare(x.group, y.group) })
	cells = slices.Compact(cells)
	b.cells = cells
	if len(cells) > limit {
		b.hash()
		for k := range cells {
			cells[k].rank = b.unit.word(uint64(cells[k].group))
		}
		cells = smallest(cells, limit)
	}
	for _, c := range cells {
		b.part.bins.add(binID(at, bins.base+uint32(c.group)), 1, true)
	}
}
