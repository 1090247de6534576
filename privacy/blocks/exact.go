package blocks

import (
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Exact are outputs of blocks and their combination, without noise.
type Exact struct {
	Figures []Figure   // per metric: all blocks combined
	Blocks  [][]Figure // per block and metric: what the block counts with
}

// Exact reads the outputs of all blocks without noise and without using them
// up: the quantile that a median looks for, the candidate with most votes (of
// equals the first), means without noise. Intervals have no width.
//
// It is for sample data alone, as Plan.Exact is, and the same test of the
// architecture keeps it so.
func (p *Plan) Exact(t *Outputs) *Exact {
	e := &Exact{Blocks: make([][]Figure, p.count)}
	outputs := make([]uint32, p.count)
	for i := range p.metrics {
		c := &p.metrics[i]
		for b := range outputs {
			outputs[b] = t.points[b*len(p.metrics)+i]
			e.Blocks[b] = append(e.Blocks[b], c.at(float64(outputs[b])))
		}
		e.Figures = append(e.Figures, c.still(outputs))
	}
	return e
}

// at is the figure at a place of the grid, or the candidate of that number.
func (c *metric) at(i float64) Figure {
	if c.Combine == glovebox.Vote {
		return Figure{Choice: c.Values[int(i)]}
	}
	v := c.value(i)
	return Figure{Value: v, Lo: v, Hi: v}
}

// still is figure without noise.
func (c *metric) still(outputs []uint32) Figure {
	if c.Combine == glovebox.Vote {
		counts := make([]int, c.points)
		for _, i := range outputs {
			counts[i]++
		}
		return c.at(float64(slices.Index(counts, slices.Max(counts))))
	}
	sorted := slices.Sorted(slices.Values(outputs))
	quantile := func(q *mechanism.Quantile) int {
		return int(sorted[q.Rank(uint64(len(sorted)))-1])
	}
	lo, hi := uint32(0), c.points-1
	switch c.Combine {
	case glovebox.Median:
		return c.at(float64(quantile(c.quantile[0])))
	case glovebox.Winsor:
		lo, hi = c.reach(quantile(c.quantile[1]), quantile(c.quantile[2]))
	}
	sum := 0.0
	for _, i := range outputs {
		sum += float64(min(max(i, lo), hi))
	}
	return c.at(sum / float64(len(outputs)))
}
