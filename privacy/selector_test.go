package privacy

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// keepChance is the probability with which a key of n units shows, in floats.
func keepChance(p *Plan, n uint64) float64 {
	t := p.budget.by
	if t == nil {
		return p.budget.keys.Probability(n)
	}
	m := float64(t.Above.Int64()+1) - float64(n) // Y >= m
	if g, ok := p.budget.units.(*mechanism.Gaussian); ok {
		return gaussianFrom(g, m)
	}
	scale, _ := p.budget.units.(*mechanism.Laplace).Scale().Float64()
	r := math.Exp(-1 / scale)
	if m <= 0 {
		return 1 - math.Pow(r, 1-m)/(1+r)
	}
	return math.Pow(r, m) / (1 + r)
}

// gaussianFrom returns P(Y >= m) in floats.
func gaussianFrom(g *mechanism.Gaussian, m float64) float64 {
	total, sum := 0.0, 0.0
	for y := -math.Ceil(12 * g.StdDev()); y <= 12*g.StdDev()+1; y++ {
		w := math.Exp(-y * y / (2 * g.StdDev() * g.StdDev()))
		if total += w; y >= m {
			sum += w
		}
	}
	return sum / total
}

// summedTail returns P(Y >= m) by adding up the law of Y, value by value, within 2^-140.
func summedTail(noise mechanism.Sampler, m int64) *big.Rat {
	weight := func(y int64) *big.Rat {
		x := big.NewRat(y, 1)
		switch n := noise.(type) {
		case *mechanism.Laplace:
			x.Quo(x, n.Scale())
		case *mechanism.Gaussian:
			x.Quo(x.Mul(x, x), new(big.Rat).Mul(n.Variance(), big.NewRat(2, 1)))
		}
		if x.Cmp(big.NewRat(300, 1)) > 0 { // below 2^-400
			return new(big.Rat)
		}
		return check.ExpNeg(x)
	}
	// Integers of 2^-300: sums of fractions would grow without end.
	whole, tail := new(big.Int), new(big.Int)
	for y := int64(0); ; y++ {
		w := weight(y)
		n := new(big.Int).Lsh(w.Num(), 300)
		n.Quo(n, w.Denom())
		if n.Sign() == 0 {
			break
		}
		whole.Add(whole, n)
		if y > 0 {
			whole.Add(whole, n)
		}
		if y >= m {
			tail.Add(tail, n)
		}
	}
	return new(big.Rat).SetFrac(tail, whole)
}

// TestReleasedThresholdDelta adds up, for keys that one unit alone has, the
// probabilities of all noise that shows them: over L0 keys they stay within delta,
// and a threshold one lower would not.
func TestReleasedThresholdDelta(t *testing.T) {
	for _, c := range []struct {
		rel glovebox.ReleaseDef
		l0  int
	}{
		{laplace(1, 1e-6), 1}, {laplace(1, 1e-6), 10}, {laplace(0.5, 1e-3), 7}, {laplace(30, 1e-9), 2}, {laplace(200, 1e-6), 1},
		{laplace(3, 0.01), 3}, {gaussian(0.1, 1e-6), 1}, {gaussian(0.1, 1e-6), 10}, {gaussian(2, 0.01), 3}, {gaussian(30, 1e-12), 1},
	} {
		p := check.Must(NewPlan(selecting("n", output(c.l0, keysOf(intKey), unitCount)), c.rel, nil))
		by, least := p.budget.by, p.budget.by.Above.Int64() // of the noise that shows a key of one unit
		delta := p.budget.LoneKeys()
		all := func(m int64) *big.Rat {
			x := summedTail(p.budget.units, m)
			return x.Mul(x, big.NewRat(int64(c.l0), 1))
		}
		if got := all(least); got.Cmp(delta) > 0 {
			f, _ := got.Float64()
			t.Errorf("%+v, L0 %d: keys of one unit show with a probability of %v", c.rel, c.l0, f)
		}
		if got := all(least - 1); got.Cmp(delta) <= 0 {
			t.Errorf("%+v, L0 %d: the threshold of %d could be lower", c.rel, c.l0, least)
		}
		if f := p.Facts().Selection; f.Mechanism != byReleased || f.Loss != 0 || f.By != "units" || f.Even != uint64(least)+1 || f.Threshold != fmt.Sprint(least) ||
			f.Delta != by.Delta.RatString() || new(big.Rat).Mul(by.Delta, big.NewRat(int64(c.l0), 1)).Cmp(delta) != 0 {
			t.Errorf("facts %+v", f)
		}
	}
}

