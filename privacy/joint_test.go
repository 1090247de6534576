package privacy

import (
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestJointNoiseIsPrivate adds up, over all values of two numbers with the noise
// of one job, by how much what is likely with a unit exceeds e^epsilon times what
// is likely without it: within the half of delta that is for the noise, and near
// it, however the unit's change is shared between the two.
func TestJointNoiseIsPrivate(t *testing.T) {
	wide := glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Edges: []float64{0, 1, 2}, Weight: 3}
	for _, rel := range []glovebox.ReleaseDef{laplace(0.5, 0.01), laplace(1, 0.002), laplace(2, 1e-4)} {
		p := check.Must(check.Must(NewPlan(output(1, keysOf(intKey), unitCount, wide), rel, nil)).spent("", true, false))
		a, b := p.budget.units.(*mechanism.Gaussian), p.budget.bins[0].noise.(*mechanism.Gaussian)
		worst := 0.0
		for _, change := range [][2]int{{1, 1}, {1, 0}, {0, 1}, {-1, -1}} {
			worst = max(worst, deltaOfPair(a, b, change, rel.Epsilon))
		}
		if worst > rel.Delta/2 || worst < rel.Delta/20 {
			t.Errorf("%+v: delta %v", rel, worst)
		}
		// The losses of the whole say so, too, and the price is what they add up to.
		all := p.itemize()
		if d := check.Must(all.Losses()).Delta(rel.Epsilon); d > rel.Delta {
			t.Errorf("%+v: the losses say delta %v", rel, d)
		}
		if n := all.Noise; rel.Epsilon*1e9 != float64(n[0].Loss+n[1].Loss) || n[1].Loss != 3*n[0].Loss {
			t.Errorf("%+v: parts %+v", rel, n)
		}
	}
}

// deltaOfPair is the delta at epsilon of two numbers that move by that change.
func deltaOfPair(a, b *mechanism.Gaussian, change [2]int, epsilon float64) (delta float64) {
	law := func(g *mechanism.Gaussian) func(int) float64 {
		v, _ := g.Variance().Float64()
		total := 0.0
		for y := -int(40 * g.StdDev()); y <= int(40*g.StdDev()); y++ {
			total += math.Exp(-float64(y*y) / (2 * v))
		}
		return func(y int) float64 { return math.Exp(-float64(y*y)/(2*v)) / total }
	}
	p, q := law(a), law(b)
	for x := -int(12 * a.StdDev()); x <= int(12*a.StdDev()); x++ {
		for y := -int(12 * b.StdDev()); y <= int(12*b.StdDev()); y++ {
			delta += math.Max(0, p(x)*q(y)-math.Exp(epsilon)*p(x+change[0])*q(y+change[1]))
		}
	}
	return delta
}

// TestJointNoiseFormula holds every part to its share: the squares of what one
// unit changes, in units of the noise, add up to at most the square of the ratio
// for the half of delta, and little less where noise is large.
func TestJointNoiseFormula(t *testing.T) {
	capped := amount
	capped.MaxTotal = 20
	for _, metrics := range [][]glovebox.Metric{
		{unitCount, unitSum}, {unitCount, capped, unitVector, unitSpread}, {unitBins, unitDeciles, unitDistinct, unitRange}, {unitSum},
	} {
		for _, selects := range []string{"", OwnShare} {
			const l0, epsilon, delta = 20, 1.0, 1e-6
			p := check.Must(NewPlan(selecting(selects, output(l0, keysOf(intKey), metrics...)), laplace(epsilon, delta), nil))
			if p.budget.Joint == nil {
				t.Fatalf("%+v: Laplace noise is taken", metrics)
			}
			f := p.Facts()
			square := new(big.Rat)
			for _, part := range check.Must(p.bill.Parts()) {
				square.Add(square, part.Rho())
			}
			got, _ := square.Mul(square, big.NewRat(2, 1)).Float64()
			ratio, _, err := mechanism.CalibrateRatio(big.NewRat(1, 1), big.NewRat(1, 2e6), 1)
			if err != nil {
				t.Fatal(err)
			}
			want := math.Pow(ratFloat(ratio), 2)
			if got > want || got < 0.95*want {
				t.Errorf("%+v by %q: squared ratio %v, theory %v", metrics, selects, got, want)
			}
			if f.Whole == nil || f.Whole.Epsilon > epsilon {
				t.Errorf("%+v by %q: reading %+v", metrics, selects, f.Whole)
			}
			if s := f.Selection; s.Delta != "1/40000000" {
				t.Errorf("%+v by %q: selection %+v", metrics, selects, s)
			}
		}
	}
}

// TestNoiseIsTheSmaller: a price of epsilon and delta gets Laplace noise for few
// keys and Gaussian for many, whichever is smaller; never Gaussian without a delta,
// or beside a choice.
func TestNoiseIsTheSmaller(t *testing.T) {
	mechanism := func(out glovebox.Output, rel glovebox.ReleaseDef) string {
		return check.Must(NewPlan(out, rel, nil)).Facts().Noise[0].Mechanism
	}
	for _, c := range []struct {
		out  glovebox.Output
		rel  glovebox.ReleaseDef
		want string
	}{
		{output(1, keysOf(intKey), unitCount), laplace(1, 1e-6), "discrete_laplace"},
		{output(5, keysOf(intKey), unitCount), laplace(1, 1e-6), "discrete_laplace"},
		{output(20, keysOf(intKey), unitCount), laplace(1, 1e-6), "discrete_gaussian"},
		{output(1, keysOf(intKey), unitCount, unitVector, unitSum), laplace(1, 1e-6), "discrete_laplace"},
		{output(10, keysOf(intKey), unitCount, unitSum), laplace(1, 1e-6), "discrete_gaussian"},
		{output(100, keysOf(intKey), unitCount, unitMedian), laplace(1, 1e-6), "discrete_laplace"},
		{output(100, keysOf(publicKey("k", ints(200)...)), unitCount), laplace(1, 0), "discrete_laplace"},
		{output(1, keysOf(intKey), unitCount), gaussian(0.1, 1e-6), "discrete_gaussian"},
	} {
		if got := mechanism(c.out, c.rel); got != c.want {
			t.Errorf("%+v for %+v: %s, want %s", c.out, c.rel, got, c.want)
		}
	}
	for _, rel := range []glovebox.ReleaseDef{laplace(0.3, 1e-6), laplace(1, 1e-9), laplace(5, 1e-3)} {
		for _, l0 := range []int{1, 3, 10, 30} {
			p := check.Must(NewPlan(output(l0, keysOf(intKey), unitCount, unitSum), rel, nil))
			for _, joint := range []bool{false, true} {
				if q := check.Must(p.spent("", joint, false)); q.spread() < p.spread() {
					t.Errorf("%+v, L0 %d: smaller noise is left aside", rel, l0)
				}
			}
		}
	}
}
