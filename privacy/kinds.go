package privacy

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// aggregate is what a kind of metric does, from a declaration to figures. A kind
// is a file that implements it, and a line of aggregateOf.
type aggregate interface {
	// declare checks a metric and gives it its place: grids of sums or a set of
	// bins, and its figures.
	declare(l *layout, m *metric, path string) error
	// contribute adds one unit's part of one key to the key's cells; values are
	// the sums of the numbers that its records have for the metric. Kinds that take
	// each record as a value are counted by Bounder.addValues.
	contribute(b *Bounder, m *metric, cells []uint64, values []float64)
	// figures appends those of key number i, -1 if no unit has it.
	figures(r *releaser, m *metric, cells []Cell, i int) ([]Cell, error)
	// errors says what the noise does to the metric's figures.
	errors(p *Plan, m *metric, all map[string]Error)
}

// binned is an aggregate that counts records in bins.
type binned interface {
	aggregate
	// mechanism makes what a part of the price, in billionths, buys for a set of bins.
	mechanism(p *Plan, b *binSet, loss int64) (binMechanism, error)
}

// aggregateOf returns what a kind does; nil for a kind that there is not.
func aggregateOf(kind glovebox.MetricKind) aggregate {
	switch kind {
	case glovebox.Count:
		return count{}
	case glovebox.Sum:
		return sum{}
	case glovebox.Mean:
		return mean{}
	case glovebox.Variance:
		return variance{}
	case glovebox.Vector:
		return vector{}
	case glovebox.Histogram:
		return histogram{}
	case glovebox.Quantile:
		return quantile{}
	case glovebox.Distinct:
		return distinct{}
	case glovebox.Bounds:
		return bounds{}
	}
	return nil
}

// errorOf is what noise does to a whole number.
func errorOf(s mechanism.Sampler) Error { return Error{StdDev: s.StdDev(), Half: s.Radius(alpha)} }
