package privacy

import (
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// minSpread is the least distance of the bounds of a variance: its square is
// still far from where floats end.
const minSpread = 1e-100

// variance is the variance and the mean of one clamped value a unit.
type variance struct{}

// declare makes a variance's two sums, which both count from the middle of
// the range. With y a unit's value less the middle and M the square of half the
// range, the first adds up y, the second y^2 - M/2: a unit changes them by
// sqrt(M) and M/2 at most, half of what y^2 itself would take.
func (variance) declare(l *layout, x *metric, path string) error {
	g, err := newGridFor(x.Metric, path)
	if err != nil {
		return err
	}
	if x.Max-x.Min < minSpread {
		return glovebox.Invalid(path+".max", "is too close to min")
	}
	m := squareOfHalf(&g)
	x.units = true
	l.addGrid(x, g, x.Name, 1)
	l.addGrid(x, newGrid(-m/2, m/2, false), x.Name+" squared", 1)
	l.figure(x.Name, x.Name, false)
	l.figure(x.Name+".mean", x.Name, false)
	return nil
}

// squareOfHalf is M, the most that a variance of values in the range can be.
func squareOfHalf(g *grid) float64 {
	half := g.max/2 - g.min/2
	return half * half
}

func (variance) contribute(b *Bounder, m *metric, cells []uint64, values []float64) {
	first, second := b.plan.moments(m, values[0])
	at := b.plan.grids[m.grid].cell
	addTo(cells, at, first)
	addTo(cells, at+1, second)
}

func (variance) errors(p *Plan, m *metric, all map[string]Error) {
	all[m.Name], all[m.Name+".mean"] = p.varianceError(m), p.meanError(m)
}

// moments are the steps that a value adds to a variance's two sums.
func (l *layout) moments(m *metric, v float64) (first, second int64) {
	g, squares := &l.grids[m.grid], &l.grids[m.grid+1]
	if !(v > g.min) {
		v = g.min
	}
	y := math.Min(v, g.max) - g.mid
	return g.steps(v), squares.steps(y*y - squareOfHalf(g)/2)
}

// figures appends the variance and the mean. The interval of the variance is
// its range while the two sums and the number of units lie within intervals that
// miss with probability alpha/3 each.
func (variance) figures(r *releaser, m *metric, cells []Cell, _ int) ([]Cell, error) {
	j, units := m.grid, r.units
	g, squares := &r.grids[j], &r.grids[j+1]
	most := squareOfHalf(g)
	if units < 1 { // nothing can be said
		return append(cells, cell(0, 0, most, 0, most), r.mean(j)), nil
	}
	first := g.value(r.sums[g.cell]) / units
	second := squares.value(r.sums[squares.cell])/units + most/2
	a, b := r.quotient(j, alpha/3)
	lo, hi := r.quotient(j+1, alpha/3)
	// The square of the mean's distance from the middle, over [a, b].
	near := math.Max(0, math.Max(a, -b))
	far := math.Max(math.Abs(a), math.Abs(b))
	v := cell(second-first*first, lo+most/2-far*far, hi+most/2-near*near, 0, most)
	return append(cells, v, r.mean(j)), nil
}

// varianceError is what the noise does to a variance, to be divided by the
// number of units, where the value is as far from the middle as it can be: the
// noise of the squares; that of the sum, by at most 2*sqrt(M); that of the units,
// by at most 3*M/2.
func (p *Plan) varianceError(m *metric) Error {
	b, g := &p.budget, &p.grids[m.grid]
	most := squareOfHalf(g)
	sum, squares := b.sums[m.grid], b.sums[m.grid+1]
	of := func(f func(s mechanism.Sampler) float64, add func(...float64) float64) float64 {
		return add(p.grids[m.grid+1].value(f(squares)), 2*math.Sqrt(most)*g.value(f(sum)), 1.5*most*f(b.units))
	}
	return Error{
		StdDev: of(mechanism.Sampler.StdDev, func(x ...float64) float64 { return math.Hypot(math.Hypot(x[0], x[1]), x[2]) }),
		Half:   of(func(s mechanism.Sampler) float64 { return s.Radius(alpha / 3) }, func(x ...float64) float64 { return x[0] + x[1] + x[2] }),
	}
}
