package blocks

import (
	"fmt"
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestBlockWhole: twenty medians for epsilon 1 are twenty randomised responses
// of epsilon 0.05 at worst, whose composition a binomial distribution tells.
func TestBlockWhole(t *testing.T) {
	const n, e = 20, 0.05
	var m []glovebox.BlockMetric
	for i := range n {
		m = append(m, glovebox.BlockMetric{Name: fmt.Sprint("m", i), Combine: glovebox.Median, Max: 10, Points: 11, Spacing: glovebox.Linear})
	}
	w := blockPlan(t, 64, laplace(1), m...).Facts().Whole
	delta := func(epsilon float64) (d float64) {
		ways := 1.0
		for k := range n + 1 { // k responses tell the truth: a loss of (2k-n)*e
			p := ways * math.Exp(e*float64(k)) / math.Pow(1+math.Exp(e), n)
			if loss := float64(2*k-n) * e; loss > epsilon {
				d -= p * math.Expm1(epsilon-loss)
			}
			ways *= float64(n-k) / float64(k+1)
		}
		return d
	}
	if w == nil || w.Rho != 25_000_000 || w.Delta != 1e-6 {
		t.Fatalf("%+v", w)
	}
	if delta(w.Epsilon) > 1e-6 || delta(0.97*w.Epsilon) < 1e-6 || w.Epsilon >= 1 {
		t.Errorf("epsilon %v: delta %g, at 3 %% less %g", w.Epsilon, delta(w.Epsilon), delta(0.97*w.Epsilon))
	}
}

// TestBlockWholeOfEveryKind: every way to combine has a reading, no worse than
// the price and than what rho alone tells; where a step cannot be composed, that
// is what is read.
func TestBlockWholeOfEveryKind(t *testing.T) {
	for _, rel := range []glovebox.ReleaseDef{laplace(2), gaussian(0.1), gaussian(0.5), gaussian(5)} {
		p := blockPlan(t, 64, rel, blockMetrics()...)
		rho := check.Must(p.Cost(glovebox.LedgerZCDP))
		w, byRho := p.Facts().Whole, check.Must(accounting.EpsilonAt(glovebox.LedgerZCDP, rho, 1e-6))
		if w == nil || w.Rho != rho.Loss || w.Epsilon > byRho || w.Epsilon < byRho/3 || rel.Epsilon > 0 && w.Epsilon > rel.Epsilon {
			t.Errorf("%+v: %+v, by rho %v", rel, w, byRho)
		}
		if rel.Rho == 5 && w.Epsilon != byRho { // the winsorised mean's variance is below 4
			t.Errorf("%+v: %+v, by rho %v", rel, w, byRho)
		}
	}
}

// TestWinsorWidths: what stands for the noise of a winsorised mean is no better
// than its noise at any width of the clamp.
func TestWinsorWidths(t *testing.T) {
	for _, loss := range []int64{1e8, 3e7} {
		worst := map[bool]*accounting.Losses{false: {}, true: {}}
		for gaussian, l := range worst {
			price := bill.Price{Gaussian: gaussian}
			sum := bill.Part{Keys: 1, Reach: 1, Scaled: true}
			sum.Law, sum.Parameter = check.Must(price.Noise(loss, 1, 1)).Law()
			if err := sum.AddTo(l); err != nil {
				t.Fatal(err)
			}
			for _, width := range []int64{1, 2, 3, 10, 1000} {
				var one accounting.Losses
				switch s := check.Must(price.Noise(loss, 1, width)).(type) {
				case *mechanism.Laplace:
					_ = one.AddLaplace(s.Scale(), width, 1)
				case *mechanism.Gaussian:
					_ = one.AddGaussian(s.Variance(), width, 1)
				}
				for _, e := range []float64{0, 0.01, 0.02, 0.06, 0.2, 0.5} {
					if got, most := one.Delta(e), l.Delta(e); got > most*(1+1e-6)+1e-15 {
						t.Errorf("Gaussian %v, loss %d, width %d: delta %g at %v, said to be at most %g", gaussian, loss, width, got, e, most)
					}
				}
			}
		}
	}
}
