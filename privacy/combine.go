package privacy

import (
	"math"
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

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

// choiceEpsilon is what a part of loss billionths buys for a choice: epsilon
// itself, or, of rho, sqrt(2*rho) rounded down to a multiple of 2^-32, because
// epsilon-DP is (epsilon^2/2)-zCDP.
func choiceEpsilon(loss int64, gaussian bool) *big.Rat {
	if !gaussian {
		return big.NewRat(loss, 1e9)
	}
	x := new(big.Int).Lsh(big.NewInt(2*loss), 64)
	x.Sqrt(x.Quo(x, big.NewInt(1e9)))
	return new(big.Rat).SetFrac(x, new(big.Int).Lsh(big.NewInt(1), 32))
}

// mechanisms prepares what the metric's share buys.
//
//   - median: permute-and-flip over the grid, by rank; a replaced output moves
//     every rank by one at most.
//   - vote: permute-and-flip by votes; a replaced vote changes two counts by
//     one.
//   - mean: the exact sum of grid steps, which a replaced output changes by the
//     width of the grid at most, with noise; divided by the number of blocks,
//     which is public.
//   - winsor: a quarter of the share for each quartile, as for the median; the
//     rest for the mean of the outputs clamped to two quartile distances
//     beyond the quartiles, whose noise is made for that clamp's width alone.
func (c *blockMetric) mechanisms(path string, gaussian bool) error {
	choice := func(i int, of string, at *big.Rat, loss int64) (err error) {
		eps := choiceEpsilon(loss, gaussian)
		c.quantile[i], err = mechanism.NewBlockQuantile(at, eps, 1)
		c.steps = append(c.steps, BlockStep{of, "permute_and_flip", eps.RatString(), loss})
		return err
	}
	switch c.Combine {
	case glovebox.Median:
		return choice(0, "median", big.NewRat(1, 2), c.loss)
	case glovebox.Vote:
		eps := choiceEpsilon(c.loss, gaussian)
		var err error
		c.vote, err = mechanism.NewVote(eps, 1)
		c.steps = append(c.steps, BlockStep{"vote", "permute_and_flip", eps.RatString(), c.loss})
		return err
	case glovebox.BlockAvg, glovebox.Winsor:
		width := int64(c.points - 1)
		c.sumLoss = c.loss
		if c.Combine == glovebox.Winsor {
			quarter := c.loss / 4
			c.sumLoss -= 2 * quarter
			width = 1
			if err := choice(1, "q25", big.NewRat(1, 4), quarter); err != nil {
				return err
			}
			if err := choice(2, "q75", big.NewRat(3, 4), quarter); err != nil {
				return err
			}
		}
		noise, err := (&budget{gaussian: gaussian}).noise(c.sumLoss, 1, width)
		if err != nil {
			return err
		}
		name, parameter := noise.Parameter()
		c.steps = append(c.steps, BlockStep{"sum", name, parameter, c.sumLoss})
		return nil
	}
	return invalid(path+".combine", "is none of median, mean, winsor and vote")
}

// BlockFigure is one metric's answer. A function of noisy choices and noisy
// integers and of the declaration.
type BlockFigure struct {
	Value  float64 // not of a vote
	Choice string  // of a vote
	// Lo and Hi hold a 95 % confidence interval where Margin is set: of a mean.
	// It covers the noise alone, not the spread of the blocks' outputs.
	Lo, Hi float64
	Margin bool
}

// figure combines the outputs of all blocks: points of the grid.
func (c *blockMetric) figure(outputs []uint32, gaussian bool, src *mechanism.Source) (BlockFigure, error) {
	if c.Combine == glovebox.BlockAvg {
		return c.mean(outputs, 0, c.points-1, gaussian, src)
	}
	counts := make([]uint64, c.points)
	for _, i := range outputs {
		counts[i]++
	}
	if c.Combine == glovebox.Vote {
		i, err := c.vote.First(counts, src)
		if err != nil {
			return BlockFigure{}, err
		}
		return BlockFigure{Choice: c.Values[i]}, nil
	}
	if c.Combine == glovebox.Median {
		i, err := c.quantile[0].Find(counts, src)
		return BlockFigure{Value: c.value(float64(i))}, err
	}
	lo, err := c.quantile[1].Find(counts, src)
	if err != nil {
		return BlockFigure{}, err
	}
	hi, err := c.quantile[2].Find(counts, src)
	if err != nil {
		return BlockFigure{}, err
	}
	from, to := c.reach(min(lo, hi), max(lo, hi))
	f, err := c.mean(outputs, from, to, gaussian, src)
	f.Margin = false // the clamp is noisy, too
	f.Lo, f.Hi = 0, 0
	return f, err
}

// reach is the clamp of a winsorised mean with these quartiles.
func (c *blockMetric) reach(lo, hi int) (from, to uint32) {
	more := 2 * (hi - lo)
	return uint32(max(lo-more, 0)), uint32(min(hi+more, int(c.points-1)))
}

// mean is the noisy mean of the outputs clamped to lo..hi.
func (c *blockMetric) mean(outputs []uint32, lo, hi uint32, gaussian bool, src *mechanism.Source) (BlockFigure, error) {
	if lo == hi {
		return BlockFigure{Value: c.value(float64(lo))}, nil
	}
	noise, err := (&budget{gaussian: gaussian}).noise(c.sumLoss, 1, int64(hi-lo))
	if err != nil {
		return BlockFigure{}, err
	}
	sum := noise.Draw(src)
	for _, i := range outputs {
		sum = sum.Add(mechanism.NewInt128(int64(min(max(i, lo), hi))))
	}
	// The sampler's tail is not bounded; the answer is, by post-processing.
	n, half := float64(len(outputs)), noise.Radius(alpha)
	at := func(s float64) float64 { return c.value(math.Min(math.Max(s/n, float64(lo)), float64(hi))) }
	s := sum.Float64()
	return BlockFigure{Value: at(s), Lo: at(s - half), Hi: at(s + half), Margin: true}, nil
}

// facts say how the metric is made.
func (c *blockMetric) facts(count int, gaussian bool) BlockFacts {
	f := BlockFacts{Of: c.Name, Combine: c.Combine, Points: c.points, Steps: c.steps}
	switch c.Combine {
	case glovebox.Median, glovebox.Vote:
		// With probability 1-p the utility is within 2*ln(m/p)/epsilon of the
		// best (McKenna and Sheldon 2020, from the exponential mechanism).
		eps, _ := choiceEpsilon(c.loss, gaussian).Float64()
		f.Ranks = math.Ceil(2 * math.Log(float64(c.points)/alpha) / eps)
	case glovebox.BlockAvg:
		if noise, err := (&budget{gaussian: gaussian}).noise(c.sumLoss, 1, int64(c.points-1)); err == nil {
			f.Half = noise.Radius(alpha) / float64(count) * (c.Max/2 - c.Min/2) / float64(c.points-1) * 2
		}
	}
	return f
}

// Facts returns how the job's table will be made.
func (p *BlockPlan) Facts() Facts {
	f := Facts{Neighbours: "add or remove one unit", L0: 1, Price: p.budget.price, Noise: []NoiseFacts{}, Errors: map[string]Error{}, Blocks: p.count, Whole: p.whole()}
	for i := range p.metrics {
		f.Combined = append(f.Combined, p.metrics[i].facts(p.count, p.budget.gaussian))
	}
	return f
}
