package privacy

import (
	"math"

	"glovebox"
)

// Leaves counts values on equal cells of a declared range, for a Tree or a
// Quantile. It is bookkeeping on this side of the noise: nothing of it may be
// shown.
type Leaves struct {
	min, max, perStep, step float64
	counts                  []uint64
}

// NewLeaves makes n empty cells over [min, max], both finite, min < max, of
// magnitude up to MaxBound. The range is declared, never read off the data.
func NewLeaves(min, max float64, n int) (*Leaves, error) {
	if !(math.Abs(min) <= MaxBound && math.Abs(max) <= MaxBound && min < max) || n < 1 || n > MaxTreeLeaves {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "cells need finite bounds, min below max, and a number in 1..%d", MaxTreeLeaves)
	}
	l := &Leaves{min: min, max: max, perStep: float64(n) / (max - min), step: (max - min) / float64(n)}
	if math.IsInf(l.perStep, 0) || l.step == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the bounds of cells are too close")
	}
	l.counts = make([]uint64, n)
	return l, nil
}

// Leaf returns the cell of v. What lies outside the range, or is no number, counts
// as the nearest bound, what is no number as the lower.
func (l *Leaves) Leaf(v float64) int {
	x := (v - l.min) * l.perStep
	if !(x > 0) {
		return 0
	}
	if last := len(l.counts) - 1; x >= float64(last) {
		return last
	}
	return int(x)
}

// Add counts one value.
func (l *Leaves) Add(v float64) { l.counts[l.Leaf(v)]++ }

// Counts returns the counts, to be read only.
func (l *Leaves) Counts() []uint64 { return l.counts }

// Value returns the value at a position on the cells, as Tree.Quantiles gives.
func (l *Leaves) Value(position float64) float64 {
	return math.Min(math.Max(l.min+position*l.step, l.min), l.max)
}
