package main

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"

	"glovebox.example/glovebox/privacy/mechanism"
)

// blocksTable compares the ways to join the outputs of blocks: a statistic of
// 100,000 units, values lognormal(3, 1), declared range [0, 1000], epsilon 1.
func blocksTable() (*table, error) {
	const (
		units, trials = 100_000, 1000
		points        = 1 << 16
		low, high     = 0.0, 1000.0
	)
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, units)
	for i := range values {
		values[i] = math.Exp(3 + r.NormFloat64())
	}
	src, err := mechanism.NewSource()
	if err != nil {
		return nil, err
	}
	median, err := mechanism.NewBlockQuantile(big.NewRat(1, 2), big.NewRat(1, 1), 1)
	if err != nil {
		return nil, err
	}
	t := newTable("statistic (of all units)", "blocks", "clamped mean", "DP median", "times better")
	for _, s := range []struct {
		name string
		of   func([]float64) float64
	}{{"median", at(0.5)}, {"mean", mean}, {"95th percentile", at(0.95)}} {
		truth := s.of(slices.Clone(values))
		for _, blocks := range []int{100, 250, 1000} {
			// GUPT: the mean of the clamped outputs and Laplace noise of the range over
			// the number of blocks; on a grid of 2^-20 of the range, which is all the
			// same.
			noise, err := mechanism.NewLaplace(big.NewRat(1<<20, int64(blocks)))
			if err != nil {
				return nil, err
			}
			var plain, ours []float64
			for range trials {
				r.Shuffle(units, func(i, j int) { values[i], values[j] = values[j], values[i] })
				outputs := make([]float64, blocks)
				counts := make([]uint64, points)
				for b := range blocks {
					out := s.of(slices.Clone(values[b*units/blocks : (b+1)*units/blocks]))
					outputs[b] = min(max(out, low), high)
					counts[int(math.Round((outputs[b]-low)/(high-low)*(points-1)))]++
				}
				plain = append(plain, mean(outputs)+noise.Draw(src).Float64()/(1<<20)*(high-low)-truth)
				k, err := median.Find(counts, src)
				if err != nil {
					return nil, err
				}
				ours = append(ours, low+float64(k)/(points-1)*(high-low)-truth)
			}
			a, b := share(plain, 0.5), share(ours, 0.5)
			t.add(fmt.Sprintf("%s (%s)", s.name, short(truth)), blocks, a, b, a/b)
		}
	}
	return t, nil
}

func at(q float64) func([]float64) float64 {
	return func(v []float64) float64 {
		slices.Sort(v)
		x := q * float64(len(v)-1)
		i := min(int(x), len(v)-2)
		return v[i] + (x-float64(i))*(v[i+1]-v[i])
	}
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
