package privacy

import (
	"math"
	"math/big"
	"math/bits"

	"glovebox.example/glovebox/privacy/mechanism"
)

// quantileWay is how the quantiles of one metric are found.
type quantileWay int

const (
	byChoices quantileWay = iota // each is chosen among the points, on its own
	bySplits                     // chosen by recursive splitting
	byTree                       // read off a tree of noisy counts over the cells
)

// layQuantiles takes for every quantile the way that is expected to err least, in
// ranks, and lays the slots of all bins out for it. What decides is the kind of
// price, the fractions and the bins: the amount, records and keys act on all ways
// in proportion. With joint noise there are no choices.
func (p *Plan) layQuantiles(joint bool) {
	base := 0
	for i := range p.bins {
		b := &p.bins[i]
		if len(b.parts) > 0 {
			b.layFor(p.bestWay(b, joint))
		}
		b.base = uint32(base)
		base += b.n
	}
	p.slots = base
}

// bestWay compares the ways at a price of one.
func (p *Plan) bestWay(b *binSet, joint bool) quantileWay {
	gaussian := p.budget.InRho
	h := float64(treeHeight(len(b.edges) - 1))
	deviation := math.Sqrt2 * h
	if gaussian {
		deviation = math.Sqrt(h / 2)
	}
	best, least := byTree, treeRanks(deviation, int(h))
	if len(b.parts) == 1 {
		least = math.Inf(1) // the tree cannot be better, but for a handful of bins
	}
	if joint {
		return byTree
	}
	for _, w := range []quantileWay{bySplits, byChoices} {
		epsilon := 1 / float64(w.levels(len(b.parts)))
		if gaussian {
			epsilon *= 2
			if w.exponential(true) {
				epsilon *= 4
			}
			epsilon = math.Sqrt(epsilon)
		}
		r := w.ranks(b.parts, 1/epsilon)
		if w == byChoices {
			r *= onTheirOwn
		}
		if r < least {
			best, least = w, r
		}
	}
	return best
}

// onTheirOwn is what choices that split nothing err less, as measured: of whole
// numbers, where splits leave a part of equal values on the wrong side, and by
// permute-and-flip, which errs less than ranks says where points are few.
const onTheirOwn = 0.9

// layFor lays a quantile's bins out for a way.
func (b *binSet) layFor(w quantileWay) {
	b.way = w
	if w == byTree {
		b.cells(b.edges, b.equal)
	} else {
		b.points(b.edges, b.equal)
	}
}

// levels is how many choices one value takes part in.
func (w quantileWay) levels(fractions int) int {
	if w == bySplits {
		return bits.Len(uint(fractions))
	}
	return fractions
}

// exponential says whether choices are by the exponential mechanism, not by
// permute-and-flip. Permute-and-flip errs less at the same epsilon, but at a price
// in rho the exponential mechanism has twice its epsilon.
func (w quantileWay) exponential(gaussian bool) bool { return w == bySplits || gaussian }

// ranks is about the root of the mean square, over the fractions, of how many
// values an answer is off, where values lie close beside one another. A choice at
// the fraction q is off by sqrt(2)*2*max(q, 1-q)*scale, scale being the number of
// values of a key over epsilon. By splits, what the answers on both sides are off
// moves what a choice looks for.
func (w quantileWay) ranks(parts []uint64, scale float64) float64 {
	sum := 0.0
	w.walk(parts, func(low, high, part uint64, below, above float64) float64 {
		q := float64(part-low) / float64(high-low)
		off := math.Sqrt2 * 2 * math.Max(q, 1-q) * scale
		square := off*off + math.Pow((1-q)*below, 2) + math.Pow(q*above, 2)
		sum += square
		return math.Sqrt(square)
	})
	return math.Sqrt(sum / float64(len(parts)))
}

// bounds says of each fraction how many values its answer is off with a probability
// of alpha at most: a choice among n candidates of which one is right is off by more
// than ln(n/a) of its scale with probability a. By splits alpha is shared with the
// choices that it was found between.
func (w quantileWay) bounds(b *binSet, scale float64) (ranks []float64) {
	candidates := float64(b.n)
	if w == bySplits {
		s, err := mechanism.NewSplits(b.parts, fractions, big.NewRat(1, 1), 1, b.n)
		if err != nil {
			return nil
		}
		candidates *= float64(s.Places())
	}
	ranks = make([]float64, len(b.parts))
	for i, of := range b.parts {
		var found func(low, high uint64, parts []uint64, depth float64, below, above func(miss float64) float64) float64
		found = func(low, high uint64, parts []uint64, depth float64, below, above func(miss float64) float64) float64 {
			m := len(parts) / 2
			if w == byChoices {
				parts, m = []uint64{of}, 0
			}
			part := parts[m]
			q := float64(part-low) / float64(high-low)
			off := func(miss float64) float64 {
				return math.Log(candidates/miss)*math.Max(q, 1-q)*2*scale + (1-q)*below(miss) + q*above(miss)
			}
			switch {
			case of < part:
				return found(low, part, parts[:m], depth+1, below, off)
			case of > part:
				return found(part, high, parts[m+1:], depth+1, off, above)
			}
			return off(alpha / depth)
		}
		end := func(float64) float64 { return 0 }
		ranks[i] = found(0, fractions, b.parts, 1, end, end)
	}
	return ranks
}

// walk visits each fraction after those that it is found between, with what the
// visit gave for these two; for the ends of the range 0.
func (w quantileWay) walk(parts []uint64, visit func(low, high, part uint64, below, above float64) float64) {
	if w != bySplits {
		for _, p := range parts {
			visit(0, fractions, p, 0, 0)
		}
		return
	}
	var split func(parts []uint64, low, high uint64, below, above float64)
	split = func(parts []uint64, low, high uint64, below, above float64) {
		if len(parts) == 0 {
			return
		}
		m := len(parts) / 2
		off := visit(low, high, parts[m], below, above)
		split(parts[:m], low, parts[m], below, off)
		split(parts[m+1:], parts[m], high, off, above)
	}
	split(parts, 0, fractions, 0, 0)
}

// treeHeight is the least height of a tree with so many leaves.
func treeHeight(leaves int) int {
	height := 1
	for n := mechanism.DefaultBranching; n < leaves; n *= mechanism.DefaultBranching {
		height++
	}
	return height
}

// treeRanks is about the root of the mean square of how many values an answer of
// a tree is off: on each level a running sum of a node's children, shifted to add
// up to the node's total, which on average over the children has a variance of b/6
// of theirs, and the total's.
func treeRanks(deviation float64, height int) float64 {
	return deviation * math.Sqrt(float64(height)*(float64(mechanism.DefaultBranching)/6+0.5))
}
