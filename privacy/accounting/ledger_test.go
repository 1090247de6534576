package accounting

import (
	"math"
	"math/rand/v2"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

func balance(total, spent, delta, spentDelta int64) glovebox.Balance {
	return glovebox.Balance{Dataset: "d", Kind: glovebox.LedgerPure,
		Total: glovebox.Amount{Loss: total, Delta: delta}, Spent: glovebox.Amount{Loss: spent, Delta: spentDelta}}
}

func TestFits(t *testing.T) {
	const most = math.MaxInt64
	for _, c := range []struct {
		b    glovebox.Balance
		a    glovebox.Amount
		fits bool
	}{
		{balance(10, 4, 0, 0), glovebox.Amount{Loss: 6}, true},
		{balance(10, 4, 0, 0), glovebox.Amount{Loss: 7}, false},
		{balance(10, 4, 5, 5), glovebox.Amount{Loss: 1, Delta: 1}, false},
		{balance(10, 4, 5, 5), glovebox.Amount{Loss: 1}, true},
		{balance(10, 10, 0, 0), glovebox.Amount{}, true},
		{balance(10, 11, 0, 0), glovebox.Amount{}, false},
		{balance(most, most, 0, 0), glovebox.Amount{Loss: most}, false},
		{balance(most, 1, 0, 0), glovebox.Amount{Loss: most}, false},
		{balance(most, 0, most, 0), glovebox.Amount{Loss: most, Delta: most}, true},
		{balance(10, -most, 0, 0), glovebox.Amount{Loss: 1}, false},
		{balance(10, 0, 0, 0), glovebox.Amount{Loss: -1}, false},
		{balance(-1, 0, 0, 0), glovebox.Amount{}, false},
	} {
		if Fits(c.b, c.a) != c.fits {
			t.Errorf("total %v, spent %v, charge %v: fits is not %v", c.b.Total, c.b.Spent, c.a, c.fits)
		}
	}
}

// TestFitsIsAFilter charges at random: what was let through adds up to nearly the
// total and never to more.
func TestFitsIsAFilter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	b := balance(1_000_000, 0, 1000, 0)
	refused := 0
	for range 1000 {
		a := glovebox.Amount{Loss: r.Int64N(5000), Delta: r.Int64N(4)}
		if !Fits(b, a) {
			refused++
			continue
		}
		if b.Spent = b.Spent.Add(a); b.Spent.Loss > b.Total.Loss || b.Spent.Delta > b.Total.Delta {
			t.Fatalf("spent %v of %v", b.Spent, b.Total)
		}
	}
	if refused == 0 || b.Spent.Loss < 990_000 {
		t.Errorf("%d refusals, %v spent: the total was not reached", refused, b.Spent)
	}
}

// TestEpsilonAt holds the conversion to values computed elsewhere with the
// formula of the paper, and to a plain scan over a.
func TestEpsilonAt(t *testing.T) {
	for _, c := range []struct{ rho, delta, want float64 }{
		{0.1, 1e-6, 2.141939}, {1, 1e-6, 7.766217}, {0.5, 1e-9, 6.474070},
		{0.024356, 1e-6, 1}, {0.088153, 1e-6, 2}, {0.311065, 1e-6, 4}, {1.052358, 1e-6, 8},
		{0.03125, 1e-3, 0.688002},
	} {
		a := glovebox.Amount{Loss: check.Must(glovebox.CeilLoss(c.rho))}
		if got := check.Must(EpsilonAt(glovebox.LedgerZCDP, a, c.delta)); math.Abs(got-c.want) > c.want*1e-5 || got < c.want-1e-6 {
			t.Errorf("rho %v, delta %v: epsilon %v, want %v", c.rho, c.delta, got, c.want)
		}
	}
	for _, rho := range []float64{1e-9, 1e-4, 0.03, 2, 100, 1000} {
		for _, delta := range []float64{1e-15, 1e-6, 0.01, 0.5} {
			best := math.Inf(1)
			for x := -12.0; x < 30; x += 0.001 {
				a := 1 + math.Exp(x)
				best = math.Min(best, a*rho+(a*math.Log1p(-1/a)-math.Log(a-1)-math.Log(delta))/(a-1))
			}
			best = math.Max(best, 0)
			got := zcdpEpsilon(rho, delta)
			if got < best*(1-1e-6)-1e-9 || got > best*(1+1e-5)+2e-6 {
				t.Errorf("rho %v, delta %v: epsilon %v, a scan finds %v", rho, delta, got, best)
			}
		}
	}
	// The amount's own delta comes off the target.
	own := glovebox.Amount{Loss: 100_000_000, Delta: 500_000_000}
	if got, want := check.Must(EpsilonAt(glovebox.LedgerZCDP, own, 1.5e-6)), zcdpEpsilon(0.1, 1e-6); got != want {
		t.Errorf("own delta: epsilon %v, want %v", got, want)
	}
	if got := check.Must(EpsilonAt(glovebox.LedgerPure, own, 1e-6)); got != 0.1 {
		t.Errorf("pure: epsilon %v", got)
	}
	if got := check.Must(EpsilonAt(glovebox.LedgerZCDP, glovebox.Amount{}, 1e-6)); got != 0 {
		t.Errorf("nothing spent: epsilon %v", got)
	}
	for _, c := range []struct {
		kind  glovebox.LedgerKind
		a     glovebox.Amount
		delta float64
	}{
		{glovebox.LedgerZCDP, own, 5e-7}, {glovebox.LedgerPure, own, 1e-7}, {glovebox.LedgerPure, own, 0},
		{glovebox.LedgerZCDP, own, math.NaN()}, {glovebox.LedgerPure, own, 1}, {glovebox.LedgerZCDP, glovebox.Amount{Loss: -1}, 0.1}, {"other", own, 0.1},
	} {
		_, err := EpsilonAt(c.kind, c.a, c.delta)
		check.Code(t, "EpsilonAt", err, glovebox.CodeInvalid)
	}
}
