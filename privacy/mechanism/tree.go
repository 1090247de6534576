package mechanism

import (
	"math"
	"math/big"
	"slices"

	"glovebox.example/glovebox"
)

// Limits of a tree.
const (
	MaxTreeLeaves    = 1 << 20
	MaxTreeBranching = 256
	// DefaultBranching and DefaultHeight make 65,536 leaves. A wider node sums up
	// more noise on its level, a higher tree has more levels to share the budget;
	// 16 is near the best for a tree of this size.
	DefaultBranching = 16
	DefaultHeight    = 4
)

// Tree finds any number of quantiles for one price. Its leaves are the equal
// cells of a public range; every node above counts the values of its leaves.
// All nodes but the root get independent discrete noise, and answers are made
// from those noisy counts alone, so asking for more quantiles costs nothing
// (Cormode, Procopiuc, Srivastava, Shen and Yu, "Differentially Private Spatial
// Decompositions", 2012, for the tree; Hay, Rastogi, Miklau and Suciu, "Boosting
// the Accuracy of Differentially Private Histograms Through Consistency", 2010,
// for consistency).
//
// A quantile is found by descent. The noisy counts of a node's children are
// shifted by equal parts so that they add up to what the node itself was found
// to hold, their running sums are made monotone by the nearest monotone sequence
// (isotonic regression) and cut to the node's own total; the descent goes where
// the wanted rank falls. What a node's children hold is computed once, so that
// answers are monotone: a higher fraction never gets a lower answer. Noise is
// drawn for nodes that a descent meets, in an order that follows from the noisy
// counts before; nodes never met would have had noise, too, and are not shown.
//
// One unit adds at most values counts to the leaves of each of at most keys
// trees, so every level of a tree changes by at most values, in the L1 and so
// in the L2 norm.
type Tree struct {
	branching, height, leaves int
	noise                     Sampler
}

// NewLaplaceTree makes a tree whose counts get discrete Laplace noise of scale
// keys*height*values/epsilon: all trees together are epsilon-differentially
// private, for neighbours that differ by one unit added or removed.
func NewLaplaceTree(branching, height int, epsilon *big.Rat, keys, values uint64) (*Tree, error) {
	t, err := NewTree(branching, height, nil)
	if err != nil {
		return nil, err
	}
	if epsilon == nil || epsilon.Sign() <= 0 || keys == 0 || values == 0 || keys > MaxChanged || values > MaxChanged {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "a tree takes a price above 0 and keys and values in 1..%d", MaxChanged)
	}
	changes := new(big.Int).SetUint64(keys * uint64(height))
	scale := new(big.Rat).SetInt(changes.Mul(changes, new(big.Int).SetUint64(values)))
	if t.noise, err = NewLaplace(scale.Quo(scale, epsilon)); err != nil {
		return nil, err
	}
	return t, nil
}

// NewTree makes a tree of branching^height leaves whose counts get that noise:
// what it guarantees is what the noise guarantees where one unit changes every
// level by what its data can.
func NewTree(branching, height int, noise Sampler) (*Tree, error) {
	t := &Tree{branching: branching, height: height, leaves: 1, noise: noise}
	if branching < 2 || branching > MaxTreeBranching || height < 1 || height > 20 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "a tree takes a branching in 2..%d and a height in 1..20", MaxTreeBranching)
	}
	for range height {
		if t.leaves *= branching; t.leaves > MaxTreeLeaves {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "a tree has more than %d leaves", MaxTreeLeaves)
		}
	}
	return t, nil
}

// With returns the tree with other noise.
func (t *Tree) With(noise Sampler) *Tree {
	u := *t
	u.noise = noise
	return &u
}

// Noise returns what is added to each count.
func (t *Tree) Noise() Sampler { return t.noise }

// Height returns the number of levels below the root.
func (t *Tree) Height() int { return t.height }

// Leaves returns the number of leaves.
func (t *Tree) Leaves() int { return t.leaves }

