package main

import (
	"math/big"

	"glovebox.example/glovebox/internal/proof/attack"
	"glovebox.example/glovebox/privacy/mechanism"
)

// chosen are the mechanisms that pick one of several things, and those made of
// calibrated Gaussian noise.
func chosen(samples int) (list []target, err error) {
	one, pure := big.NewRat(1, 1), attack.Claim{Epsilon: 1}
	half := big.NewRat(1, 2)
	check := func(e error) {
		if err == nil {
			err = e
		}
	}
	// pick is a mechanism that answers with the number of a candidate.
	pick := func(name string, least float64, find func(side int, src *mechanism.Source) (int, error)) {
		list = append(list, drawn(name, pure, least, samples, func(side int, src *mechanism.Source) (attack.Output, error) {
			i, err := find(side, src)
			return attack.Output{float64(i)}, err
		}))
	}

	chooser, e := mechanism.NewChooser(one, 1, false)
	check(e)
	utilities := [2][]int64{{3, 2, 0}, {2, 3, 1}}
	pick("permute-and-flip", 0.5, func(side int, src *mechanism.Source) (int, error) { return chooser.Choose(utilities[side], src) })

	argmax, e := mechanism.NewArgmax(one, 1)
	check(e)
	counts := [2][]uint64{{9, 9, 9, 0}, {10, 9, 9, 0}}
	pick("noisy argmax of counts", 0.3, func(side int, src *mechanism.Source) (int, error) { return argmax.First(counts[side], src) })

	vote, e := mechanism.NewVote(one, 1)
	check(e)
	votes := [2][]uint64{{5, 4, 0}, {4, 5, 0}}
	pick("vote of blocks", 0.5, func(side int, src *mechanism.Source) (int, error) { return vote.First(votes[side], src) })

	// One value more at the far end of an even spread.
	spread := func(points, n int) (values [2][]uint64) {
		for side := range values {
			values[side] = make([]uint64, points)
			for i := range n {
				values[side][i*points/n]++
			}
		}
		values[1][points-1]++
		return values
	}
	median, e := mechanism.NewQuantile(half, one, 1)
	check(e)
	values := spread(16, 16)
	pick("median", 0.2, func(side int, src *mechanism.Source) (int, error) { return median.Find(values[side], src) })

	blocks, e := mechanism.NewBlockQuantile(half, one, 1)
	check(e)
	outputs := spread(16, 16)
	outputs[1][0]-- // one block's output goes from one end to the other
	pick("median of blocks", 0.4, func(side int, src *mechanism.Source) (int, error) { return blocks.Find(outputs[side], src) })

	tree, e := mechanism.NewLaplaceTree(4, 2, one, 1, 1)
	check(e)
	at := []float64{0.25, 0.5, 0.75}
	few := spread(16, 4)
	list = append(list, drawn("quantiles from a tree", pure, 0, samples/10, func(side int, src *mechanism.Source) (attack.Output, error) {
		q, err := tree.Quantiles(few[side], at, src)
		return q, err
	}))

	splits, e := mechanism.NewSplits([]uint64{1, 2, 3}, 4, half, 1, 16) // of two levels
	check(e)
	list = append(list, drawn("quantiles by splits", pure, 0, samples/10, func(side int, src *mechanism.Source) (attack.Output, error) {
		points, err := splits.Find(values[side], src)
		out := make(attack.Output, len(points))
		for i, p := range points {
			out[i] = float64(p)
		}
		return out, err
	}))
	exponential, e := mechanism.NewSplits([]uint64{1}, 2, one, 1, 16)
	check(e)
	pick("median, exponential", 0.2, func(side int, src *mechanism.Source) (int, error) {
		points, err := exponential.Find(values[side], src)
		if err != nil {
			return 0, err
		}
		return points[0], nil
	})

	gauss := attack.Claim{Epsilon: 1, Delta: gaussianDelta}
	calibrated, e := mechanism.CalibrateGaussian(one, big.NewRat(5, 100), big.NewInt(1), 1)
	check(e)
	if e == nil {
		list = append(list, shifted("calibrated discrete Gaussian", gauss, 0.9, samples, calibrated, 1, 1))
		s, e := mechanism.NewGaussianSelection(calibrated.Variance(), big.NewRat(1, 100))
		check(e)
		if e == nil {
			c := attack.Claim{Epsilon: 1, Delta: gaussianDelta + 0.01}
			list = append(list, kept("Gaussian selection, one unit", c, 0, samples, s, 0), kept("Gaussian selection, more units", c, 0.5, samples, s, s.Even()))
		}
	}
	return list, err
}
