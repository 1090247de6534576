package privacy

import (
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/internal/check"
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
		p       part
		changes []int // of one unit, number by number
	}{
		{part{mechanism: "discrete_laplace", parameter: big.NewRat(8, 1), keys: 3, reach: 2, numbers: 1, levels: 1}, []int{2, 2, 2}},
		{part{mechanism: "discrete_laplace", parameter: big.NewRat(8, 1), keys: 3, reach: 2, total: 5, numbers: 1, levels: 1}, []int{2, 2, 1}},
		{part{mechanism: "discrete_laplace", parameter: big.NewRat(8, 1), keys: 2, reach: 3, numbers: 9, levels: 1}, []int{3, 2, 1}},
		{part{mechanism: "discrete_laplace", parameter: big.NewRat(8, 1), keys: 2, reach: 2, numbers: 9, levels: 3}, []int{2, 2, 2, 1, 1, 2, 2}},
		{part{mechanism: "discrete_gaussian", parameter: big.NewRat(30, 1), keys: 4, reach: 3, numbers: 1, levels: 1}, []int{3, 3, 3, 3}},
		{part{mechanism: "discrete_gaussian", parameter: big.NewRat(30, 1), keys: 4, reach: 3, total: 8, numbers: 1, levels: 2}, []int{3, 3, 2, 3, 3, 2}},
	} {
		v, _ := c.p.parameter.Float64()
		b := v
		if c.p.mechanism == "discrete_gaussian" {
			b = 0
		}
		rho, _ := c.p.rho().Float64()
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
	choice := part{mechanism: "permute_and_flip", parameter: big.NewRat(1, 2), keys: 10, reach: 4, total: 10, numbers: 1, levels: 1}
	if got := choice.rho(); got.Cmp(big.NewRat(9, 32)) != 0 { // (0.5^2 + 0.5^2 + 0.25^2)/2
		t.Errorf("choices cost %v", got)
	}
}

// TestPartPlaces: whatever a unit changes its keys by, they fit as many groups of
// at most the reach.
func TestPartPlaces(t *testing.T) {
	for reach := int64(1); reach <= 5; reach++ {
		for total := int64(1); total <= 12; total++ {
			p := part{keys: 100, reach: reach, total: total}
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
	if n, grouped := (&part{keys: 3, reach: 2, total: 6}).places(); n != 3 || grouped {
		t.Errorf("%d places", n)
	}
	if n, grouped := (&part{keys: 3, reach: 2, total: 5}).places(); n != 3 || grouped {
		t.Errorf("%d places", n)
	}
}

// TestPartLosses: each kind of part joins the list as what it is, and never costs
// less than the worst single change.
func TestPartLosses(t *testing.T) {
	for _, c := range []struct {
		p    part
		want float64 // delta at epsilon 0 of the worst change of one key
	}{
		{part{mechanism: "discrete_laplace", parameter: big.NewRat(10, 1), keys: 1, reach: 2, numbers: 1, levels: 1}, check.LaplaceAtoms(0.1, 2).Delta(0)},
		{part{mechanism: "discrete_laplace", parameter: big.NewRat(10, 1), keys: 1, reach: 1, numbers: 9, levels: 3}, check.LaplaceAtoms(0.1, 1).Times(3).Delta(0)},
		{part{mechanism: "discrete_laplace", parameter: big.NewRat(10, 1), keys: 1, reach: 3, numbers: 9, levels: 1}, check.LaplaceAtoms(0.1, 3).Delta(0)},
		{part{mechanism: "discrete_gaussian", parameter: big.NewRat(25, 1), keys: 1, reach: 2, numbers: 1, levels: 1}, check.GaussianAtoms(25, 2).Delta(0)},
		{part{mechanism: "discrete_gaussian", parameter: big.NewRat(25, 1), keys: 1, reach: 1, numbers: 9, levels: 3}, check.GaussianAtoms(25, 1).Times(3).Delta(0)},
		{part{mechanism: "discrete_gaussian", parameter: big.NewRat(25, 1), keys: 1, reach: 4, numbers: 9, levels: 1}, check.GaussianAtoms(25, 4).Delta(0)},
		{part{mechanism: "permute_and_flip", parameter: big.NewRat(1, 4), keys: 1, reach: 4, numbers: 9, levels: 1}, check.ResponseAtoms(0.25).Delta(0)},
	} {
		var l accounting.Losses
		if err := c.p.addTo(&l); err != nil {
			t.Fatal(err)
		}
		if got := l.Delta(0); got < c.want*(1-1e-9) || got > c.want*1.15+1e-6 {
			t.Errorf("%+v: delta %v at 0, want %v", c.p, got, c.want)
		}
	}
	unknown := part{mechanism: "magic", parameter: big.NewRat(1, 1), keys: 1, reach: 1, numbers: 1, levels: 1}
	if unknown.addTo(new(accounting.Losses)) == nil {
		t.Error("a mechanism that nobody knows was accounted for")
	}
	if _, err := (&NoiseFacts{Parameter: "x", Reach: 1}).part(1); err == nil {
		t.Error("a parameter that is no number passed")
	}
}