// TestReleasedThresholdOfSums: a unit that has a key alone adds the most there is,
// on fine grids, of which tails cannot be added up. Theory for Laplace noise is
// exact; continuous Gaussian noise bounds the discrete from both sides.
func TestReleasedThresholdOfSums(t *testing.T) {
	capped := amount
	capped.MaxTotal = 20
	for _, m := range []glovebox.Metric{amount, capped} {
		for _, rel := range []glovebox.ReleaseDef{laplace(1, 1e-6), laplace(2e-9, 1e-15), gaussian(0.1, 1e-6), gaussian(1e-8, 1e-15)} {
			const l0 = 10
			p := check.Must(NewPlan(selecting("a", output(l0, keysOf(intKey), unitCount, m)), rel, nil))
			g, by := &p.grids[0], p.budget.by
			x, _ := new(big.Float).SetInt(new(big.Int).Sub(by.Above, big.NewInt(g.reach()-1))).Float64() // Y >= x
			each, _ := new(big.Rat).Quo(p.budget.LoneKeys(), big.NewRat(l0, 1)).Float64()
			want := 0.0
			switch n := p.budget.sums[0].(type) {
			case *mechanism.Laplace:
				scale := ratFloat(n.Scale())
				want = -scale * math.Log(each*(1+math.Exp(-1/scale)))
			case *mechanism.Gaussian:
				want = n.StdDev() * normalFrom(each)
			}
			if ratio := x / want; ratio < 1-1e-12 || ratio > 1+1e-6 {
				t.Errorf("%+v: the noise of %v has to reach %v", rel, x, want)
			}
			if f := p.Facts().Selection; f.By != "a" || f.Even != uint64(math.Ceil((x+float64(g.reach()))/float64(g.reach()))) {
				t.Errorf("%+v: facts %+v for a noise of %v", rel, f, x)
			}
		}
	}
}

// TestReleasedThresholdIsPrivate adds up, over all noisy tables of two keys of
// which one is the unit's own, by how much what is likely with the unit exceeds
// e^epsilon times what is likely without it, and the other way: within delta for
// the price, and within what the losses of the whole job say for other epsilons.
func TestReleasedThresholdIsPrivate(t *testing.T) {
	const reach, none = 400, 400
	for i, rel := range []glovebox.ReleaseDef{laplace(1, 0.01), laplace(3, 0.001), laplace(0.5, 0.01), gaussian(0.3, 0.01)} {
		p := check.Must(NewPlan(selecting("n", output(2, keysOf(intKey), unitCount)), rel, nil))
		if joint := p.budget.Joint != nil; joint != (i == 2) {
			t.Fatalf("%+v: Gaussian noise for epsilon and delta: %v", rel, joint)
		}
		law := func(y int) float64 {
			if n, ok := p.budget.units.(*mechanism.Laplace); ok {
				scale := ratFloat(n.Scale())
				return math.Exp(-math.Abs(float64(y))/scale) * math.Tanh(1/(2*scale))
			}
			v := ratFloat(p.budget.units.(*mechanism.Gaussian).Variance())
			return math.Exp(-float64(y*y)/(2*v)) / math.Sqrt(2*math.Pi*v) // off by exp(-2*pi^2*v)
		}
		// What a key of n units shows: its noisy number, or at the end nothing.
		shows := func(n int) []float64 {
			out := make([]float64, none+1)
			for y := -2 * reach; y < none-n; y++ {
				if n > 0 && n+y > int(p.budget.by.Above.Int64()) {
					out[n+y] = law(y)
				} else {
					out[none] += law(y)
				}
			}
			return out
		}
		losses := check.Must(p.bill.Losses())
		for _, others := range []int{1, int(p.budget.by.Above.Int64()), 200} {
			a, b, alone, nobody := shows(others+1), shows(others), shows(1), shows(0)
			for _, epsilon := range []float64{0.2, 0.5, 1, 2, 3} {
				over, under := 0.0, 0.0
				for i := range a {
					for j := range alone {
						with, without := a[i]*alone[j], b[i]*nobody[j]
						over += math.Max(0, with-math.Exp(epsilon)*without)
						under += math.Max(0, without-math.Exp(epsilon)*with)
					}
				}
				worst := max(over, under)
				if limit := losses.Delta(epsilon); worst > limit {
					t.Errorf("%+v, %d others: delta %v at %v, the losses say %v", rel, others, worst, epsilon, limit)
				}
				if epsilon == rel.Epsilon && (worst > rel.Delta || worst < rel.Delta/20) {
					t.Errorf("%+v, %d others: delta %v at %v", rel, others, worst, epsilon)
				}
			}
		}
	}
}

