package bill

import (
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// renyi returns the Renyi divergence of order a of discrete Laplace noise of scale
// b, or Gaussian of variance v (b = 0), moved by d, in floats.
func renyi(a, b, v float64, d int) float64 {
	weight := func(y int) float64 {
		if b > 0 {
			return math.Exp(-math.Abs(float64(y)) / b)
		}
		return math.Exp(-float64(y*y) / (2 * v))
	}
	total, sum := 0.0, 0.0
	for y := -400; y <= 400; y++ {
		total += weight(y)
		if q := weight(y - d); q > 0 {
			sum += math.Pow(weight(y), a) * math.Pow(q, 1-a)
		}
	}
	return math.Log(sum/total) / (a - 1)
}

// TestPartRho holds the price of a part to the definition of zCDP, for the worst
// changes that one unit can make: a*rho is at least the sum of the divergences,
// for any order a.
func TestPartRho(t *testing.T) {
	for _, c := range []struct {
		p       Part
		changes []int // of one unit, number by number
	}{
		{Part{Law: mechanism.DiscreteLaplace, Parameter: big.NewRat(8, 1), Keys: 3, Reach: 2}, []int{2, 2, 2}},
		{Part{Law: mechanism.DiscreteLaplace, Parameter: big.NewRat(8, 1), Keys: 3, Reach: 2, Total: 5}, []int{2, 2, 1}},
		{Part{Law: mechanism.DiscreteLaplace, Parameter: big.NewRat(8, 1), Keys: 2, Reach: 3, Numbers: 9}, []int{3, 2, 1}},
		{Part{Law: mechanism.DiscreteLaplace, Parameter: big.NewRat(8, 1), Keys: 2, Reach: 2, Numbers: 9, Levels: 3}, []int{2, 2, 2, 1, 1, 2, 2}},
		{Part{Law: mechanism.DiscreteGaussian, Parameter: big.NewRat(30, 1), Keys: 4, Reach: 3}, []int{3, 3, 3, 3}},
		{Part{Law: mechanism.DiscreteGaussian, Parameter: big.NewRat(30, 1), Keys: 4, Reach: 3, Total: 8, Levels: 2}, []int{3, 3, 2, 3, 3, 2}},
	} {
		v, _ := c.p.Parameter.Float64()
		b := v
		if c.p.Law == mechanism.DiscreteGaussian {
			b = 0
		}
		rho, _ := c.p.Rho().Float64()
		worst := 0.0
		for _, a := range []float64{1.01, 1.5, 2, 5, 20} {
			sum := 0.0
			for _, d := range c.changes {
				sum += renyi(a, b, v, d)
			}
			worst = max(worst, sum/a)
		}
		if worst > rho*(1+1e-9) || worst < rho/3 {
			t.Errorf("%+v: rho %v, the divergences say %v", c.p, rho, worst)
		}
	}
	choice := Part{Law: mechanism.PermuteAndFlip, Parameter: big.NewRat(1, 2), Keys: 10, Reach: 4, Total: 10}
	if got := choice.Rho(); got.Cmp(big.NewRat(9, 32)) != 0 { // (0.5^2 + 0.5^2 + 0.25^2)/2
		t.Errorf("choices cost %v", got)
	}
}

// TestPartPlaces: whatever a unit changes its keys by, they fit as many groups of
// at most the reach.
func TestPartPlaces(t *testing.T) {
	for reach := int64(1); reach <= 5; reach++ {
		for total := int64(1); total <= 12; total++ {
			p := Part{Keys: 100, Reach: reach, Total: total}
			n, grouped := p.places()
			if n > 100 || !grouped {
				t.Fatalf("reach %d, total %d: %d places", reach, total, n)
			}
			// First fit, for every split of the total into parts of at most the reach.
			var split func(left, most int64, bins []int64)
			split = func(left, most int64, bins []int64) {
				if left == 0 {
					if len(bins) > n {
						t.Fatalf("reach %d, total %d: %v are more than %d places", reach, total, bins, n)
					}
					return
				}
				for x := min(most, left); x >= 1; x-- {
					next := append([]int64(nil), bins...)
					fits := false
					for i := range next {
						if !fits && next[i]+x <= reach {
							next[i], fits = next[i]+x, true
						}
					}
					if !fits {
						next = append(next, x)
					}
					split(left-x, x, next)
				}
			}
			split(total, reach, nil)
		}
	}
	if n, grouped := (&Part{Keys: 3, Reach: 2, Total: 6}).places(); n != 3 || grouped {
		t.Errorf("%d places", n)
	}
	if n, grouped := (&Part{Keys: 3, Reach: 2, Total: 5}).places(); n != 3 || grouped {
		t.Errorf("%d places", n)
	}
}

// TestPartLosses: each kind of part joins the list as what it is, and never costs
// less than the worst single change.
func TestPartLosses(t *testing.T) {
	for _, c := range []struct {
		p    Part
		want float64 // delta at epsilon 0 of the worst change of one key
	}{
		{Part{Law: mechanism.DiscreteLaplace, Parameter: big.NewRat(10, 1), Keys: 1, Reach: 2}, check.LaplaceAtoms(0.1, 2).Delta(0)},
		{Part{Law: mechanism.DiscreteLaplace, Parameter: big.NewRat(10, 1), Keys: 1, Reach: 1, Numbers: 9, Levels: 3}, check.LaplaceAtoms(0.1, 1).Times(3).Delta(0)},
		{Part{Law: mechanism.DiscreteLaplace, Parameter: big.NewRat(10, 1), Keys: 1, Reach: 3, Numbers: 9}, check.LaplaceAtoms(0.1, 3).Delta(0)},
		{Part{Law: mechanism.DiscreteGaussian, Parameter: big.NewRat(25, 1), Keys: 1, Reach: 2}, check.GaussianAtoms(25, 2).Delta(0)},
		{Part{Law: mechanism.DiscreteGaussian, Parameter: big.NewRat(25, 1), Keys: 1, Reach: 1, Numbers: 9, Levels: 3}, check.GaussianAtoms(25, 1).Times(3).Delta(0)},
		{Part{Law: mechanism.DiscreteGaussian, Parameter: big.NewRat(25, 1), Keys: 1, Reach: 4, Numbers: 9}, check.GaussianAtoms(25, 4).Delta(0)},
		{Part{Law: mechanism.PermuteAndFlip, Parameter: big.NewRat(1, 4), Keys: 1, Reach: 4, Numbers: 9}, check.ResponseAtoms(0.25).Delta(0)},
	} {
		var l accounting.Losses
		if err := c.p.AddTo(&l); err != nil {
			t.Fatal(err)
		}
		if got := l.Delta(0); got < c.want*(1-1e-9) || got > c.want*1.15+1e-6 {
			t.Errorf("%+v: delta %v at 0, want %v", c.p, got, c.want)
		}
	}
	unknown := Part{Law: "magic", Parameter: big.NewRat(1, 1), Keys: 1, Reach: 1}
	if unknown.AddTo(new(accounting.Losses)) == nil {
		t.Error("a mechanism that nobody knows was accounted for")
	}
	for what, p := range map[string]Part{
		"an unknown law": unknown, "no parameter": {Law: mechanism.DiscreteLaplace, Reach: 1}, "no reach": {Law: mechanism.DiscreteLaplace, Parameter: big.NewRat(1, 1)},
		"a parameter of 0": {Law: mechanism.Exponential, Parameter: new(big.Rat), Reach: 1},
	} {
		b := Bill{Price: Price{Amount: glovebox.Amount{Loss: 1}}, Noise: []Part{p}}
		b.Noise[0].Loss = 1
		if _, err := b.Parts(); err == nil {
			t.Errorf("a part with %s has a price", what)
		}
	}
}
