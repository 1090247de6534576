package privacy

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"os"
	"testing"

	"glovebox"
)

// golden is testdata/golden.json: values of two other libraries, written by
// scripts/golden, which says how.
type golden struct {
	Packages map[string]string `json:"packages"`
	ZCDP     goldenCases[struct {
		Rho, Delta, Epsilon float64
	}] `json:"zcdp"`
	Compositions goldenCases[struct {
		Parts []struct {
			Kind         string
			Scale, Reach float64
			Times        int
		}
		Delta, Low, High float64
	}] `json:"compositions"`
	Calibration goldenCases[struct {
		Epsilon, Delta, Sigma float64
	}] `json:"calibration"`
	Accuracy goldenCases[struct {
		Scale, Alpha, Laplace, Gaussian float64
	}] `json:"accuracy"`
	Argmax goldenCases[struct {
		Monotone       bool
		Scale, Epsilon float64
		Reach          uint64
	}] `json:"argmax"`
	Threshold goldenCases[struct {
		Keys              int
		Sigma, Rho, Delta float64
		Threshold         int64
	}] `json:"threshold"`
}

type goldenCases[T any] struct {
	Origin string `json:"origin"`
	Cases  []T    `json:"cases"`
}

func readGolden(t *testing.T) *golden {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	g := new(golden)
	if err := d.Decode(g); err != nil {
		t.Fatal(err)
	}
	if n := len(g.ZCDP.Cases) + len(g.Compositions.Cases) + len(g.Calibration.Cases) + len(g.Accuracy.Cases) + len(g.Argmax.Cases) + len(g.Threshold.Cases); n < 200 {
		t.Fatalf("only %d golden values", n)
	}
	return g
}

func exactRat(f float64) *big.Rat { return new(big.Rat).SetFloat64(f) }

// TestGoldenZCDP: rho read as epsilon, within a millionth of OpenDP's and never
// below by more than its own rounding.
func TestGoldenZCDP(t *testing.T) {
	for _, c := range readGolden(t).ZCDP.Cases {
		loss := must(glovebox.CeilLoss(c.Rho))
		got := must(EpsilonAt(glovebox.LedgerZCDP, glovebox.Amount{Loss: loss}, c.Delta))
		if got < c.Epsilon-1e-9 || got > c.Epsilon+1.1e-6 {
			t.Errorf("rho %v, delta %v: epsilon %v, OpenDP says %v", c.Rho, c.Delta, got, c.Epsilon)
		}
	}
}

// TestGoldenCompositions: whole lists of mechanisms. Our epsilon is an upper
// bound: not below dp-accounting's estimate from below, and at most 1.5 % and
// 0.003 above its estimate from above.
func TestGoldenCompositions(t *testing.T) {
	for _, c := range readGolden(t).Compositions.Cases {
		var l Losses
		own := 0.0
		for _, p := range c.Parts {
			var err error
			switch p.Kind {
			case "laplace":
				err = l.AddLaplace(exactRat(p.Scale), int64(p.Reach), p.Times)
			case "gaussian":
				err = l.AddGaussian(exactRat(p.Scale*p.Scale), int64(p.Reach), p.Times)
			case "continuous": // the same on a grid of 2^-40
				v := exactRat(p.Scale * p.Scale)
				v.Mul(v, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 80)))
				err = l.AddGaussian(v, int64(p.Reach)<<40, p.Times)
			case "approximate":
				err = l.AddApproximate(exactRat(p.Scale), exactRat(p.Reach), p.Times)
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
			wantCode(t, "a delta that leaves nothing for rounding", err, glovebox.CodeInvalid)
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

// TestGoldenCalibration: the deviation of Gaussian noise on a fine grid is that
// of dp-accounting's analytic calibration, within a millionth and not below it.
func TestGoldenCalibration(t *testing.T) {
	square := new(big.Int).Lsh(big.NewInt(1), 80)
	for _, c := range readGolden(t).Calibration.Cases {
		g := must(CalibrateGaussian(exactRat(c.Epsilon), exactRat(c.Delta), square, 1))
		v, _ := g.Variance().Float64()
		if s := math.Sqrt(v) / (1 << 40); s < c.Sigma*(1-1e-9) || s > c.Sigma*(1+2e-6) {
			t.Errorf("epsilon %v, delta %v: deviation %v, dp-accounting says %v", c.Epsilon, c.Delta, s, c.Sigma)
		}
	}
}

// TestGoldenAccuracy: OpenDP's accuracy a is exceeded or met with probability
// alpha at most, so it is the whole number above our radius, or above that less
// one for a Gaussian so wide that the radius is taken from the continuous law.
func TestGoldenAccuracy(t *testing.T) {
	for _, c := range readGolden(t).Accuracy.Cases {
		if got := must(NewLaplace(exactRat(c.Scale))).Radius(c.Alpha); got+1 != math.Ceil(c.Laplace) {
			t.Errorf("Laplace of scale %v at %v: radius %v, OpenDP's accuracy %v", c.Scale, c.Alpha, got, c.Laplace)
		}
		if got := must(NewGaussian(exactRat(c.Scale * c.Scale))).Radius(c.Alpha); got+1 != c.Gaussian && !(c.Scale > 64 && got == c.Gaussian) {
			t.Errorf("Gaussian of deviation %v at %v: radius %v, OpenDP's accuracy %v", c.Scale, c.Alpha, got, c.Gaussian)
		}
	}
}

// TestGoldenArgmax: permute-and-flip at the epsilon that OpenDP says has coins
// with its noise's scale: exp(-d/scale).
func TestGoldenArgmax(t *testing.T) {
	for _, c := range readGolden(t).Argmax.Cases {
		p := must(NewChooser(exactRat(c.Epsilon), c.Reach, c.Monotone))
		if rate := float64(p.num) / float64(p.den); math.Abs(rate*c.Scale-1) > 1e-12 {
			t.Errorf("%+v: coins of exp(-d*%v)", c, rate)
		}
	}
}

// TestGoldenThreshold: OpenDP bounds the chance that one unit exceeds a threshold
// by the continuous normal distribution, as we do for large variances: the same
// value within its rounding of 1e-5, and up to (1-p)^keys against 1-keys*p. For small ones we sum up the
// discrete law itself, which is less.
func TestGoldenThreshold(t *testing.T) {
	for _, c := range readGolden(t).Threshold.Cases {
		v := exactRat(c.Sigma * c.Sigma)
		high, low := newGaussianTails(v, true), newGaussianTails(v, false)
		exact := float64(c.Keys) * unitsOf(high.atLeast(c.Threshold, low))
		bound := float64(c.Keys) * unitsOf(normalBound(new(big.Rat).Quo(big.NewRat(1-c.Threshold, 1), exactRat(c.Sigma)), true))
		if bound < c.Delta*(1-1e-5) || bound > c.Delta*1.002 || exact > c.Delta {
			t.Errorf("%+v: delta %v, bounded by %v", c, exact, bound)
		}
		if rho := float64(c.Keys) / (2 * c.Sigma * c.Sigma); math.Abs(rho/c.Rho-1) > 1e-9 {
			t.Errorf("%+v: rho %v", c, rho)
		}
	}
}
