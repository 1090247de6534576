package bill

import "glovebox.example/glovebox"

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

// Alpha is how often a confidence interval may miss, at most.
const Alpha = 0.05

// BlockStep is one mechanism that a metric of mode blocks goes through.
type BlockStep struct {
	Of        string `json:"of"` // "median", "q25", "q75", "sum", "vote"
	Mechanism string `json:"mechanism"`
	// Parameter is an exact fraction. For permute_and_flip: epsilon. For noise
	// of a sum, in steps of the grid: the scale of discrete_laplace or the
	// variance parameter of discrete_gaussian; in a winsorised mean the same
	// for a width of one step, to be multiplied by the width of the clamp
	// (variance: by its square).
	Parameter string `json:"parameter"`
	Loss      int64  `json:"loss"` // its part of the price
}

// BlockFacts say how a metric of mode blocks is made.
type BlockFacts struct {
	Of      string           `json:"of"`
	Combine glovebox.Combine `json:"combine"`
	Points  uint32           `json:"points"` // of the grid, or candidates
	Steps   []BlockStep      `json:"steps"`
	// Ranks bounds, for a median, how many ranks of the blocks' outputs the
	// answer is off, with 95 % probability; for a vote, how many votes.
	Ranks float64 `json:"ranks,omitempty"`
	// Half is, for a mean, half the width of a 95 % confidence interval.
	Half float64 `json:"half,omitempty"`
}

// BlockStep is a part in the words of facts about a metric of mode blocks.
func (p *Part) BlockStep() BlockStep {
	return BlockStep{p.Of, string(p.Law), p.Parameter.RatString(), p.Loss}
}

// Facts are the bill in words. Errors are left to the caller, who knows the
// metrics.
func (b *Bill) Facts() Facts {
	f := Facts{Neighbours: Neighbours, L0: b.L0, Price: b.Price.Amount, Errors: map[string]Error{}, Rounds: b.Rounds}
	for i := range b.Noise {
		f.Noise = append(f.Noise, b.Noise[i].facts())
	}
	if b.Selection != nil {
		f.Selection = b.Selection.facts()
	}
	return f
}

// Neighbours says of every job which data sets its promise compares.
const Neighbours = "add or remove one unit"

func (p *Part) facts() NoiseFacts {
	return NoiseFacts{
		Of: p.Of, Mechanism: string(p.Law), Parameter: p.Parameter.RatString(), Step: p.Step,
		Reach: p.Reach, Total: p.Total, Numbers: p.Numbers, Levels: p.Levels, Loss: p.Loss,
	}
}

func (s *Selection) facts() *SelectionFacts {
	f := &SelectionFacts{
		Mechanism: string(s.Law), Delta: s.Delta.RatString(), Even: s.Even, Always: s.Always, Loss: s.Loss, Rounds: s.Rounds, By: s.By,
	}
	if s.Epsilon != nil {
		f.Epsilon = s.Epsilon.RatString()
	}
	if s.Variance != nil {
		f.Variance = s.Variance.RatString()
	}
	if s.Threshold != nil {
		f.Threshold = s.Threshold.String()
	}
	return f
}
