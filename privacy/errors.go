package privacy

import (
	"math"

	"glovebox.example/glovebox"
)

// errors adds what the noise does to a metric.
func (p *Plan) errors(all map[string]Error, m *metric) {
	b := &p.budget
	switch m.Kind {
	case glovebox.Count:
		all[m.Name] = Error{StdDev: b.units.StdDev(), Half: b.units.Radius(alpha)}
	case glovebox.Sum, glovebox.Vector:
		g, s := &p.grids[m.grid], b.sums[m.grid]
		all[m.Name] = Error{StdDev: g.value(s.StdDev()), Half: g.value(s.Radius(alpha))}
	case glovebox.Mean:
		all[m.Name] = p.meanError(m)
	case glovebox.Quantile:
		all[m.Name] = p.quantileError(m.bins)
	case glovebox.Histogram, glovebox.Distinct, glovebox.Bounds:
		s := b.bins[m.bins].noise
		all[m.Name] = Error{StdDev: s.StdDev(), Half: s.Radius(alpha)}
	case glovebox.Variance:
		all[m.Name], all[m.Name+".mean"] = p.varianceError(m), p.meanError(m)
	}
}

func (p *Plan) meanError(m *metric) Error {
	b, g, s := &p.budget, &p.grids[m.grid], p.budget.sums[m.grid]
	reach := g.value(float64(g.reach()))
	return Error{
		StdDev: math.Hypot(g.value(s.StdDev()), reach*b.units.StdDev()),
		Half:   g.value(s.Radius(alpha/2)) + reach*b.units.Radius(alpha/2),
	}
}
