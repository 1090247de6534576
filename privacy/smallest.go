package privacy

// candidate is a group that competes for one of the L0 places, or a record or
// value of a group.
type candidate struct {
	rank  uint64
	group int32
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
