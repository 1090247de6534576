package privacy

import (
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestMarginalsPrice: the parts of a price make up no more than it, in the
// mechanisms' own parameters.
func TestMarginalsPrice(t *testing.T) {
	for _, columns := range []int{1, 2, 3, 7, 24} {
		for _, loss := range []int64{1_000, 999_999_999, 1_000_000_000, 12_345_678_901} {
			p, err := NewMarginals(glovebox.LedgerPure, loss, columns)
			if err != nil {
				t.Fatal(err)
			}
			used := float64(columns) / ratFloat(p.single.(*mechanism.Laplace).Scale())
			if columns > 1 {
				used += float64(columns-1) / ratFloat(p.paired.(*mechanism.Laplace).Scale())
				used += float64(columns-1) * 2 * ratFloat(p.choice.Rate())
			}
			if got := used * 1e9 / float64(loss); got > 1+1e-9 || got < 0.9 {
				t.Errorf("pure, %d columns, %d: %g of the price is used", columns, loss, got)
			}
			z, err := NewMarginals(glovebox.LedgerZCDP, loss, columns)
			if err != nil {
				t.Fatal(err)
			}
			used = float64(columns) / (2 * ratFloat(z.single.(*mechanism.Gaussian).Variance()))
			if columns > 1 {
				used += float64(columns-1) / (2 * ratFloat(z.paired.(*mechanism.Gaussian).Variance()))
				e := 2 * ratFloat(z.choice.Rate())
				used += float64(columns-1) * e * e / 2
			}
			if got := used * 1e9 / float64(loss); got > 1+1e-9 || got < 0.9 {
				t.Errorf("zcdp, %d columns, %d: %g of the price is used", columns, loss, got)
			}
		}
	}
	for _, bad := range []struct {
		kind    glovebox.LedgerKind
		loss    int64
		columns int
	}{{glovebox.LedgerPure, 0, 2}, {glovebox.LedgerPure, 1000, 0}, {glovebox.LedgerPure, 5, 2}, {"x", 1000, 2}} {
		if _, err := NewMarginals(bad.kind, bad.loss, bad.columns); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func ratFloat(r interface{ Float64() (float64, bool) }) float64 {
	f, _ := r.Float64()
	return f
}

// TestMarginalsTree: every tree joins all columns, and the far pairs are
// chosen. A near pair among distances 0 and 1000 at epsilon 1 a choice is
// chosen with probability below e^-500.
func TestMarginalsTree(t *testing.T) {
	m, err := NewMarginals(glovebox.LedgerPure, 12_000_000_000, 5) // 4/4 a choice
	if err != nil {
		t.Fatal(err)
	}
	want := map[[2]int]bool{{0, 3}: true, {1, 3}: true, {2, 4}: true, {0, 4}: true}
	src := check.Must(mechanism.NewSource())
	for range 20 {
		tree, err := m.Tree(func(i, j int) int64 {
			if want[[2]int{i, j}] {
				return 1000
			}
			return 0
		}, src)
		if err != nil || len(tree) != 4 {
			t.Fatal(tree, err)
		}
		for _, p := range tree {
			if !want[p] {
				t.Fatalf("pair %v was chosen", p)
			}
		}
	}
}

// TestMarginalsNoise: the spread of the counts is that of the price. The
// variance of 40,000 draws is off by 5 % with probability below 1e-9.
func TestMarginalsNoise(t *testing.T) {
	m, err := NewMarginals(glovebox.LedgerZCDP, 3_000_000, 2) // rho 0.001 for the counts
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]uint64, 40_000)
	for i := range counts {
		counts[i] = 1_000_000
	}
	src := check.Must(mechanism.NewSource())
	for name, c := range map[string]struct {
		got  []int64
		want float64
	}{"single": {m.Single(counts, src), 1000}, "paired": {m.Paired(counts, src), 500}} {
		sum := 0.0
		for _, v := range c.got {
			d := float64(v) - 1_000_000
			sum += d * d
		}
		if got := sum / float64(len(c.got)); math.Abs(got/c.want-1) > 0.05 {
			t.Errorf("%s: variance %g, want %g", name, got, c.want)
		}
	}
}
