package privacy

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestNoisePaysForEveryUnit is the proof of sensitivity, tried: whatever one unit
// says, what it changes costs no more, by the noise that is really drawn, than
// the part of the price that was set aside for it; and some unit of those that
// are tried needs nearly all of it.
func TestNoisePaysForEveryUnit(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	outs := map[string]glovebox.Output{
		"every kind":   everyKind(4),
		"top":          topOf(everyKind(8), 2, "n"),
		"many records": records(output(3, keysOf(intKey), unitBins, unitDeciles, unitMedian, unitDistinct), 5, 0),
		"few records":  records(output(9, keysOf(intKey), unitBins, unitDeciles, unitMedian, unitDistinct, unitCapped), 4, 6),
		"vector":       output(2, keysOf(publicKey("k", 1, 2, 3)), unitVector, unitMean, unitSpread),
		"coarse":       output(2, keysOf(publicKey("k", 1, 2, 3)), unitVector, unitCapped),
	}
	for name, out := range outs {
		for _, rel := range []glovebox.ReleaseDef{laplace(2, 1e-6), gaussian(0.5, 1e-6)} {
			if !out.Key[0].Private {
				rel.Delta = 0
			}
			if name == "coarse" && rel.Epsilon > 0 {
				rel.Epsilon = 1e-7
			}
			p := check.Must(NewPlan(out, rel, nil))
			most := map[string]float64{}
			for i := range 300 {
				u := hostileUnit(p, r, i)
				part := bound(p, []unitData{u})
				for of, share := range spent(p, part) {
					if share > 1 {
						t.Fatalf("%s %+v: unit %d spends %.9f of the part of %s", name, rel, i, share, of)
					}
					most[of] = max(most[of], share)
				}
			}
			for of, share := range most {
				if share < 0.9 {
					t.Errorf("%s %+v: no unit spends more than %.3f of the part of %s", name, rel, share, of)
				}
			}
		}
	}
}

// hostileUnit says as much as it can: many keys or many records of few, of
// values at the ends and beyond.
func hostileUnit(p *Plan, r *rand.Rand, i int) unitData {
	u := unitData{token: token(i), n: 1 + r.IntN(60)}
	keys, wide := 1+r.IntN(12), []float64{-math.MaxFloat64, math.MaxFloat64, -3, 3, 0, 2.5, 1e-300}
	same := wide[r.IntN(len(wide))]
	for range u.n {
		var key []any
		for _, f := range p.fields {
			switch k := r.IntN(keys); {
			case f.text:
				key = append(key, string(rune('a'+k)))
			default:
				key = append(key, k)
			}
		}
		values := make([]float64, p.values)
		for j := range values {
			if values[j] = same; i%3 == 0 {
				values[j] = wide[r.IntN(len(wide))]
			}
			if i%7 == 0 {
				values[j] = r.NormFloat64()
			}
		}
		u.records = append(u.records, record(10, key, values...)...)
	}
	return u
}

// spent is what a unit alone changes, as a share of each part of the price, by
// the noise of the plan. Of a top that is chosen before its figures are made, it
// changes those of k keys: here the k that cost most.
func spent(p *Plan, t *Partial) map[string]float64 {
	b, out := &p.budget, map[string]float64{}
	// of adds up a part's cost: each has a key's changes for every key.
	of := func(name string, loss int64, s mechanism.Sampler, keys [][]int64) {
		var costs []*big.Rat
		for _, k := range keys {
			costs = append(costs, costOf(s, k))
		}
		out[name] = shareOf(costs, p.shown, loss)
	}
	each := func(change func(i int) []int64) (all [][]int64) {
		for i := range t.n {
			all = append(all, change(i))
		}
		return all
	}
	if b.units != nil {
		of("units", b.unitLoss, b.units, each(func(i int) []int64 { return []int64{int64(t.cell(i)[0])} }))
	}
	for j := range p.grids {
		g := &p.grids[j]
		of(fmt.Sprint("sum ", j), b.sumLoss[j], b.sums[j], each(func(i int) (v []int64) {
			for k := range g.cells {
				s, _ := t.sum(i, g.cell+k).Int64()
				v = append(v, s)
			}
			return v
		}))
	}
	if t.bins == nil {
		return out
	}
	still := &releaser{Plan: p}
	still.readFrom(t)
	for j := range p.bins {
		m, name := &b.bins[j], "bins "+p.metrics[p.bins[j].metric].Name
		counts := func(i int) (v []int64) {
			for _, c := range still.countsOf(j, i) {
				v = append(v, int64(c))
			}
			return v
		}
		switch {
		case m.epsilon != nil:
			var costs []*big.Rat
			for i := range t.n {
				costs = append(costs, choiceCost(p, m, counts(i)))
			}
			out[name] = shareOf(costs, p.shown, b.binLoss[j])
		case m.tree != nil:
			of(name, b.binLoss[j], m.noise, each(func(i int) []int64 { return nodes(m.tree, counts(i)) }))
		case p.bins[j].marks():
			of(name, b.binLoss[j], m.noise, each(func(i int) []int64 { return []int64{int64(len(still.filled(j, i)))} }))
		default:
			of(name, b.binLoss[j], m.noise, each(counts))
		}
	}
	return out
}

