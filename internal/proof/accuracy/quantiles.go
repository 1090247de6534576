package main

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"

	"glovebox.example/glovebox/privacy/mechanism"
)

// quantileTable measures by how many ranks quantiles are off: 20,000 units of one
// value each, lognormal(3, 1), in [0, 200].
func quantileTable() (*table, error) {
	const units, draws = 20_000, 400
	r := rand.New(rand.NewPCG(3, 4))
	t := newTable("epsilon", "mechanism", "fraction", "ranks off, RMS", "95 % of answers within", "bound for 95 %")
	src, err := mechanism.NewSource()
	if err != nil {
		return nil, err
	}
	for _, eps := range []*big.Rat{big.NewRat(1, 10), big.NewRat(1, 1)} {
		e, _ := eps.Float64()
		for _, q := range []*big.Rat{big.NewRat(1, 2), big.NewRat(95, 100)} {
			const points = 1000
			counts := histogram(r, units, points)
			m, err := mechanism.NewQuantile(q, eps, 1)
			if err != nil {
				return nil, err
			}
			f, _ := q.Float64()
			var off []float64
			for range draws {
				k, err := m.Find(counts, src)
				if err != nil {
					return nil, err
				}
				off = append(off, outside(counts, k, f*units))
			}
			bound := math.Log(points/0.05) * math.Max(f, 1-f) * 2 / e
			t.add(eps.FloatString(1), fmt.Sprintf("one, of %d points", points), f, rms(off), share(off, 0.95), bound)
		}
		if err := splitRows(t, eps, histogram(r, units, 1000), src); err != nil {
			return nil, err
		}
		tree, err := mechanism.NewLaplaceTree(mechanism.DefaultBranching, mechanism.DefaultHeight, eps, 1, 1)
		if err != nil {
			return nil, err
		}
		counts := histogram(r, units, tree.Leaves())
		fractions := []float64{0.05, 0.25, 0.5, 0.75, 0.95}
		off := make([][]float64, len(fractions))
		for range draws {
			answers, err := tree.Quantiles(counts, fractions, src)
			if err != nil {
				return nil, err
			}
			for i, x := range answers {
				off[i] = append(off[i], outside(counts, min(int(x), len(counts)-1), fractions[i]*units))
			}
		}
		for i, f := range fractions {
			t.add(eps.FloatString(1), fmt.Sprintf("five at once, of %d leaves", tree.Leaves()), f, rms(off[i]), share(off[i], 0.95), "-")
		}
	}
	return t, nil
}

// splitRows measures five quantiles by recursive splitting, for the same price.
func splitRows(t *table, eps *big.Rat, counts []uint64, src *mechanism.Source) error {
	const units, draws, levels = 20_000, 400, 3
	parts := []uint64{5, 25, 50, 75, 95}
	s, err := mechanism.NewSplits(parts, 100, new(big.Rat).Quo(eps, big.NewRat(levels, 1)), 1, len(counts))
	if err != nil {
		return err
	}
	off := make([][]float64, len(parts))
	for range draws {
		points, err := s.Find(counts, src)
		if err != nil {
			return err
		}
		for i, k := range points {
			off[i] = append(off[i], outside(counts, k, float64(parts[i])/100*units))
		}
	}
	for i, p := range parts {
		t.add(eps.FloatString(1), fmt.Sprintf("five by splitting, of %d points", len(counts)), float64(p)/100, rms(off[i]), share(off[i], 0.95), "-")
	}
	return nil
}

// histogram counts lognormal values on cells of [0, 200].
func histogram(r *rand.Rand, n, cells int) []uint64 {
	counts := make([]uint64, cells)
	for range n {
		x := math.Exp(3+r.NormFloat64()) / 200 * float64(cells)
		counts[min(int(x), cells-1)]++
	}
	return counts
}

// outside is how far a rank lies outside those of cell k.
func outside(counts []uint64, k int, rank float64) float64 {
	below := 0.0
	for _, c := range counts[:k] {
		below += float64(c)
	}
	return math.Max(math.Max(below-rank, rank-below-float64(counts[k])), 0)
}