// Quantiles returns for each fraction in at, each in [0, 1], a position on the
// leaves in [0, Leaves()], whole numbers being the edges between leaves; within
// a leaf, values count as spread evenly. Counts are the values on each leaf.
func (t *Tree) Quantiles(counts []uint64, at []float64, src *Source) ([]float64, error) {
	d, err := t.descend(counts, src)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(at))
	for i, q := range at {
		if !(q >= 0 && q <= 1) {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "a quantile's fraction is outside [0, 1]")
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case at[i] < at[j]:
			return -1
		case at[i] > at[j]:
			return 1
		}
		return 0
	})
	answers := make([]float64, len(at))
	for _, i := range order {
		answers[i] = d.find(at[i])
	}
	return answers, nil
}

// descend begins a release.
func (t *Tree) descend(counts []uint64, src *Source) (*descent, error) {
	if len(counts) != t.leaves || src == nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a tree of %d leaves got %d counts", t.leaves, len(counts))
	}
	d := &descent{Tree: t, upTo: make([]uint64, t.leaves+1), src: src, known: map[[2]int][]float64{}}
	for i, c := range counts {
		if c > maxQuantileValues || d.upTo[i] > maxQuantileValues {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "more than 2^45 values")
		}
		d.upTo[i+1] = d.upTo[i] + c
	}
	return d, nil
}

// descent is one release of a tree.
type descent struct {
	*Tree
	upTo  []uint64 // values on the leaves before each
	src   *Source
	known map[[2]int][]float64 // by first leaf and leaves: running sums of the children
}

// find descends to the fraction q. All floats here are made of noisy counts.
func (d *descent) find(q float64) float64 {
	start, span := 0, d.leaves
	sums := d.children(start, span, math.NaN())
	total := sums[d.branching]
	if total <= 0 {
		return q * float64(d.leaves)
	}
	rank := q * total
	for {
		i := 1
		for i < d.branching && (sums[i] < rank || sums[i] <= sums[i-1]) {
			i++
		}
		for i > 1 && sums[i] <= sums[i-1] { // nothing from here on: back to the last child that has any
			i--
		}
		span /= d.branching
		start += (i - 1) * span
		rank, total = rank-sums[i-1], sums[i]-sums[i-1]
		if span == 1 {
			return float64(start) + math.Min(math.Max(rank/total, 0), 1)
		}
		sums = d.children(start, span, total)
	}
}

// children returns the running sums of the children of a node that holds total,
// from 0 to total; the root's total is what its children add up to.
func (d *descent) children(start, span int, total float64) []float64 {
	id := [2]int{start, span}
	if sums, ok := d.known[id]; ok {
		return sums
	}
	b, step := d.branching, span/d.branching
	sums := make([]float64, b+1)
	for i := range b {
		at := start + i*step
		n := d.noise.Draw(d.src).Add(Int128{Lo: d.upTo[at+step] - d.upTo[at]})
		sums[i+1] = sums[i] + n.Float64()
	}
	if math.IsNaN(total) {
		total = math.Max(sums[b], 0)
	}
	shift := (total - sums[b]) / float64(b)
	for i := 1; i < b; i++ {
		sums[i] += float64(i) * shift
	}
	isotonic(sums[1:b])
	for i := 1; i < b; i++ {
		sums[i] = math.Min(math.Max(sums[i], 0), total)
	}
	sums[b] = total
	d.known[id] = sums
	return sums
}

// isotonic replaces v by the nearest sequence, in squares, that does not fall:
// pool adjacent violators.
func isotonic(v []float64) {
	type pool struct {
		mean float64
		n    int
	}
	var pools []pool
	for _, x := range v {
		p := pool{x, 1}
		for len(pools) > 0 && pools[len(pools)-1].mean > p.mean {
			last := pools[len(pools)-1]
			n := last.n + p.n
			p = pool{(last.mean*float64(last.n) + p.mean*float64(p.n)) / float64(n), n}
			pools = pools[:len(pools)-1]
		}
		pools = append(pools, p)
	}
	i := 0
	for _, p := range pools {
		for range p.n {
			v[i] = p.mean
			i++
		}
	}
}
