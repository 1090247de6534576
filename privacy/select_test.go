package privacy

import (
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestSelectionIsTheBetter: of both kinds, the one that shows a key from fewer
// units on; with rho that is Gaussian noise, and with epsilon from a few keys on.
func TestSelectionIsTheBetter(t *testing.T) {
	for _, c := range []struct {
		rel  glovebox.ReleaseDef
		l0   int
		want string
	}{
		{laplace(2, 1e-6), 1, "optimal_partition_selection"},
		{laplace(2, 1e-6), 10, "gaussian_threshold_selection"},
		{laplace(2, 1e-6), 1000, "gaussian_threshold_selection"},
		{gaussian(1, 1e-6), 1, "gaussian_threshold_selection"},
		{gaussian(1, 1e-6), 50, "gaussian_threshold_selection"},
	} {
		p := check.Must(NewPlan(selecting(OwnShare, output(c.l0, keysOf(intKey), unitCount)), c.rel, nil))
		if got := p.Facts().Selection.Mechanism; got != c.want {
			t.Errorf("%+v, L0 %d: %s, want %s", c.rel, c.l0, got, c.want)
		}
		other := check.Must(mechanism.NewSelection(new(big.Rat).Quo(big.NewRat(p.budget.keyLoss, 1e9), big.NewRat(int64(c.l0), 1)), big.NewRat(1, 1e6*int64(c.l0))))
		if !p.budget.Gaussian && p.budget.keys.Even() > other.Even() {
			t.Errorf("%+v, L0 %d: even at %d, the optimal selection at %d", c.rel, c.l0, p.budget.keys.Even(), other.Even())
		}
	}
}
