package privacy

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// linkRecords links the records of each group of the current unit.
func (b *Bounder) linkRecords() {
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

// addValues counts the records of group g, each as a value, for key number at of the
// partial. Of too many, those of the smallest pseudo-random rank stay; for
// distinct counts it is the different values that are chosen among.
func (b *Bounder) addValues(g, at int) {
	p := b.plan
	limit := min(p.perKey, b.left)
	kept := b.own[:0]
	for i := b.head[g]; i >= 0; i = b.next[i] {
		kept = append(kept, candidate{group: i})
	}
	b.own = kept
	for j := range p.bins {
		if bins := &p.bins[j]; bins.marks() {
			b.addMarks(bins, g, at, limit)
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

// addMarks marks the slots of the different values of group g, limit at most.
func (b *Bounder) addMarks(bins *binSet, g, at, limit int) {
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