// TestSelector: what selects keys where nothing is declared, and where something
// is. The figures of what selects by itself are too many or too few.
func TestSelector(t *testing.T) {
	heavy := unitSum
	heavy.Weight = 100
	for _, c := range []struct {
		rel     glovebox.ReleaseDef
		l0      int
		selects string
		metrics []glovebox.Metric
		want    string
	}{
		{laplace(1, 1e-6), 1, "", []glovebox.Metric{unitCount}, byReleased},
		{laplace(1, 1e-6), 1, "", []glovebox.Metric{unitCount, unitSum}, byReleased},
		{laplace(1, 1e-6), 1, "", []glovebox.Metric{unitMean}, byReleased},
		{laplace(1, 1e-6), 10, "", []glovebox.Metric{unitCount, unitSum}, byReleased},
		{laplace(1, 1e-6), 1000, "", []glovebox.Metric{unitCount}, byReleased},
		{laplace(1, 1e-6), 1000, "", []glovebox.Metric{unitCount, unitMedian}, "gaussian_threshold_selection"}, // Laplace noise, for the choice
		{laplace(1, 1e-6), 1000, "n", []glovebox.Metric{unitCount, unitMedian}, byReleased},
		{laplace(1, 1e-6), 10, "", []glovebox.Metric{unitSum}, "gaussian_threshold_selection"},
		{laplace(1, 1e-6), 1, "", []glovebox.Metric{unitSum}, "optimal_partition_selection"},
		{laplace(1, 1e-6), 1, OwnShare, []glovebox.Metric{unitCount}, "optimal_partition_selection"},
		{laplace(1, 1e-6), 1000, "n", []glovebox.Metric{unitCount}, byReleased},
		{laplace(1, 1e-6), 10, "a", []glovebox.Metric{amount}, byReleased},
		{gaussian(0.1, 1e-6), 1, "", []glovebox.Metric{unitCount}, byReleased},
		{gaussian(0.1, 1e-6), 1000, "", []glovebox.Metric{unitCount, heavy}, byReleased},
		{gaussian(0.1, 1e-6), 1000, "", []glovebox.Metric{unitBins}, "gaussian_threshold_selection"},
		{gaussian(0.1, 1e-6), 1000, OwnShare, []glovebox.Metric{unitCount}, "gaussian_threshold_selection"},
	} {
		p := check.Must(NewPlan(selecting(c.selects, output(c.l0, keysOf(intKey), c.metrics...)), c.rel, nil))
		if got := p.Facts().Selection.Mechanism; got != c.want {
			t.Errorf("%+v, L0 %d, %q of %+v: %s, want %s", c.rel, c.l0, c.selects, c.metrics, got, c.want)
		}
	}
	// A default that is written out is none.
	for _, c := range []struct {
		selects, want string
		l0            int
		metric        glovebox.Metric
	}{{"n", "", 1, unitCount}, {OwnShare, OwnShare, 1, unitCount}, {OwnShare, "", 1, unitMedian}, {"a", "a", 10, amount}, {OwnShare, "", 10, amount}} {
		p := check.Must(NewPlan(selecting(c.selects, output(c.l0, keysOf(intKey), c.metric)), laplace(1, 1e-6), nil))
		if got := p.Select(); got != c.want {
			t.Errorf("%s of %+v: %q", c.selects, c.metric, got)
		}
	}
	// A metric that selects leaves no rounds to a top.
	top := topOf(output(100, keysOf(intKey), unitCount, amount), 2, "a")
	for selects, want := range map[string]string{"": "permute_and_flip_rounds", OwnShare: "permute_and_flip_rounds", "a": byReleased} {
		if got := check.Must(NewPlan(selecting(selects, top), laplace(1, 1e-6), nil)).Facts().Selection.Mechanism; got != want {
			t.Errorf("a top, selected by %q: %s", selects, got)
		}
	}
	for _, c := range []struct {
		selects string
		key     glovebox.KeyField
		delta   float64
	}{{"nothing", intKey, 1e-6}, {"s", intKey, 1e-6}, {"m", intKey, 1e-6}, {"n", publicKey("k", 1), 0}, {OwnShare, publicKey("k", 1), 0}} {
		_, err := NewPlan(selecting(c.selects, output(1, keysOf(c.key), unitCount, unitSum, unitMean)), laplace(1, c.delta), nil)
		check.Code(t, c.selects, err, glovebox.CodeInvalid)
	}
}

