package accounting

import (
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// TestGoldenZCDP: rho read as epsilon, within a millionth of OpenDP's and never
// below by more than its own rounding.
func TestGoldenZCDP(t *testing.T) {
	for _, c := range check.ReadGolden(t).ZCDP.Cases {
		loss := check.Must(glovebox.CeilLoss(c.Rho))
		got := check.Must(EpsilonAt(glovebox.LedgerZCDP, glovebox.Amount{Loss: loss}, c.Delta))
		if got < c.Epsilon-1e-9 || got > c.Epsilon+1.1e-6 {
			t.Errorf("rho %v, delta %v: epsilon %v, OpenDP says %v", c.Rho, c.Delta, got, c.Epsilon)
		}
	}
}

// TestGoldenCompositions: whole lists of mechanisms. Our epsilon is an upper
// bound: not below dp-accounting's estimate from below, and at most 1.5 % and
// 0.003 above its estimate from above.
func TestGoldenCompositions(t *testing.T) {
	for _, c := range check.ReadGolden(t).Compositions.Cases {
		var l Losses
		own := 0.0
		for _, p := range c.Parts {
			var err error
			switch p.Kind {
			case "laplace":
				err = l.AddLaplace(check.Rat(p.Scale), int64(p.Reach), p.Times)
			case "gaussian":
				err = l.AddGaussian(check.Rat(p.Scale*p.Scale), int64(p.Reach), p.Times)
			case "continuous": // the same on a grid of 2^-40
				v := check.Rat(p.Scale * p.Scale)
				v.Mul(v, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 80)))
				err = l.AddGaussian(v, int64(p.Reach)<<40, p.Times)
			case "approximate":
				err = l.AddApproximate(check.Rat(p.Scale), check.Rat(p.Reach), p.Times)
				own += p.Reach * float64(p.Times)
			default:
				t.Fatalf("a mechanism %s", p.Kind)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := l.Epsilon(c.Delta)
		if own == c.Delta {
			check.Code(t, "a delta that leaves nothing for rounding", err, glovebox.CodeInvalid)
			continue
		}
		if err != nil {
			t.Errorf("%+v at %v: %v", c.Parts, c.Delta, err)
			continue
		}
		if got < c.Low-1e-9 || got > c.High*1.015+0.003 {
			t.Errorf("%+v at %v: epsilon %v, dp-accounting says %v to %v", c.Parts, c.Delta, got, c.Low, c.High)
		}
	}
}
