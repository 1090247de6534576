package mechanism

import (
	"math/big"
	"math/bits"
	"sort"

	"glovebox.example/glovebox"
)

// Limits of Splits.
const (
	// splitPlaces is about how many places all points have together.
	splitPlaces   = 1 << 18
	minPlaces     = 16
	maxPlaces     = 1024
	maxFractions  = 1000
	maxSplitParts = MaxQuantileParts
)

// Splits finds several quantiles on a public grid by recursive splitting (Kaplan,
// Schnapp and Stemmer, "Differentially Private Approximate Quantiles", 2022): the
// middle one of the fractions is chosen among all points, then those below it
// among the values below, those above it among the values above. A value takes
// part in one choice on each level, so m fractions cost Levels() choices, the
// number of binary digits of m, and not m.
//
// Each choice is by the exponential mechanism (McSherry and Talwar 2007) with the
// utility in ranks that Quantile describes: a candidate of utility u is chosen with
// a probability proportional to exp(u*epsilon/(2*max(q, 1-q)*values)), exactly:
// candidates are drawn uniformly until the coin of one falls heads.
// That is epsilon-differentially private and has a range of epsilon, so that it is
// (epsilon^2/8)-zCDP (Cesar and Rogers, "Bounding, Concentrating, and Truncating",
// 2021), a quarter of what is known of permute-and-flip.
//
// Where many values are equal, a split beside them would leave too many on one
// side. So each point has a number of places, the same for all points, each value
// falls on one of its point's places at random, on its own, and places are what is
// chosen among and split at. Whatever the places are, they do not depend on other
// values, so they change nothing about privacy; an answer is a point, wherever
// among its places. Values of one place stay together.
//
// One unit adds at most the declared number of values in all. Of a level's
// choices each is private for the values that it sees, and a unit's values of all
// of them are no more than those it has: a choice that is epsilon-private for R
// values is epsilon*r/R-private for r, of which the sum, and the sum of squares,
// is largest where all are in one choice. So a level costs epsilon, or epsilon^2/8
// of rho. Answers do not fall from one fraction to the next.
//
// The number of coins depends on how the values lie; see the package comment on
// time.
type Splits struct {
	nodes          []splitNode // the first is the middle one
	points, places int
	levels         int
}

// splitNode is one choice.
type splitNode struct {
	*Chooser
	answer      int    // number of the fraction
	a, b        uint64 // the fraction of the values at hand
	left, right int    // nodes; 0: none
}

// NewSplits prepares quantiles at parts/whole, ascending, in (0, 1), on a grid of
// that many points. Epsilon is the price of one level; values is the most that one
// unit adds to all counts together. Neighbours differ by one unit added or removed.
func NewSplits(parts []uint64, whole uint64, epsilon *big.Rat, values uint64, points int) (*Splits, error) {
	if len(parts) < 1 || len(parts) > maxFractions || whole > maxSplitParts || values == 0 || values > MaxChanged || points < 1 || points > MaxQuantilePoints {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "quantiles by splitting take 1..%d fractions, 1..%d values of one unit and 1..%d points", maxFractions, MaxChanged, MaxQuantilePoints)
	}
	last := uint64(0)
	for _, p := range parts {
		if p <= last || p >= whole {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the fractions of quantiles do not ascend between 0 and 1")
		}
		last = p
	}
	s := &Splits{points: points, places: 1, levels: bits.Len(uint(len(parts)))}
	if len(parts) > 1 {
		for s.places = minPlaces; s.places < maxPlaces && 2*s.places*points <= splitPlaces; {
			s.places *= 2
		}
	}
	_, err := s.add(parts, 0, 0, whole, epsilon, values)
	return s, err
}

// add makes the node of some fractions between two, and those below it.
func (s *Splits) add(parts []uint64, first int, low, high uint64, epsilon *big.Rat, values uint64) (int, error) {
	if len(parts) == 0 {
		return 0, nil
	}
	m := len(parts) / 2
	n := splitNode{answer: first + m, a: parts[m] - low, b: high - low}
	var err error
	if n.Chooser, err = NewChooser(epsilon, max(n.a, n.b-n.a)*values, false); err != nil {
		return 0, err
	}
	at := len(s.nodes)
	s.nodes = append(s.nodes, n)
	left, err := s.add(parts[:m], first, low, parts[m], epsilon, values)
	if err != nil {
		return 0, err
	}
	right, err := s.add(parts[m+1:], first+m+1, parts[m], high, epsilon, values)
	s.nodes[at].left, s.nodes[at].right = left, right
	return at, err
}

