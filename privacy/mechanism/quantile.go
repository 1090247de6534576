package mechanism

import (
	"math/big"

	"glovebox.example/glovebox"
)

// Limits of a quantile.
const (
	// MaxQuantilePoints bounds the public grid: every point costs one coin.
	MaxQuantilePoints = 1 << 20
	// MaxQuantileParts bounds the denominator of the quantile's fraction.
	MaxQuantileParts = 1 << 16
	// MaxChanged bounds the keys that one unit touches, and the values that it has
	// of one.
	MaxChanged = 1000
	// maxQuantileValues keeps utilities within 63 bits.
	maxQuantileValues = 1 << 45
)

// Quantile finds a point of a public grid such that about a given fraction of
// the values lie below it, by permute-and-flip. Values have been snapped to the
// grid; all that the mechanism sees is how many fell on each point.
//
// With L values below a point, E on it and the fraction q of n values, the utility
// of a point is how many ranks q*n lies inside [L, L+E], and below zero how many it
// lies outside:
//
//	min( q*n - L,  L + E - q*n )
//
// so a point that holds the quantile is preferred the more, the deeper it holds
// it: values that are equal tell it from its neighbours. One value more changes
// each of the two by q or by 1-q, so their least by max(q, 1-q) at most: for the
// median by 1/2. Not all points change in one direction, so permute-and-flip needs
// its factor 2.
//
// The answer is a point of the grid, never a value of the data. Every point
// weighs the same: where the grid says nothing about the data (no values, or
// several points that are equally right), points are equally likely, so a grid
// of unequal steps prefers the range where it is finer. No values at all give a
// uniform point. The ranks by which q*n lies outside an answer are below
// ln(m/p)*max(q, 1-q)*2/epsilon with probability 1-p for a grid of m points.
type Quantile struct {
	*Chooser
	a, b uint64 // the fraction
}

// NewQuantile makes an epsilon-differentially private quantile. At is the
// fraction, in (0, 1) with a denominator up to MaxQuantileParts; values is the
// most that one unit adds to all counts together. Neighbours differ by one unit
// added or removed.
func NewQuantile(at, epsilon *big.Rat, values uint64) (*Quantile, error) {
	a, b, err := fraction(at)
	if err != nil {
		return nil, err
	}
	// In units of 1/b: max(a, b-a) for each value.
	return newQuantile(a, b, epsilon, max(a, b-a), values)
}

// NewBlockQuantile makes an epsilon-differentially private quantile of the
// outputs of a fixed, public number of blocks, each snapped to the grid: with
// at = 1/2, the DP median of blocks mode. One unit, added or removed, changes the
// outputs of at most blocks of them (1 where each unit is in one block) in
// whatever way, and the number of outputs does not change: a replacement, which
// moves L and L+E by one at most, and so the utility of a point, for any q. Epsilon is the price of one unit, exactly; it pays for one output
// column, and several columns add up.
func NewBlockQuantile(at, epsilon *big.Rat, blocks uint64) (*Quantile, error) {
	a, b, err := fraction(at)
	if err != nil {
		return nil, err
	}
	return newQuantile(a, b, epsilon, b, blocks)
}

func newQuantile(a, b uint64, epsilon *big.Rat, each, values uint64) (*Quantile, error) {
	if values == 0 || values > MaxChanged {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the values that one unit changes are outside 1..%d", MaxChanged)
	}
	c, err := NewChooser(epsilon, each*values, false)
	if err != nil {
		return nil, err
	}
	return &Quantile{Chooser: c, a: a, b: b}, nil
}

func fraction(at *big.Rat) (a, b uint64, err error) {
	if at == nil || at.Sign() <= 0 || at.Cmp(big.NewRat(1, 1)) >= 0 || at.Denom().Cmp(big.NewInt(MaxQuantileParts)) > 0 {
		return 0, 0, glovebox.Errorf(glovebox.CodeInvalid, "a quantile's fraction is not in (0, 1) with a denominator up to %d", MaxQuantileParts)
	}
	return at.Num().Uint64(), at.Denom().Uint64(), nil
}

// Find returns the chosen point's number. Counts are how many values fell on
// each point of the grid, in ascending order of the points.
func (q *Quantile) Find(counts []uint64, src *Source) (int, error) {
	if len(counts) > MaxQuantilePoints {
		return 0, glovebox.Errorf(glovebox.CodeInvalid, "the grid of a quantile has more than %d points", MaxQuantilePoints)
	}
	n := uint64(0)
	for _, c := range counts {
		if c > maxQuantileValues || n > maxQuantileValues {
			return 0, glovebox.Errorf(glovebox.CodeInternal, "more than 2^45 values")
		}
		n += c
	}
	utility := make([]int64, len(counts))
	below, target := uint64(0), q.a*n // in units of 1/b ranks; below 2^63
	for i, c := range counts {
		upTo := below + q.b*c
		utility[i] = min(int64(target)-int64(below), int64(upTo)-int64(target))
		below = upTo
	}
	return q.Choose(utility, src)
}

// Fraction returns which quantile it is, in (0, 1).
func (q *Quantile) Fraction() *big.Rat {
	return new(big.Rat).SetFrac(new(big.Int).SetUint64(q.a), new(big.Int).SetUint64(q.b))
}

// Rank returns which of n sorted values is the quantile, counted from 1, for n
// above 0.
func (q *Quantile) Rank(n uint64) uint64 { return (q.a*n + q.b - 1) / q.b }
