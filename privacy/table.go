package privacy

import (
	"math"
	"math/big"

	"glovebox.example/glovebox"
)

// Table is the private result of a job. Everything in it may be shown.
type Table struct {
	Keys    []glovebox.KeyField `json:"keys"`    // without lists, widths filled in
	Metrics []glovebox.Metric   `json:"metrics"` // as declared
	Figures []Figure            `json:"figures"` // what the metrics make of each key
	// Rows are sorted by key, field by field: numbers by value, text by bytes;
	// those of a top by the figure that it is by, largest first. With public keys there is one for every possible key, with no key exactly
	// one, with private keys one for every key that was selected.
	Rows  []Row `json:"rows"`
	Facts Facts `json:"facts"`
}

// Row is one key and its figures.
type Row struct {
	Key   []any  `json:"key"`   // string or int64, per key field
	Cells []Cell `json:"cells"` // per figure
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
// its interval tends to the whole range. Where a key shows because this very
// number is above a threshold, it is too high for keys that are below it: see
// SelectionFacts.
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
	Errors     map[string]Error `json:"errors"`              // per metric, or per figure NAME.mean
	Blocks     int              `json:"blocks,omitempty"`    // mode blocks: their number
	Combined   []BlockFacts     `json:"combined,omitempty"`  // mode blocks: per metric
	Rounds     int              `json:"rounds,omitempty"`    // mode train: each has this noise
	Whole      *Whole           `json:"whole,omitempty"`     // readings of what all mechanisms cost together
}

// NoiseFacts say what was added to one kind of number.
type NoiseFacts struct {
	Of        string `json:"of"`        // "units", or the name of a metric
	Mechanism string `json:"mechanism"` // discrete_laplace, discrete_gaussian, permute_and_flip or exponential
	// Parameter is an exact fraction in steps: the scale of discrete_laplace
	// (probability proportional to exp(-|x|/scale)), the variance parameter of
	// discrete_gaussian (to exp(-x^2/(2*variance))). For permute_and_flip and
	// exponential it is the epsilon of one choice for one key.
	Parameter string `json:"parameter"`
	Step      string `json:"step"` // one step of the number's grid: "1", or a power of two such as "2^-37"
	// Reach is the most that one unit changes the number of one key, in steps.
	// Where there are several Numbers, it is the most in their norm: L2 for
	// discrete_gaussian, L1 for discrete_laplace.
	Reach   int64 `json:"reach"`
	Total   int64 `json:"total,omitempty"`   // most over all keys of one unit in the L1 norm, if declared
	Numbers int   `json:"numbers,omitempty"` // of one key, if more than one
	Levels  int   `json:"levels,omitempty"`  // of a tree of counts over the Numbers; of choices, those that one value takes part in: all have Reach
	Loss    int64 `json:"loss"`              // its part of Price.Loss
}

// SelectionFacts say how private keys were selected.
type SelectionFacts struct {
	// Mechanism is released_number_threshold, optimal_partition_selection,
	// truncated_laplace_selection, gaussian_threshold_selection or
	// permute_and_flip_rounds.
	Mechanism string `json:"mechanism"`
	Epsilon   string `json:"epsilon,omitempty"`  // per key, an exact fraction; empty with Gaussian noise, and where a released number selects
	Variance  string `json:"variance,omitempty"` // of Gaussian noise, an exact fraction
	Delta     string `json:"delta"`              // per key, an exact fraction
	Even      uint64 `json:"even"`               // units with which a key is kept at least every other time; by a sum: units that add the most
	Always    uint64 `json:"always"`             // units with which a key is always kept; 0: no number is sure
	Loss      int64  `json:"loss"`               // its part of Price.Loss; 0 where a released number selects
	// Of a top that is chosen in rounds, permute_and_flip_rounds: Epsilon is that
	// of a round and Delta that of all; Even and Always are 0.
	Rounds int `json:"rounds,omitempty"`
	// By is the metric whose exact values are compared in rounds; of
	// released_number_threshold the number whose noisy value is compared, as Noise
	// has it.
	By string `json:"by,omitempty"`
	// Threshold is, in units or in steps of the metric's grid, the value that the
	// candidate "no key" has in rounds, and what a released number has to be above.
	Threshold string `json:"threshold,omitempty"`
}

// Error is what the noise does to a metric, in the metric's own unit; to each
// number of a vector, to each count of a histogram and of bounds; for a distinct
// count, while few cells are marked. For a mean and a variance
// both figures have to be divided by the number of units of the key, and hold
// while that is large beside its noise; they are upper bounds, reached where the
// mean is at an end of its range.
type Error struct {
	StdDev float64 `json:"std_dev"` // standard deviation
	Half   float64 `json:"half"`    // half the width of a 95 % confidence interval
	// Ranks is how many values a quantile may lie off the wanted rank, with 95 %
	// confidence; the other two are 0 then.
	Ranks float64 `json:"ranks,omitempty"`
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
		n.Mechanism, n.Parameter = b.units.Parameter()
		f.Noise = append(f.Noise, n)
	}
	for j := range p.grids {
		g := &p.grids[j]
		n := NoiseFacts{Of: g.of, Step: g.String(), Reach: g.norm(b.gaussian), Loss: b.sumLoss[j]}
		if g.cells > 1 {
			n.Numbers = g.cells
		}
		if g.most > 0 {
			n.Total = g.total(p.l0)
		}
		n.Mechanism, n.Parameter = b.sums[j].Parameter()
		f.Noise = append(f.Noise, n)
	}
	for j := range p.bins {
		f.Noise = append(f.Noise, p.binFacts(j))
	}
	for i := range p.metrics {
		p.errors(f.Errors, &p.metrics[i])
	}
	if t := p.top; t != nil && t.rounds {
		threshold := new(big.Int).Lsh(big.NewInt(t.threshold), t.shift)
		f.Selection = &SelectionFacts{
			Mechanism: "permute_and_flip_rounds", Epsilon: t.epsilon.RatString(),
			Delta: new(big.Rat).SetFrac64(b.price.Delta, 1e15).RatString(), Loss: b.keyLoss,
			Rounds: t.k, By: p.metrics[t.metric].Name, Threshold: threshold.String(),
		}
	}
	if b.by != nil {
		f.Selection = b.by.facts()
	}
	if k := b.keys; k != nil {
		f.Selection = factsOf(k, b.keyLoss)
	}
	return f
}

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

// binFacts says how the values of set j get their noise.
func (p *Plan) binFacts(j int) NoiseFacts {
	b, m := &p.bins[j], &p.budget.bins[j]
	n := NoiseFacts{Of: p.metrics[b.metric].Name, Step: "1", Reach: int64(p.perKey), Loss: p.budget.binLoss[j], Numbers: b.n}
	if p.scarce {
		n.Total = int64(p.maxRecords)
	}
	switch {
	case m.epsilon != nil:
		n.Mechanism, n.Parameter = "permute_and_flip", m.epsilon.RatString()
		if m.exponential {
			n.Mechanism = "exponential"
		}
		if m.levels > 1 {
			n.Levels = m.levels
		}
		return n
	case m.tree != nil:
		n.Levels, n.Numbers = m.tree.Height(), m.tree.Leaves()
	case b.marks():
		n.Numbers = 0
	}
	n.Mechanism, n.Parameter = m.noise.Parameter()
	return n
}