// TestReleasedThresholdTable: every figure that a number shows is above the
// threshold and is the number that was compared, and those of the other metrics
// have noise of their own; equal random words make equal tables, in memory and by
// way of places.
func TestReleasedThresholdTable(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for _, selects := range []string{"n", "a"} {
		for _, rel := range []glovebox.ReleaseDef{laplace(3, 1e-3), gaussian(1, 1e-3)} {
			p := check.Must(NewPlan(selecting(selects, output(3, keysOf(intKey), unitCount, amount, unitMean)), rel, nil))
			at, least := 0, 0.0
			switch by := p.budget.by; selects {
			case "n":
				least = float64(by.Above.Int64() + 1)
			case "a":
				x, _ := new(big.Float).SetInt(by.Above).Float64()
				at, least = 1, p.grids[0].value(x)*(1-1e-3) // the cell is rounded
			}
			var units []unitData
			for i := range 6000 {
				k := int(math.Sqrt(float64(r.IntN(90 * 90)))) // from none to about 130 units
				units = append(units, unitData{token(i), 1, record(0, []any{k}, 7, 5)})
			}
			table := check.Must(p.Release(bound(p, units), check.Must(mechanism.NewSource())))
			if len(table.Rows) < 20 || len(table.Rows) >= 90 {
				t.Fatalf("%+v: %d rows show", rel, len(table.Rows))
			}
			for _, row := range table.Rows {
				if row.Cells[at].Value < least {
					t.Errorf("%+v by %s: row %+v is below %v", rel, selects, row, least)
				}
			}
			if a, b := tableBytes(p, bound(p, units)), tableBytes(p, bound(p, units)); a != b {
				t.Errorf("%+v by %s: equal words make other tables", rel, selects)
			}
		}
	}
}

// normalFrom returns the x that a standard normal number exceeds with probability
// p, below 1/2.
func normalFrom(p float64) float64 {
	low, high := 0.0, 10.0
	for range 100 {
		if x := (low + high) / 2; math.Erfc(x/math.Sqrt2)/2 > p {
			low = x
		} else {
			high = x
		}
	}
	return low
}
