package privacy

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// keyRange declares public keys 0..n-1.
func keyRange(n int) glovebox.KeyField {
	list := make([]any, n)
	for i := range list {
		list[i] = i
	}
	return publicKey("k", list...)
}

// fill puts counts into the bins of every key of a partial.
func fill(p *Plan, keys int, units uint64, counts func(slot int) uint64) *Partial {
	t := p.NewPartial()
	for i := range keys {
		t.cell(t.add([]uint64{uint64(i)}))[0] = units
		for s := range p.slots {
			if n := counts(s); n > 0 {
				t.bins.add(binID(i, uint32(s)), n, false)
			}
		}
	}
	return t
}

// TestSlots: every value has the slot that its cuts say, at, beside and far from
// every cut, and where the guess at equal bins is off by a rounding.
func TestSlots(t *testing.T) {
	for _, m := range []glovebox.Metric{
		{Name: "a", Kind: glovebox.Histogram, Min: 0.1, Max: 0.7, Bins: 6},
		{Name: "a", Kind: glovebox.Histogram, Min: -1e100, Max: 1e100, Bins: 4096},
		{Name: "a", Kind: glovebox.Histogram, Min: 0, Max: 5e-324, Bins: 1},
		{Name: "a", Kind: glovebox.Histogram, Min: 1e15, Max: 1e15 + 100, Bins: 100},
		{Name: "a", Kind: glovebox.Histogram, Edges: []float64{-3, -1, 0, 1e-300, 1e90}},
		{Name: "a", Kind: glovebox.Quantile, Min: -1, Max: 2, Bins: 300, At: []float64{0.25}},
		{Name: "a", Kind: glovebox.Quantile, Min: -1, Max: 2, Bins: 300, At: []float64{0.25, 0.75}},
		{Name: "a", Kind: glovebox.Bounds},
	} {
		p := check.Must(NewPlan(output(1, nil, m), laplace(1, 0), nil))
		b := &p.bins[0]
		values := []float64{0, 1, -1, math.MaxFloat64, -math.MaxFloat64, 5e-324, -5e-324}
		for _, c := range append(b.cuts, b.edges...) {
			values = append(values, c, math.Nextafter(c, math.Inf(1)), math.Nextafter(c, math.Inf(-1)))
		}
		for _, v := range values {
			want := 0
			for want < len(b.cuts) && v >= b.cuts[want] {
				want++
			}
			if got := b.slot(v); got != want || got >= b.n {
				t.Errorf("%+v: %v is in slot %d of %d, want %d", m, v, got, b.n, want)
			}
		}
	}
}

// TestHistogramNoise compares the noise of 40,000 counts with what three records
// of a key, five in all, have to pay: T = 5 in the L1 norm, 3^2 + 2^2 in the L2
// norm squared. (The standard error of the estimate is 0.56 % at most: 4 % is
// missed with a probability below 1e-9.)
func TestHistogramNoise(t *testing.T) {
	const keys = 4000
	for _, c := range []struct {
		rel  glovebox.ReleaseDef
		want float64
	}{{laplace(0.5, 0), math.Sqrt2 * 5 / 0.5}, {gaussian(0.05, 0), math.Sqrt(13 / 0.1)}} {
		p := check.Must(NewPlan(records(output(2, keysOf(keyRange(keys)), unitBins), 3, 5), c.rel, nil))
		square, hit, n := 0.0, 0, 0
		table := check.Must(p.Release(fill(p, keys, 500, func(int) uint64 { return 1000 }), check.Must(mechanism.NewSource())))
		for _, r := range table.Rows {
			for _, x := range r.Cells {
				n++
				square += (x.Value - 1000) * (x.Value - 1000)
				if x.Lo <= 1000 && 1000 <= x.Hi {
					hit++
				}
			}
		}
		if got := math.Sqrt(square / float64(n)); n != 10*keys || math.Abs(got/c.want-1) > 0.04 {
			t.Errorf("%+v: %d counts, error %v, want %v", c.rel, n, got, c.want)
		}
		if e := table.Facts.Errors["h"].StdDev; math.Abs(e/c.want-1) > 0.01 {
			t.Errorf("%+v: declared error %v, want %v", c.rel, e, c.want)
		}
		check.Share(t, "counts within their interval", hit, n, 0.95, 0.975)
	}
}

