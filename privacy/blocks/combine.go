package blocks

import (
	"math"
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/mechanism"
)

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
func (c *metric) mechanisms(path string) error {
	choice := func(i int, of string, at *big.Rat, loss int64) (err error) {
		eps := c.price.ChoiceEpsilon(loss)
		c.quantile[i], err = mechanism.NewBlockQuantile(at, eps, 1)
		c.steps = append(c.steps, choiceStep(of, eps, loss))
		return err
	}
	switch c.Combine {
	case glovebox.Median:
		return choice(0, "median", big.NewRat(1, 2), c.loss)
	case glovebox.Vote:
		eps := c.price.ChoiceEpsilon(c.loss)
		var err error
		c.vote, err = mechanism.NewVote(eps, 1)
		c.steps = append(c.steps, choiceStep("vote", eps, c.loss))
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
		noise, err := c.price.Noise(c.sumLoss, 1, width)
		if err != nil {
			return err
		}
		// The width of a winsorised mean's clamp is not known before: its noise is
		// that of one step times the width.
		sum := bill.Part{Of: "sum", Keys: 1, Reach: width, Scaled: c.Combine == glovebox.Winsor, Loss: c.sumLoss}
		sum.Law, sum.Parameter = noise.Law()
		c.steps = append(c.steps, sum)
		return nil
	}
	return glovebox.Invalid(path+".combine", "is none of median, mean, winsor and vote")
}

// choiceStep is a choice for one replaced output.
func choiceStep(of string, epsilon *big.Rat, loss int64) bill.Part {
	return bill.Part{Of: of, Law: mechanism.PermuteAndFlip, Parameter: epsilon, Keys: 1, Reach: 1, Loss: loss}
}

// Figure is one metric's answer. A function of noisy choices and noisy
// integers and of the declaration.
type Figure struct {
	Value  float64 // not of a vote
	Choice string  // of a vote
	// Lo and Hi hold a 95 % confidence interval where Margin is set: of a mean.
	// It covers the noise alone, not the spread of the blocks' outputs.
	Lo, Hi float64
	Margin bool
}

// figure combines the outputs of all blocks: points of the grid.
func (c *metric) figure(outputs []uint32, src *mechanism.Source) (Figure, error) {
	if c.Combine == glovebox.BlockAvg {
		return c.mean(outputs, 0, c.points-1, src)
	}
	counts := make([]uint64, c.points)
	for _, i := range outputs {
		counts[i]++
	}
	if c.Combine == glovebox.Vote {
		i, err := c.vote.First(counts, src)
		if err != nil {
			return Figure{}, err
		}
		return Figure{Choice: c.Values[i]}, nil
	}
	if c.Combine == glovebox.Median {
		i, err := c.quantile[0].Find(counts, src)
		return Figure{Value: c.value(float64(i))}, err
	}
	lo, err := c.quantile[1].Find(counts, src)
	if err != nil {
		return Figure{}, err
	}
	hi, err := c.quantile[2].Find(counts, src)
	if err != nil {
		return Figure{}, err
	}
	from, to := c.reach(min(lo, hi), max(lo, hi))
	f, err := c.mean(outputs, from, to, src)
	f.Margin = false // the clamp is noisy, too
	f.Lo, f.Hi = 0, 0
	return f, err
}

// reach is the clamp of a winsorised mean with these quartiles.
func (c *metric) reach(lo, hi int) (from, to uint32) {
	more := 2 * (hi - lo)
	return uint32(max(lo-more, 0)), uint32(min(hi+more, int(c.points-1)))
}

// mean is the noisy mean of the outputs clamped to lo..hi.
func (c *metric) mean(outputs []uint32, lo, hi uint32, src *mechanism.Source) (Figure, error) {
	if lo == hi {
		return Figure{Value: c.value(float64(lo))}, nil
	}
	noise, err := c.price.Noise(c.sumLoss, 1, int64(hi-lo))
	if err != nil {
		return Figure{}, err
	}
	sum := noise.Draw(src)
	for _, i := range outputs {
		sum = sum.Add(mechanism.NewInt128(int64(min(max(i, lo), hi))))
	}
	// The sampler's tail is not bounded; the answer is, by post-processing.
	n, half := float64(len(outputs)), noise.Radius(bill.Alpha)
	at := func(s float64) float64 { return c.value(math.Min(math.Max(s/n, float64(lo)), float64(hi))) }
	s := sum.Float64()
	return Figure{Value: at(s), Lo: at(s - half), Hi: at(s + half), Margin: true}, nil
}

// facts say how the metric is made.
func (c *metric) facts(count int) bill.BlockFacts {
	f := bill.BlockFacts{Of: c.Name, Combine: c.Combine, Points: c.points}
	for i := range c.steps {
		f.Steps = append(f.Steps, c.steps[i].BlockStep())
	}
	switch c.Combine {
	case glovebox.Median, glovebox.Vote:
		// With probability 1-p the utility is within 2*ln(m/p)/epsilon of the
		// best (McKenna and Sheldon 2020, from the exponential mechanism).
		eps, _ := c.price.ChoiceEpsilon(c.loss).Float64()
		f.Ranks = math.Ceil(2 * math.Log(float64(c.points)/bill.Alpha) / eps)
	case glovebox.BlockAvg:
		if noise, err := c.price.Noise(c.sumLoss, 1, int64(c.points-1)); err == nil {
			f.Half = noise.Radius(bill.Alpha) / float64(count) * (c.Max/2 - c.Min/2) / float64(c.points-1) * 2
		}
	}
	return f
}

// Facts returns how the job's table will be made.
func (p *Plan) Facts() bill.Facts {
	f := bill.Facts{Neighbours: bill.Neighbours, L0: 1, Price: p.bill.Price.Amount, Noise: []bill.NoiseFacts{}, Errors: map[string]bill.Error{}, Blocks: p.count, Whole: p.whole()}
	for i := range p.metrics {
		f.Combined = append(f.Combined, p.metrics[i].facts(p.count))
	}
	return f
}
