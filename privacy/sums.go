package privacy

import (
	"math"

	"glovebox.example/glovebox"
)

// count is the number of units.
type count struct{}

func (count) declare(l *layout, m *metric, _ string) error {
	m.units, m.plain = true, true
	l.figure(m.Name, m.Name, true)
	return nil
}

func (count) contribute(*Bounder, *metric, []uint64, []float64) {}

func (count) figures(r *releaser, _ *metric, cells []Cell, _ int) ([]Cell, error) {
	return append(cells, Cell{
		Value: math.Max(r.units, r.least),
		Lo:    math.Max(r.units-r.unitHalf, r.least),
		Hi:    math.Max(r.units+r.unitHalf, r.least),
	}), nil
}

func (count) errors(p *Plan, m *metric, all map[string]Error) {
	all[m.Name] = errorOf(p.budget.units)
}

// sum is the sum of one clamped value a unit.
type sum struct{}

func (sum) declare(l *layout, m *metric, path string) error {
	g, err := newGridFor(m.Metric, path)
	if err != nil {
		return err
	}
	if err := checkTotal(&m.Metric, path); err != nil {
		return err
	}
	g.most = m.MaxTotal
	l.totals = l.totals || m.MaxTotal > 0
	m.plain = m.MaxTotal == 0
	l.addGrid(m, g, m.Name, 1)
	l.figure(m.Name, m.Name, false)
	return nil
}

func (sum) contribute(b *Bounder, m *metric, cells []uint64, values []float64) {
	g := &b.plan.grids[m.grid]
	steps := g.steps(values[0])
	if m.MaxTotal > 0 {
		steps = b.shares[m.grid].of(steps)
	}
	addTo(cells, g.cell, steps)
}

func (sum) figures(r *releaser, m *metric, cells []Cell, _ int) ([]Cell, error) {
	g := &r.grids[m.grid]
	least, most := math.Inf(-1), math.Inf(1)
	if g.lo >= 0 {
		least = 0
	}
	if g.hi <= 0 {
		most = 0
	}
	half := g.value(r.halves[m.grid])
	v := g.value(r.sums[g.cell])
	return append(cells, cell(v, v-half, v+half, least, most)), nil
}

func (sum) errors(p *Plan, m *metric, all map[string]Error) { all[m.Name] = p.sumError(m) }

// checkTotal checks the bound of a sum over all keys of a unit.
func checkTotal(m *glovebox.Metric, path string) error {
	if m.MaxTotal == 0 {
		return nil
	}
	if most := math.Max(math.Abs(m.Min), math.Abs(m.Max)); !(m.MaxTotal >= most && m.MaxTotal <= MaxBound*MaxKeysPerUnit) {
		return glovebox.Invalid(path+".max_total", "is less than one value can be, or no number of magnitude up to %g", MaxBound*MaxKeysPerUnit).
			WithFix("write at least the larger magnitude of min and max")
	}
	return nil
}

// sumError is what the noise does to a sum, or to each number of a sum of vectors.
func (p *Plan) sumError(m *metric) Error {
	g, e := &p.grids[m.grid], errorOf(p.budget.sums[m.grid])
	return Error{StdDev: g.value(e.StdDev), Half: g.value(e.Half)}
}

// mean is a sum around the middle of the range over the number of units.
type mean struct{}

func (mean) declare(l *layout, m *metric, path string) error {
	m.units = true
	return sum{}.declare(l, m, path)
}

func (mean) contribute(b *Bounder, m *metric, cells []uint64, values []float64) {
	sum{}.contribute(b, m, cells, values)
}

func (mean) figures(r *releaser, m *metric, cells []Cell, _ int) ([]Cell, error) {
	return append(cells, r.mean(m.grid)), nil
}

func (mean) errors(p *Plan, m *metric, all map[string]Error) { all[m.Name] = p.meanError(m) }

// mean divides the noisy sum around the middle by the noisy number of units.
// The interval is the range of that quotient while both lie within intervals
// that miss with probability alpha/2 each, so it misses with alpha at most.
func (r *releaser) mean(j int) Cell {
	g := &r.grids[j]
	if r.units < 1 { // nothing can be said
		return cell(g.mid, g.min, g.max, g.min, g.max)
	}
	lo, hi := r.quotient(j, alpha/2)
	return cell(g.mid+g.value(r.sums[g.cell])/r.units, g.mid+lo, g.mid+hi, g.min, g.max)
}

func (p *Plan) meanError(m *metric) Error {
	b, g, s := &p.budget, &p.grids[m.grid], p.budget.sums[m.grid]
	reach := g.value(float64(g.reach()))
	return Error{
		StdDev: math.Hypot(g.value(s.StdDev()), reach*b.units.StdDev()),
		Half:   g.value(s.Radius(alpha/2)) + reach*b.units.Radius(alpha/2),
	}
}
