package privacy

import (
	"math"
	"math/big"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/declared"
)

// Grid sizes.
const (
	// gridBits: the larger bound of a value is at most 2^40 grid steps, so that
	// even a rounding that all of 10^9 units have in common stays below a
	// thousandth of the range.
	gridBits = 40
	// minGridExp keeps one step and its inverse normal floats.
	minGridExp = -1000
	// MaxBound is the largest magnitude of min and max.
	MaxBound = declared.MaxBound
)

// grid maps a unit's value to an integer number of steps 2^exp. It is made
// from the declared bounds alone.
type grid struct {
	min, max float64
	mid      float64 // subtracted first; 0 unless the value is centred
	exp      int
	inv      float64 // 2^-exp
	lo, hi   int64   // the range in steps, snapped outward
	most     float64 // that one unit adds to the sums of all its keys; 0: as much as they allow

	of          string // name of the metric, for facts
	cell, cells int    // its sums in a partial: the first and how many
}

// newGrid makes the grid of a value in [min, max]. A centred one counts from
// the middle, which halves what one unit can change where bounds are of equal
// sign, and never increases it.
func newGrid(min, max float64, centred bool) grid {
	g := grid{min: min, max: max}
	if centred {
		g.mid = min/2 + max/2
	}
	lo, hi := min-g.mid, max-g.mid
	_, e := math.Frexp(math.Max(math.Abs(lo), math.Abs(hi))) // in [2^(e-1), 2^e)
	g.exp = e - gridBits
	if g.exp < minGridExp {
		g.exp = minGridExp
	}
	g.inv = math.Ldexp(1, -g.exp)
	g.lo, g.hi = int64(math.Floor(lo*g.inv)), int64(math.Ceil(hi*g.inv))
	return g
}

// steps clamps v and snaps it to the grid. Whatever v is, the result lies in
// [lo, hi]: products with a power of two are exact or vanish, rounding keeps
// order, and the last two lines hold in any case.
func (g *grid) steps(v float64) int64 {
	if !(v > g.min) { // also if v is not a number
		v = g.min
	}
	if v > g.max {
		v = g.max
	}
	q := int64(math.RoundToEven((v - g.mid) * g.inv))
	if q < g.lo {
		q = g.lo
	}
	if q > g.hi {
		q = g.hi
	}
	return q
}

// reach is the most that one unit adds to one key, in steps: to the sum, or in
// the L2 norm to the sums of a vector.
func (g *grid) reach() int64 { return max(-g.lo, g.hi) }

// norm is the most that one unit adds to one key in the norm that the noise is
// made for: L2 for Gaussian noise, L1 for Laplace. A vector of n numbers and L2
// norm r has an L1 norm of at most r*sqrt(n).
func (g *grid) norm(gaussian bool) int64 {
	r := g.reach()
	if gaussian || g.cells <= 1 {
		return r
	}
	n := new(big.Int).Mul(big.NewInt(r), big.NewInt(r))
	return n.Sqrt(n.Mul(n, big.NewInt(int64(g.cells)))).Int64()
}

// value returns n steps as a float.
func (g *grid) value(n float64) float64 { return math.Ldexp(n, g.exp) }

// newGridFor checks the bounds of a metric.
func newGridFor(m glovebox.Metric, path string) (grid, error) {
	if err := declared.Range(m.Min, m.Max, path); err != nil {
		return grid{}, err
	}
	return newGrid(m.Min, m.Max, m.Kind != glovebox.Sum), nil
}

// coarsen makes the grid coarser until Laplace noise of scale norm*perStep steps
// has a scale below 2^62. That happens only where the noise is so large beside the
// range that a finer grid would be lost in it.
func (g *grid) coarsen(perStep *big.Rat) {
	limit := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 62))
	for {
		s := new(big.Rat).Mul(perStep, new(big.Rat).SetInt64(g.norm(false)))
		if s.Cmp(limit) < 0 || g.reach() <= 1 {
			return
		}
		g.exp++
		g.inv /= 2
		g.lo, g.hi = int64(math.Floor((g.min-g.mid)*g.inv)), int64(math.Ceil((g.max-g.mid)*g.inv))
	}
}

func (g *grid) String() string { return "2^" + strconv.Itoa(g.exp) }