// Levels returns how many choices one value takes part in.
func (s *Splits) Levels() int { return s.levels }

// Places returns how many places each point has: of values that are equal, a
// split keeps one part in so many together.
func (s *Splits) Places() int { return s.places }

// Range returns by how much at most so many values more change the odds of any two
// candidates of one choice, as a logarithm: what its coins lose.
func (s *Splits) Range(values uint64) *big.Rat {
	most := new(big.Rat)
	for i := range s.nodes {
		n := &s.nodes[i]
		r := new(big.Rat).SetInt(new(big.Int).SetUint64(2 * values * max(n.a, n.b-n.a)))
		if r.Mul(r, n.Rate()); r.Cmp(most) > 0 {
			most = r
		}
	}
	return most
}

// Find returns the chosen point of each fraction. Counts are how many values fell
// on each point of the grid, in ascending order of the points.
func (s *Splits) Find(counts []uint64, src *Source) ([]int, error) {
	if len(counts) != s.points || src == nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a grid of %d points got %d counts", s.points, len(counts))
	}
	f := &finding{Splits: s, upTo: make([]uint64, s.points+1), within: make([][]uint64, s.points), src: src, answers: make([]int, len(s.nodes))}
	for i, c := range counts {
		if c > maxQuantileValues || f.upTo[i] > maxQuantileValues {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "more than 2^45 values")
		}
		f.upTo[i+1] = f.upTo[i] + c
	}
	f.find(0, 0, s.points*s.places)
	return f.answers, nil
}

// finding is one release of quantiles.
type finding struct {
	*Splits
	upTo    []uint64   // values on the points before each
	within  [][]uint64 // of a point that was looked at: values on the places up to each
	src     *Source
	answers []int
}

// find makes the choice of a node among places from..to-1, then those below it.
func (f *finding) find(node, from, to int) {
	n := &f.nodes[node]
	at := min(from, f.points*f.places-1) // nothing is above the last
	if from < to {
		at = f.choose(n, from, to)
	}
	f.answers[n.answer] = at / f.places
	if n.left > 0 {
		f.find(n.left, from, at+1)
	}
	if n.right > 0 {
		f.find(n.right, at+1, to)
	}
}

// choose draws a place by the exponential mechanism.
func (f *finding) choose(n *splitNode, from, to int) int {
	base := f.before(from)
	target := n.a * (f.before(to) - base) // in units of 1/b ranks; below 2^63
	utility := func(at int) int64 {
		low, high := n.b*(f.before(at)-base), n.b*(f.before(at+1)-base)
		return min(int64(target)-int64(low), int64(high)-int64(target))
	}
	best := utility(f.reaching(n, from, to, base, target))
	for {
		at := from + int(f.src.below(uint64(to-from)))
		if n.coin(uint64(best-utility(at)), f.src) {
			return at
		}
	}
}

// reaching returns the first of some places up to which there are as many values
// as are wanted: of all places the best, since those before it have too few, and
// those after it begin there or later. Only its own point is scattered.
func (f *finding) reaching(n *splitNode, from, to int, base, target uint64) int {
	reaches := func(place int) bool { return n.b*(f.before(place+1)-base) >= target }
	first := from / f.places
	point := first + sort.Search((to-1)/f.places-first, func(i int) bool { return reaches((first+i+1)*f.places - 1) })
	low, high := max(from, point*f.places), min(to, (point+1)*f.places)
	return low + sort.Search(high-low-1, func(i int) bool { return reaches(low + i) })
}

// before returns how many values lie on the places before one.
func (f *finding) before(place int) uint64 {
	p, k := place/f.places, place%f.places
	if k == 0 {
		return f.upTo[p]
	}
	n := f.upTo[p+1] - f.upTo[p]
	if n == 0 {
		return f.upTo[p]
	}
	if f.within[p] == nil {
		f.within[p] = f.scatter(n)
	}
	return f.upTo[p] + f.within[p][k-1]
}

// scatter puts n values on the places of a point.
func (f *finding) scatter(n uint64) []uint64 {
	upTo := make([]uint64, f.places)
	for range n {
		upTo[f.src.below(uint64(f.places))]++
	}
	for k := 1; k < len(upTo); k++ {
		upTo[k] += upTo[k-1]
	}
	return upTo
}
