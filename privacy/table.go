package privacy

import (
	"math"

	"glovebox"
)

// Table is the private result of a job. Everything in it may be shown.
type Table struct {
	Keys    []glovebox.KeyField `json:"keys"`    // without lists, widths filled in
	Metrics []glovebox.Metric   `json:"metrics"` // as declared
	// Rows are sorted by key, field by field: numbers by value, text by bytes.
	// With public keys there is one for every possible key, with no key exactly
	// one, with private keys one for every key that was selected.
	Rows  []Row `json:"rows"`
	Facts Facts `json:"facts"`
}

// Row is one key and its figures.
type Row struct {
	Key   []any  `json:"key"`   // string or int64, per key field
	Cells []Cell `json:"cells"` // per metric
}

// Cell is one figure with its 95 % confidence interval: Lo <= Value <= Hi.
//
// All three are functions of noisy integers and of the declaration, rounded to
// a decimal place that follows from the width of the interval; none is
// negative zero, infinite or not a number. The interval covers the noise alone.
//
// A count is a whole number; it is clamped at 0 (at 1 for a private key, which
// somebody has), which is free and makes counts of empty public keys positive
// on average. A sum is clamped at 0 if no value can have the other sign. A
// mean is clamped to [min, max]; for a key without units it means nothing and
// its interval tends to the whole range.
type Cell struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
}

// Facts say how a table is made. They follow from the declaration alone and
// are known before any data is read.
type Facts struct {
	Neighbours string           `json:"neighbours"` // "add or remove one unit"
	L0         int              `json:"l0"`         // keys that one unit can touch
	Price      glovebox.Amount  `json:"price"`      // Loss: billionths of epsilon, or of rho for Gaussian noise
	Noise      []NoiseFacts     `json:"noise"`
	Selection  *SelectionFacts  `json:"selection,omitempty"` // nil: public keys
	Errors     map[string]Error `json:"errors"`              // per metric
	Whole      *Whole           `json:"whole,omitempty"`     // readings of what all mechanisms cost together
}

// NoiseFacts say what was added to one kind of number.
type NoiseFacts struct {
	Of        string `json:"of"`        // "units", or the name of a sum or mean
	Mechanism string `json:"mechanism"` // discrete_laplace, discrete_gaussian or permute_and_flip
	// Parameter is an exact fraction in steps: the scale of discrete_laplace
	// (probability proportional to exp(-|x|/scale)), the variance parameter of
	// discrete_gaussian (to exp(-x^2/(2*variance))). For permute_and_flip it is
	// the epsilon of one key.
	Parameter string `json:"parameter"`
	Step      string `json:"step"` // one step of the number's grid: "1", or a power of two such as "2^-37"
	// Reach is the most that one unit changes the number of one key, in steps.
	// Where there are several Numbers, it is the most in their norm: L2 for
	// discrete_gaussian, L1 for discrete_laplace.
	Reach   int64 `json:"reach"`
	Total   int64 `json:"total,omitempty"`   // most over all keys of one unit in the L1 norm, if declared
	Numbers int   `json:"numbers,omitempty"` // of one key, if more than one
	Levels  int   `json:"levels,omitempty"`  // of a tree of counts over the Numbers; all of them have Reach
	Loss    int64 `json:"loss"`              // its part of Price.Loss
}

// SelectionFacts say how private keys were selected.
type SelectionFacts struct {
	Mechanism string `json:"mechanism"`          // optimal_partition_selection, truncated_laplace_selection or gaussian_threshold_selection
	Epsilon   string `json:"epsilon,omitempty"`  // per key, an exact fraction; empty with Gaussian noise
	Variance  string `json:"variance,omitempty"` // of Gaussian noise, an exact fraction
	Delta     string `json:"delta"`              // per key, an exact fraction
	Even      uint64 `json:"even"`               // units with which a key is kept at least every other time
	Always    uint64 `json:"always"`             // units with which a key is always kept; 0: no number is sure
	Loss      int64  `json:"loss"`               // its part of Price.Loss
}

// Error is what the noise does to a metric, in the metric's own unit. For a mean
// both figures have to be divided by the number of units of the key, and hold
// while that is large beside its noise; they are upper bounds, reached where the
// mean is at an end of its range.
type Error struct {
	StdDev float64 `json:"std_dev"` // standard deviation
	Half   float64 `json:"half"`    // half the width of a 95 % confidence interval
}

// alpha is how often a confidence interval may miss, at most.
const alpha = 0.05

// Facts returns how the job's table will be made.
func (p *Plan) Facts() Facts {
	f := p.facts()
	f.Whole = p.whole()
	return f
}

func (p *Plan) facts() Facts {
	b := &p.budget
	f := Facts{
		Neighbours: "add or remove one unit", L0: p.l0, Price: b.price, Errors: map[string]Error{},
	}
	if b.units != nil {
		n := NoiseFacts{Of: "units", Step: "1", Reach: 1, Loss: b.unitLoss}
		n.Mechanism, n.Parameter = b.units.facts()
		f.Noise = append(f.Noise, n)
	}
	for i, m := range p.metrics {
		j := p.gridOf[i]
		if j < 0 {
			f.Errors[m.Name] = Error{StdDev: b.units.StdDev(), Half: b.units.Radius(alpha)}
			continue
		}
		g := &p.grids[j]
		n := NoiseFacts{Of: m.Name, Step: g.String(), Reach: g.reach(), Loss: b.sumLoss[j]}
		n.Mechanism, n.Parameter = b.sums[j].facts()
		f.Noise = append(f.Noise, n)
		e := Error{StdDev: g.value(b.sums[j].StdDev()), Half: g.value(b.sums[j].Radius(alpha))}
		if m.Kind == glovebox.Mean {
			reach := g.value(float64(g.reach()))
			e.StdDev = math.Hypot(e.StdDev, reach*b.units.StdDev())
			e.Half = g.value(b.sums[j].Radius(alpha/2)) + reach*b.units.Radius(alpha/2)
		}
		f.Errors[m.Name] = e
	}
	if k := b.keys; k != nil {
		f.Selection = k.facts(b.keyLoss)
	}
	return f
}