// costOf is the epsilon, or the rho, of changes of numbers with noise: the L1
// norm over the scale; the square of the L2 norm over twice the variance.
func costOf(s mechanism.Sampler, changes []int64) *big.Rat {
	sum, square := new(big.Int), new(big.Int)
	for _, c := range changes {
		x := big.NewInt(c)
		square.Add(square, new(big.Int).Mul(x, x))
		sum.Add(sum, x.Abs(x))
	}
	if l, ok := s.(*mechanism.Laplace); ok {
		return new(big.Rat).Quo(new(big.Rat).SetInt(sum), l.Scale())
	}
	v := s.(*mechanism.Gaussian).Variance()
	return new(big.Rat).Quo(new(big.Rat).SetInt(square), v.Add(v, v))
}

// choiceCost is what so many values of one key cost a quantile's choices: each
// moves what a point is wrong by, by max(q, 1-q) ranks, and a coin that falls
// heads with probability exp(-d*num/den) moves by twice that. Of splits, they
// cost on each level what one choice that sees all of them does.
func choiceCost(p *Plan, m *binMechanism, counts []int64) *big.Rat {
	n, sum := int64(0), new(big.Rat)
	for _, c := range counts {
		n += c
	}
	add := func(e *big.Rat, share int64) {
		if p.budget.Gaussian {
			e.Mul(e, e).Mul(e, big.NewRat(1, share))
		}
		sum.Add(sum, e)
	}
	for _, q := range m.quantiles {
		at, e := q.Fraction(), q.Rate()
		above := new(big.Int).Sub(at.Denom(), at.Num())
		add(e.Mul(e, big.NewRat(2*n*max(at.Num().Int64(), above.Int64()), 1)), 2)
	}
	for _, s := range m.splits {
		for range s.Levels() {
			add(s.Range(uint64(n)), 8)
		}
	}
	return sum
}

// nodes are the counts of all nodes of a tree but its root.
func nodes(t *mechanism.Tree, leaves []int64) (all []int64) {
	level := append(make([]int64, 0, t.Leaves()), leaves...)[:t.Leaves()]
	for len(level) > 1 {
		all = append(all, level...)
		up := make([]int64, len(level)/mechanism.DefaultBranching)
		for i, n := range level {
			up[i/mechanism.DefaultBranching] += n
		}
		level = up
	}
	return all
}

// shareOf is the sum of the k largest costs over a loss in billionths.
func shareOf(costs []*big.Rat, k int, loss int64) float64 {
	slices.SortFunc(costs, func(x, y *big.Rat) int { return y.Cmp(x) })
	sum := new(big.Rat)
	for _, c := range costs[:min(k, len(costs))] {
		sum.Add(sum, c)
	}
	sum.Mul(sum, big.NewRat(1e9, loss))
	if sum.Cmp(big.NewRat(1, 1)) > 0 {
		return math.Inf(1) // also where a float does not tell
	}
	f, _ := sum.Float64()
	return f
}
