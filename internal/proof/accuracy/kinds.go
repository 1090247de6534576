package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy"
)

// aggregate is one metric of the measured jobs: what a unit says, by how much a
// row's figures miss what they would be without noise, and what theory says.
type aggregate struct {
	metric glovebox.Metric
	value  func(r *rand.Rand) []float64 // of one unit and key; nil: none
	miss   func(cells []privacy.Cell, units [][]float64) []float64
	theory func(e privacy.Error, units int) float64
	word   string // what the theory is
}

// one makes a miss of a metric's first figure.
func one(truth func(units [][]float64) float64) func([]privacy.Cell, [][]float64) []float64 {
	return func(cells []privacy.Cell, units [][]float64) []float64 {
		return []float64{cells[0].Value - truth(units)}
	}
}

// What the declared error is of: a figure, a figure times the number of units, or
// the rank of a figure.
func ofFigure(e privacy.Error, _ int) float64    { return e.StdDev }
func perUnit(e privacy.Error, units int) float64 { return e.StdDev / float64(units) }
func ofRank(e privacy.Error, _ int) float64      { return e.Ranks }

func uniform(r *rand.Rand) []float64 { return []float64{100 * r.Float64()} }
func skewed(r *rand.Rand) []float64  { return []float64{100 * math.Sqrt(r.Float64())} }

var aggregates = []aggregate{
	{
		metric: glovebox.Metric{Kind: glovebox.Count},
		miss:   one(func(u [][]float64) float64 { return float64(len(u)) }), theory: ofFigure, word: "exact",
	},
	{
		metric: glovebox.Metric{Kind: glovebox.Sum, Min: 0, Max: 100}, value: uniform,
		miss: one(sumOf), theory: ofFigure, word: "exact",
	},
	{
		metric: glovebox.Metric{Kind: glovebox.Sum, Min: -50, Max: 100},
		value:  func(r *rand.Rand) []float64 { return []float64{min(max(20+30*r.NormFloat64(), -50), 100)} },
		miss:   one(sumOf), theory: ofFigure, word: "exact",
	},
	{
		metric: glovebox.Metric{Kind: glovebox.Vector, Size: 3, Clip: 10},
		value:  func(r *rand.Rand) []float64 { return []float64{5 * r.Float64(), -5 * r.Float64(), 5 * r.Float64()} },
		miss: func(cells []privacy.Cell, units [][]float64) (off []float64) {
			for i, c := range cells {
				sum := 0.0
				for _, u := range units {
					sum += u[i]
				}
				off = append(off, c.Value-sum)
			}
			return off
		},
		theory: ofFigure, word: "exact",
	},
	{
		metric: glovebox.Metric{Kind: glovebox.Histogram, Min: 0, Max: 100, Bins: 5}, value: uniform,
		miss: func(cells []privacy.Cell, units [][]float64) (off []float64) {
			for i, c := range cells {
				off = append(off, c.Value)
				for _, u := range units {
					if int(u[0]/20) == i {
						off[i]--
					}
				}
			}
			return off
		},
		theory: ofFigure, word: "exact",
	},
	{
		metric: glovebox.Metric{Kind: glovebox.Mean, Min: 0, Max: 100}, value: skewed,
		miss: one(meanOf), theory: perUnit, word: "upper bound",
	},
	{
		metric: glovebox.Metric{Kind: glovebox.Variance, Min: 0, Max: 100}, value: skewed,
		miss: one(func(u [][]float64) float64 {
			m, sum := meanOf(u), 0.0
			for _, v := range u {
				sum += (v[0] - m) * (v[0] - m)
			}
			return sum / float64(len(u))
		}),
		theory: perUnit, word: "upper bound",
	},
	{
		metric: glovebox.Metric{Kind: glovebox.Quantile, Min: 0, Max: 100, At: []float64{0.5}}, value: skewed,
		miss: ranksOff(0.5), theory: ofRank, word: "ranks, bound for 95 %",
	},
	{
		metric: glovebox.Metric{Kind: glovebox.Quantile, Min: 0, Max: 100, At: []float64{0.1, 0.5, 0.9}}, value: skewed,
		miss: ranksOff(0.1, 0.5, 0.9), theory: ofRank, word: "ranks, bound for 95 %",
	},
	{
		metric: glovebox.Metric{Kind: glovebox.Distinct, Bins: 1 << 14},
		value:  func(r *rand.Rand) []float64 { return []float64{float64(r.IntN(300))} },
		miss: one(func(u [][]float64) float64 {
			seen := map[float64]bool{}
			for _, v := range u {
				seen[v[0]] = true
			}
			return float64(len(seen))
		}),
		theory: ofFigure, word: "noise, no collisions",
	},
}

// ranksOff counts by how many values answers miss the wanted ranks.
func ranksOff(at ...float64) func([]privacy.Cell, [][]float64) []float64 {
	return func(cells []privacy.Cell, units [][]float64) (off []float64) {
		v := make([]float64, len(units))
		for i, u := range units {
			v[i] = u[0]
		}
		slices.Sort(v)
		for i, c := range cells {
			k, _ := slices.BinarySearch(v, c.Value)
			off = append(off, float64(k)-at[i]*float64(len(v)))
		}
		return off
	}
}

func sumOf(u [][]float64) float64 {
	sum := 0.0
	for _, v := range u {
		sum += v[0]
	}
	return sum
}

func meanOf(u [][]float64) float64 { return sumOf(u) / float64(len(u)) }
