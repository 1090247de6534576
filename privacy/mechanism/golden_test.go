package mechanism

import (
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox/privacy/internal/check"
)

// TestGoldenCalibration: the deviation of Gaussian noise on a fine grid is that
// of dp-accounting's analytic calibration, within a millionth and not below it.
func TestGoldenCalibration(t *testing.T) {
	square := new(big.Int).Lsh(big.NewInt(1), 80)
	for _, c := range check.ReadGolden(t).Calibration.Cases {
		g := check.Must(CalibrateGaussian(check.Rat(c.Epsilon), check.Rat(c.Delta), square, 1))
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
	for _, c := range check.ReadGolden(t).Accuracy.Cases {
		if got := check.Must(NewLaplace(check.Rat(c.Scale))).Radius(c.Alpha); got+1 != math.Ceil(c.Laplace) {
			t.Errorf("Laplace of scale %v at %v: radius %v, OpenDP's accuracy %v", c.Scale, c.Alpha, got, c.Laplace)
		}
		if got := check.Must(NewGaussian(check.Rat(c.Scale * c.Scale))).Radius(c.Alpha); got+1 != c.Gaussian && !(c.Scale > 64 && got == c.Gaussian) {
			t.Errorf("Gaussian of deviation %v at %v: radius %v, OpenDP's accuracy %v", c.Scale, c.Alpha, got, c.Gaussian)
		}
	}
}

// TestGoldenArgmax: permute-and-flip at the epsilon that OpenDP says has coins
// with its noise's scale: exp(-d/scale).
func TestGoldenArgmax(t *testing.T) {
	for _, c := range check.ReadGolden(t).Argmax.Cases {
		p := check.Must(NewChooser(check.Rat(c.Epsilon), c.Reach, c.Monotone))
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
	for _, c := range check.ReadGolden(t).Threshold.Cases {
		v := check.Rat(c.Sigma * c.Sigma)
		high, low := newGaussianTails(v, true), newGaussianTails(v, false)
		exact := float64(c.Keys) * unitsOf(high.atLeast(c.Threshold, low))
		bound := float64(c.Keys) * unitsOf(normalBound(new(big.Rat).Quo(big.NewRat(1-c.Threshold, 1), check.Rat(c.Sigma)), true))
		if bound < c.Delta*(1-1e-5) || bound > c.Delta*1.002 || exact > c.Delta {
			t.Errorf("%+v: delta %v, bounded by %v", c, exact, bound)
		}
		if rho := float64(c.Keys) / (2 * c.Sigma * c.Sigma); math.Abs(rho/c.Rho-1) > 1e-9 {
			t.Errorf("%+v: rho %v", c, rho)
		}
	}
}
