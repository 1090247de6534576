package privacy

import (
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/internal/check"
)

// TestWhole holds the readings of whole jobs to what is known: never above the
// price, and far below it where there are many mechanisms.
func TestWhole(t *testing.T) {
	for _, c := range []struct {
		name    string
		out     glovebox.Output
		rel     glovebox.ReleaseDef
		epsilon [2]float64
		rho     int64
	}{
		// One count: next to its price.
		{"one count", output(1, keysOf(publicKey("k", 1, 2)), unitCount), laplace(1, 0), [2]float64{0.9, 1}, 500_000_000},
		// 64 mechanisms of 1/64 each: near that of a Gaussian of 1/8 deviations, 0.5039.
		{"32 keys", output(32, keysOf(publicKey("k", ints(40)...)), unitCount, unitSum), laplace(1, 0), [2]float64{0.48, 0.54}, 7_812_500},
		// rho 0.5 in three Gaussian parts is a Gaussian of one deviation: 4.88655.
		{"Gaussian", output(5, keysOf(intKey), unitCount, unitSum), gaussian(0.5, 1e-9), [2]float64{4.8865, 4.9}, 500_000_000},
		{"private keys", selecting(OwnShare, output(1, keysOf(intKey), unitCount)), laplace(1, 1e-7), [2]float64{0.9, 1}, 250_000_000},
		// Selected by the count itself: its noise, and delta.
		{"private keys by their count", output(1, keysOf(intKey), unitCount), laplace(1, 1e-7), [2]float64{0.9, 1}, 500_000_000},
	} {
		w := check.Must(NewPlan(c.out, c.rel, nil)).Facts().Whole
		if w == nil {
			t.Errorf("%s: no reading", c.name)
			continue
		}
		if w.Epsilon < c.epsilon[0] || w.Epsilon > c.epsilon[1] || math.Abs(w.Delta-1e-6) > 1e-18 || w.Rho != c.rho {
			t.Errorf("%s: %+v, want an epsilon in %v and rho %d", c.name, *w, c.epsilon, c.rho)
		}
	}
	w := check.Must(NewPlan(output(1, keysOf(intKey), unitCount), laplace(1, 1e-5), nil)).Facts().Whole
	if math.Abs(w.Delta-1e-4) > 1e-12 {
		t.Errorf("%+v", *w)
	}
}

func ints(n int) (v []any) {
	for i := range n {
		v = append(v, i)
	}
	return v
}

// TestCostOfUnknownParts: where the facts do not tell of all that the price is
// spent on, the whole price counts, and there is no reading.
func TestCostOfUnknownParts(t *testing.T) {
	p := check.Must(NewPlan(output(4, keysOf(publicKey("k", ints(9)...)), unitCount, unitSum), laplace(1, 0), nil))
	if a := check.Must(p.Cost(glovebox.LedgerZCDP)); a.Loss != 62_500_000 { // 2*0.5^2/(2*4)
		t.Errorf("costs %v", a)
	}
	p.bill.Price.Amount.Loss++
	if a := check.Must(p.Cost(glovebox.LedgerZCDP)); a.Loss != 500_000_002 || p.bill.Whole() != nil {
		t.Errorf("costs %v", a)
	}
	bare := bill.Bill{Price: bill.Price{Amount: glovebox.Amount{Loss: 1e9}}}
	if a := check.Must(bare.Cost(glovebox.LedgerZCDP)); a.Loss != 500_000_000 {
		t.Errorf("a bare price costs %v", a)
	}
}

// TestWholeOfEveryKind: jobs of all kinds of metrics, with and without rounds of
// a top, have a reading, never above the price, and a rho that a ledger charges.
func TestWholeOfEveryKind(t *testing.T) {
	for _, out := range []glovebox.Output{everyKind(3), topOf(everyKind(9), 4, "n")} {
		for _, rel := range []glovebox.ReleaseDef{laplace(2, 1e-7), gaussian(0.5, 1e-7)} {
			p := check.Must(NewPlan(out, rel, nil))
			w := p.Facts().Whole
			if w == nil {
				t.Errorf("%+v: no reading", rel)
				continue
			}
			most := check.Must(accounting.EpsilonAt(glovebox.LedgerZCDP, glovebox.Amount{Loss: 500_000_000, Delta: 1e8}, w.Delta))
			if rel.Epsilon > 0 {
				most = rel.Epsilon
			}
			if w.Epsilon > most || w.Epsilon < most/20 || w.Rho != check.Must(p.Cost(glovebox.LedgerZCDP)).Loss {
				t.Errorf("%+v: %+v", rel, *w)
			}
			if rel.Epsilon > 0 && w.Rho >= 2_000_000_000/4 {
				t.Errorf("%+v: rho %d", rel, w.Rho)
			}
		}
	}
}

// TestTrainWhole: rounds of Gaussian noise compose to what one Gaussian of their
// whole rho gives: of one deviation, epsilon 4.88655 at 1e-6, but for the
// billionths that do not divide.
func TestTrainWhole(t *testing.T) {
	for _, rounds := range []int{1, 7, 1000} {
		f := check.Must(NewTrainPlan(trainOf(func(t *glovebox.Train) { t.Rounds = rounds }), "g", gaussian(0.5, 0))).Facts()
		if w := f.Whole; w == nil || w.Epsilon < 4.8865 || w.Epsilon > 4.9 || w.Rho != 500_000_000 || w.Delta != 1e-6 {
			t.Errorf("%d rounds: %+v", rounds, w)
		}
	}
}