// TestQuantilePrice: the epsilon of one key's choice is what all of a unit's
// values leave it, by hand.
func TestQuantilePrice(t *testing.T) {
	for _, c := range []struct {
		rel         glovebox.ReleaseDef
		keys, r, in int
		want        float64
	}{
		{laplace(1, 0), 1, 1, 0, 1},
		{laplace(1, 0), 4, 1, 0, 0.25},
		{laplace(1, 0), 4, 3, 0, 0.25},
		{laplace(1, 0), 4, 3, 5, 3.0 / 5},
		{gaussian(0.5, 0), 1, 1, 0, 2}, // the exponential mechanism costs an eighth of its square
		{gaussian(0.5, 0), 4, 3, 0, 1},
		{gaussian(0.5, 0), 4, 3, 5, 6 / math.Sqrt(13)},
	} {
		p := check.Must(NewPlan(records(output(c.keys, keysOf(keyRange(5)), unitMedian), c.r, c.in), c.rel, nil))
		got := p.budget.bins[0].epsilon
		if x, _ := got.Float64(); math.Abs(x-c.want) > 1e-9 || got.Cmp(new(big.Rat).SetFloat64(c.want+1e-15)) > 0 {
			t.Errorf("%+v: epsilon %v, want at most %v", c, got, c.want)
		}
	}
}

// TestQuantileErrors releases quantiles of 500 keys and counts how often the
// answer is within the declared error in ranks, and how often intervals hold the
// true quantile; both must be at least 95 times of 100.
func TestQuantileErrors(t *testing.T) {
	if testing.Short() {
		t.Skip("statistics of seconds")
	}
	const keys = 500
	one := glovebox.Metric{Name: "q", Kind: glovebox.Quantile, Min: 0, Max: 100, Bins: 100, At: []float64{0.25}}
	many := glovebox.Metric{Name: "q", Kind: glovebox.Quantile, Min: 0, Max: 100, Bins: 100, At: []float64{0.1, 0.5, 0.9, 0.99}}
	wide, few := many, many
	wide.Bins, few.Bins = 4096, 10
	for _, rel := range []glovebox.ReleaseDef{laplace(1, 0), gaussian(0.1, 0)} {
		for _, m := range []glovebox.Metric{one, many, wide, few} {
			p := check.Must(NewPlan(output(2, keysOf(keyRange(keys)), m), rel, nil))
			counts := func(s int) uint64 { return uint64(10 * 100 / len(p.bins[0].edges) * (1 + s%3)) }
			chosen := p.budget.bins[0].tree == nil
			if m.Bins > 1000 {
				counts = func(s int) uint64 { return uint64(s % 3) }
			}
			total, upTo := 0.0, make([]float64, p.slots+1)
			for s := range p.slots {
				total += float64(counts(s))
				upTo[s+1] = total
			}
			most := p.Facts().Errors["q"].Ranks
			near, hit := make([]int, len(m.At)), make([]int, len(m.At))
			table := check.Must(p.Release(fill(p, keys, uint64(total), counts), check.Must(mechanism.NewSource())))
			for _, r := range table.Rows {
				for k, c := range r.Cells {
					// Ranks of the values on both sides of the answer, a bin apart.
					lo, hi, ranks := 0, 0, most
					for s, e := range p.bins[0].edges {
						if e <= c.Value && s < p.slots {
							lo = s
						}
						if e < c.Value || s == lo {
							hi = min(s+1, p.slots)
						}
					}
					if chosen { // among points
						lo = slices.Index(p.bins[0].edges, c.Value)
						hi = lo + 1
						if c.Lo != c.Value || c.Hi != c.Value || table.Figures[k].Ranks > math.Ceil(most) {
							t.Fatalf("%+v off by %v ranks is no choice with %v", c, table.Figures[k].Ranks, most)
						}
						ranks = table.Figures[k].Ranks
					}
					if want := m.At[k] * total; upTo[lo]-ranks <= want && want <= upTo[hi]+ranks {
						near[k]++
					}
					// The true quantile is in the bin where the ranks pass q*n.
					s := 0
					for upTo[s+1] < m.At[k]*total {
						s++
					}
					if c.Lo <= p.bins[0].edges[min(s+1, len(p.bins[0].edges)-1)] && p.bins[0].edges[s] <= c.Hi {
						hit[k]++
					}
				}
			}
			for k := range m.At {
				what := fmt.Sprintf("%+v, %d bins, quantile %v", rel, m.Bins, m.At[k])
				check.Share(t, what+" within the declared ranks", near[k], keys, 0.95, 1)
				if chosen { // which has no interval
					continue
				}
				check.Share(t, what+" within its interval", hit[k], keys, 0.95, 1)
			}
		}
	}
}

