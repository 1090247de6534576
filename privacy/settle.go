package privacy

import (
	"cmp"
	"math"
	"slices"
)

// settle drops and keeps groups and adds those that stay to the partial.
func (b *Bounder) settle() {
	words, l0 := b.plan.keyWords, plantL0(b.plan.l0)
	b.chain()
	if b.groups <= l0 && b.plan.loose { // nothing to choose
		for g := range b.groups {
			key := b.keys[g*words : (g+1)*words]
			if b.plan.free {
				b.count(g, b.part.add(key))
			} else if at, _ := b.part.find(key); at >= 0 {
				b.count(g, at)
			} else if b.plan.allowed(key) {
				b.count(g, b.part.add(key))
			}
		}
		return
	}
	b.rank()
	b.heap = b.heap[:0]
	if b.plan.free {
		b.candidates()
	} else {
		b.allowedCandidates()
	}
	b.heap = smallest(b.heap, l0)
	if b.plan.scarce {
		slices.SortFunc(b.heap, func(x, y candidate) int { return cmp.Compare(x.rank, y.rank) })
	}
	b.weigh()
	for _, c := range b.heap {
		g := int(c.group)
		at := -1
		if !b.plan.free {
			at = b.at[g]
		}
		if at < 0 {
			at = b.part.add(b.keys[g*words : (g+1)*words])
		}
		b.count(g, at)
	}
}

// candidates puts the groups that can be among the L0 of the smallest rank
// into the heap. Ranks are spread evenly, so a bound at twice the expected rank
// of the last survivor leaves few of many groups; where it leaves fewer than L0
// all of them compete.
func (b *Bounder) candidates() {
	l0 := plantL0(b.plan.l0)
	if b.groups > 4*l0 {
		bound := math.MaxUint64 / uint64(b.groups) * uint64(2*l0)
		for g, rank := range b.ranks {
			if rank <= bound {
				b.heap = append(b.heap, candidate{rank, int32(g)})
			}
		}
		if len(b.heap) >= l0 {
			return
		}
		b.heap = b.heap[:0]
	}
	for g, rank := range b.ranks {
		b.heap = append(b.heap, candidate{rank, int32(g)})
	}
}

// allowedCandidates puts the groups whose key may appear in the table into the
// heap, and notes where those keys already are in the partial.
func (b *Bounder) allowedCandidates() {
	words := b.plan.keyWords
	b.at = b.at[:0]
	for g := range b.groups {
		key := b.keys[g*words : (g+1)*words]
		at, _ := b.part.find(key)
		b.at = append(b.at, at)
		if at >= 0 || b.plan.allowed(key) {
			b.heap = append(b.heap, candidate{b.ranks[g], int32(g)})
		}
	}
}

// smallest cuts candidates down to the k of the smallest rank, in a heap whose
// top is the largest rank kept so far.
func smallest(all []candidate, k int) []candidate {
	if len(all) <= k {
		return all
	}
	h := all[:k]
	for i := k/2 - 1; i >= 0; i-- {
		sink(h, i)
	}
	for _, c := range all[k:] {
		if k > 0 && c.rank < h[0].rank {
			h[0] = c
			sink(h, 0)
		}
	}
	return h
}

// sink restores the order of a heap below i.
func sink(h []candidate, i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].rank > h[c].rank {
			c++
		}
		if h[i].rank >= h[c].rank {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}
