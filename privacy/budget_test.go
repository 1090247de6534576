package privacy

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"glovebox"
)

// TestBudgetSplit: parts are even in billionths and make up the price exactly.
func TestBudgetSplit(t *testing.T) {
	sum2 := glovebox.Metric{Name: "s2", Kind: glovebox.Sum, Max: 5}
	count2 := glovebox.Metric{Name: "n2", Kind: glovebox.Count}
	for _, c := range []struct {
		metrics []glovebox.Metric
		private bool
		parts   int64
	}{
		{[]glovebox.Metric{unitCount}, false, 1},
		{[]glovebox.Metric{unitCount}, true, 2},
		{[]glovebox.Metric{unitCount, count2}, false, 1},
		{[]glovebox.Metric{unitSum}, false, 1},
		{[]glovebox.Metric{unitSum}, true, 2},
		{[]glovebox.Metric{unitMean}, false, 2},
		{[]glovebox.Metric{unitMean, unitCount, unitSum, sum2}, true, 5},
	} {
		key, delta := publicKey("k", 1, 2), 0.0
		if c.private {
			key, delta = intKey, 1e-6
		}
		for _, loss := range []float64{1, 0.1, 0.000000011, 1000, 0.7} {
			for _, rel := range []glovebox.ReleaseDef{laplace(loss, delta), gaussian(loss, delta)} {
				f := must(NewPlan(output(2, keysOf(key), c.metrics...), rel, nil)).Facts()
				var total, parts int64
				least, most := int64(math.MaxInt64), int64(0)
				add := func(part int64) {
					total, parts, least, most = total+part, parts+1, min(least, part), max(most, part)
				}
				for _, n := range f.Noise {
					add(n.Loss)
				}
				if f.Selection != nil {
					add(f.Selection.Loss)
				}
				if total != must(glovebox.CeilLoss(loss)) || total != f.Price.Loss || parts != c.parts || most-least > 1 {
					t.Errorf("%v of %v: %d parts of %d..%d make up %d", loss, c.metrics, parts, least, most, total)
				}
			}
		}
	}
}

// TestCost checks the price for both kinds of ledger.
func TestCost(t *testing.T) {
	price := func(rel glovebox.ReleaseDef, kind glovebox.LedgerKind) glovebox.Amount {
		return must(must(NewPlan(output(3, keysOf(intKey), unitCount), rel, nil)).Cost(kind))
	}
	for _, c := range []struct {
		rel  glovebox.ReleaseDef
		kind glovebox.LedgerKind
		want glovebox.Amount
	}{
		{laplace(0.1, 1e-6), glovebox.LedgerPure, glovebox.Amount{Loss: 100_000_000, Delta: 1_000_000_000}},
		{laplace(0.1, 1e-6), glovebox.LedgerZCDP, glovebox.Amount{Loss: 833_334, Delta: 1_000_000_000}},    // 2*0.05^2/(2*3)
		{laplace(0.0001, 1e-6), glovebox.LedgerZCDP, glovebox.Amount{Loss: 1, Delta: 1_000_000_000}},       // 0.83 rounded up
		{laplace(1000, 0.01), glovebox.LedgerZCDP, glovebox.Amount{Loss: 44_704_166_666_667, Delta: 1e13}}, // 500^2/(2*3) + 3*45^2/2
		{gaussian(0.5, 1e-15), glovebox.LedgerZCDP, glovebox.Amount{Loss: 500_000_000, Delta: 1}},
	} {
		if got := price(c.rel, c.kind); got != c.want {
			t.Errorf("%+v on a %s ledger: %v, want %v", c.rel, c.kind, got, c.want)
		}
	}
	p := must(NewPlan(output(3, keysOf(intKey), unitCount), gaussian(1, 1e-6), nil))
	_, err := p.Cost(glovebox.LedgerPure)
	wantCode(t, "Gaussian noise on a pure ledger", err, glovebox.CodeInvalid)
	_, err = p.Cost("")
	wantCode(t, "no kind", err, glovebox.CodeInvalid)
}

// TestFacts holds the noise to the formulas of sensitivity.
func TestFacts(t *testing.T) {
	f := must(NewPlan(output(4, keysOf(intKey), unitCount, unitSum), laplace(0.3, 4e-6), nil)).Facts()
	want := []NoiseFacts{
		{Of: "units", Mechanism: "discrete_laplace", Parameter: "40", Step: "1", Reach: 1, Loss: 100_000_000},
		{Of: "s", Mechanism: "discrete_laplace", Parameter: fmt.Sprint(int64(3) << 38 * 40), Step: "2^-38", Reach: 3 << 38, Loss: 100_000_000},
	}
	if !reflect.DeepEqual(f.Noise, want) || f.L0 != 4 {
		t.Errorf("noise %+v, want %+v", f.Noise, want)
	}
	if s := f.Selection; s == nil || s.Epsilon != "" || s.Variance == "" || s.Delta != "1/2000000" || s.Mechanism != "gaussian_threshold_selection" || s.Always != 0 {
		t.Errorf("selection %+v", f.Selection)
	}
	if e := f.Errors["n"]; math.Abs(e.StdDev-40*math.Sqrt2) > 0.01 || e.Half < 119 || e.Half > 120 {
		t.Errorf("error of a count %+v", e)
	}
	if e := f.Errors["s"]; math.Abs(e.StdDev-3*40*math.Sqrt2) > 0.01 {
		t.Errorf("error of a sum %+v", e)
	}

	f = must(NewPlan(output(4, keysOf(intKey), unitMean), gaussian(0.3, 4e-6), nil)).Facts()
	// rho 0.1 each: variance 4*D^2/0.2 = 20 D^2; D of a mean in [0, 10] is 5.
	if f.Noise[0].Parameter != "20" {
		t.Errorf("variance of the units %s", f.Noise[0].Parameter)
	}
	if e := f.Errors["m"]; math.Abs(e.StdDev/(5*math.Sqrt(40))-1) > 1e-9 || f.Noise[1].Step != "2^-37" || f.Noise[1].Reach != 5<<37 {
		t.Errorf("error of a mean %+v, noise %+v", e, f.Noise[1])
	}
	if s := f.Selection; s.Mechanism != "gaussian_threshold_selection" || s.Variance != "20" || s.Delta != "1/1000000" {
		t.Errorf("selection %+v", f.Selection)
	}
	// One key a unit: the optimal selection, for epsilon; Gaussian noise for rho.
	f = must(NewPlan(output(1, keysOf(intKey), unitCount), laplace(0.2, 4e-6), nil)).Facts()
	if s := f.Selection; s.Mechanism != "optimal_partition_selection" || s.Epsilon != "1/10" || s.Delta != "1/250000" || s.Variance != "" {
		t.Errorf("selection %+v", f.Selection)
	}

	// A tiny price coarsens the grid, so that the scale stays a machine word.
	p := must(NewPlan(output(1000, keysOf(intKey), unitSum), laplace(2e-9, 1e-6), nil))
	if l := p.budget.sums[0].(*Laplace); !l.small || p.grids[0].reach() > 1<<22 {
		t.Errorf("tiny price: reach %d, scale %v", p.grids[0].reach(), l.Scale())
	}
	if s := p.Facts().Selection.Mechanism; s != "truncated_laplace_selection" {
		t.Errorf("tiny price: selection by %s", s)
	}
}