// TestQuantileOfNothing: without values, a median is any point of the grid, and
// quantiles of a tree are in the range and in order.
func TestQuantileOfNothing(t *testing.T) {
	p := check.Must(NewPlan(output(1, keysOf(keyRange(500)), unitMedian, unitDeciles), laplace(1, 0), nil))
	for _, r := range check.Must(p.Release(p.NewPartial(), check.Must(mechanism.NewSource()))).Rows {
		for k, c := range r.Cells {
			if c.Lo < -5 || c.Hi > 5 || c.Value < c.Lo || c.Value > c.Hi || k > 1 && c.Value < r.Cells[k-1].Value {
				t.Fatalf("%+v", r.Cells)
			}
		}
	}
}

// TestDistinctErrors counts 300 different values of each of 600 keys, each value
// by two units, and how often the interval holds the truth: noise and collisions.
func TestDistinctErrors(t *testing.T) {
	const keys, values = 600, 300
	for _, cells := range []int{0, 512} {
		m := glovebox.Metric{Name: "d", Kind: glovebox.Distinct, Bins: cells}
		p := check.Must(NewPlan(records(output(1, keysOf(keyRange(keys)), m), 3, 0), laplace(1, 0), nil))
		b := p.NewBounder([32]byte{9})
		for u := range keys * values * 2 / 3 {
			var r []byte
			for j := range 3 {
				r = append(r, record(0, []any{u % keys}, float64((u/keys*3+j)%values)+float64(u%keys)*1000)...)
			}
			b.Unit(token(u), 3, r)
		}
		part := check.Must(b.Partial())
		square, hit := 0.0, 0
		table := check.Must(p.Release(part, check.Must(mechanism.NewSource())))
		for _, r := range table.Rows {
			c := r.Cells[0]
			square += (c.Value - values) * (c.Value - values)
			if c.Lo <= values && values <= c.Hi {
				hit++
			}
		}
		check.Share(t, fmt.Sprintf("%d cells: distinct counts within their interval", cells), hit, keys, 0.95, 1)
		// Noise of scale 3; with few cells, each marked one stands for more values
		// than one, and collisions add to the error. 600 values estimate it with a
		// standard error below 5 %: 35 % is missed with a probability below 1e-9.
		want, load := 3*math.Sqrt2, 0.0
		if cells > 0 {
			load = values / float64(cells)
			want = math.Hypot(want*math.Exp(load), math.Sqrt(float64(cells)*(math.Expm1(load)-load)))
		}
		if got := math.Sqrt(square / keys); math.Abs(got/want-1) > 0.35 {
			t.Errorf("%d cells: error %v, want about %v", cells, got, want)
		}
	}
}

// TestDistinctSaturates: more values than cells give a bound and no nonsense.
func TestDistinctSaturates(t *testing.T) {
	p := check.Must(NewPlan(output(1, keysOf(keyRange(50)), unitDistinct), laplace(1, 0), nil))
	for _, r := range check.Must(p.Release(fill(p, 50, 1000, func(int) uint64 { return 1 }), check.Must(mechanism.NewSource()))).Rows {
		if c := r.Cells[0]; !(c.Lo >= 64 && c.Value >= c.Lo && c.Hi >= c.Value && c.Hi < 1e4) {
			t.Fatalf("%+v", c)
		}
	}
}

// TestBounds: bounds are the powers of two around what many have; empty bins
// pass in one job of twenty at most.
func TestBounds(t *testing.T) {
	const keys = 2000
	p := check.Must(NewPlan(output(1, keysOf(keyRange(keys)), unitRange), laplace(1, 0), nil))
	slot := func(v float64) int { return p.bins[0].slot(v) }
	for _, c := range []struct {
		values   []float64
		min, max float64
	}{
		{[]float64{3, 100, 900}, 2, 1024}, {[]float64{-3, 0.75}, -4, 1}, {[]float64{0, 5}, 0, 8}, {[]float64{0}, 0, 0},
		{[]float64{-1e300, 1e300}, -0x1p64, 0x1p64}, {nil, 0, 0},
	} {
		hold := map[int]bool{}
		for _, v := range c.values {
			hold[slot(v)] = true
		}
		part := fill(p, keys, 1000, func(s int) uint64 {
			if hold[s] {
				return 500
			}
			return 0
		})
		right := 0
		for _, r := range check.Must(p.Release(part, check.Must(mechanism.NewSource()))).Rows {
			if r.Cells[0].Value == c.min && r.Cells[1].Value == c.max {
				right++
			}
			for _, x := range r.Cells {
				if x.Lo > x.Value && x.Value != 0 || x.Hi < x.Value && x.Value != 0 || x.Lo > x.Hi {
					t.Fatalf("%+v", x)
				}
			}
		}
		check.Share(t, fmt.Sprintf("bounds of %v", c.values), right, keys, 0.95, 1)
	}
}
