package mechanism

import "math"

// RankRadius is how far, in ranks, an answer may lie off with 95 % confidence:
// the rank of a position is the sum, over the levels, of some of a node's noisy
// children. With b children made to add up to the node's total, a running sum has
// a variance of at most b/4 of theirs, and the total of the level above weighs
// at most as much as one of them.
func (t *Tree) RankRadius() float64 {
	const z = 1.96
	return z * t.noise.StdDev() * math.Sqrt(float64(t.height)*(float64(t.branching)/4+1))
}

// Intervals returns for each fraction the position of the quantile and of the
// ends of an interval: the answers for the ranks that lie RankRadius below and
// above, by the same noisy counts. Used are the leaves before the first that only
// fills the tree up; where the counts say nothing, values count as spread over
// them.
func (t *Tree) Intervals(counts []uint64, used int, at []float64, src *Source) ([][3]float64, error) {
	d, err := t.descend(counts, src)
	if err != nil {
		return nil, err
	}
	total := d.children(0, t.leaves, math.NaN())[t.branching]
	out := make([][3]float64, len(at))
	for i, q := range at {
		if total <= 0 {
			out[i] = [3]float64{q * float64(used), 0, float64(used)}
			continue
		}
		off := t.RankRadius() / total
		out[i] = [3]float64{d.find(q), d.find(math.Max(q-off, 0)), d.find(math.Min(q+off, 1))}
		if q-off <= 0 {
			out[i][1] = 0
		}
		if q+off >= 1 {
			out[i][2] = float64(used)
		}
	}
	return out, nil
}
