package mechanism

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// laplaceAtLeast returns P(Y >= m) for discrete Laplace noise of scale b.
func laplaceAtLeast(b float64, m float64) float64 {
	r := math.Exp(-1 / b)
	if m > 0 {
		return math.Exp(-m/b) / (1 + r)
	}
	return 1 - math.Exp((m-1)/b)/(1+r)
}

// gaussianAtLeast returns P(Y >= m) for discrete Gaussian noise.
func gaussianAtLeast(sigma float64) func(m float64) float64 {
	if sigma > 1000 { // the sum is the integral up to exp(-2*pi^2*sigma^2)
		return func(m float64) float64 { return math.Erfc((m-0.5)/(sigma*math.Sqrt2)) / 2 }
	}
	weight := func(y float64) float64 { return math.Exp(-y * y / (2 * sigma * sigma)) }
	last := math.Ceil(40*sigma) + 1
	total := 0.0
	for y := -last; y <= last; y++ {
		total += weight(y)
	}
	return func(m float64) float64 {
		tail := 0.0
		for y := last; y >= m; y-- {
			tail += weight(y)
		}
		return tail / total
	}
}

// checkLaw draws n values and compares the share of every bin between the
// bounds, and of the two tails, with the law.
func checkLaw(t *testing.T, what string, n int, draw func() Int128, atLeast func(float64) float64, bounds []float64) {
	t.Helper()
	counts := make([]int, len(bounds)+1)
	for range n {
		v := draw().Float64()
		i := 0
		for i < len(bounds) && v >= bounds[i] {
			i++
		}
		counts[i]++
	}
	for i, k := range counts {
		low, high := 1.0, 0.0
		if i > 0 {
			low = atLeast(bounds[i-1])
		}
		if i < len(bounds) {
			high = atLeast(bounds[i])
		}
		p := low - high
		check.Share(t, fmt.Sprintf("%s, bin %d", what, i), k, n, math.Max(0, p-1e-9), math.Min(1, p+1e-9))
	}
}

// bins cuts at whole numbers around 0, or at fractions of a large scale.
func bins(scale float64) (b []float64) {
	if scale < 20 {
		for m := -12.0; m <= 13; m++ {
			b = append(b, m)
		}
		return b
	}
	for i := -16; i <= 16; i++ {
		b = append(b, math.Round(float64(i)*scale/4))
	}
	return b
}

func TestLaplaceLaw(t *testing.T) {
	s := check.Must(NewSource())
	for _, scale := range []string{"1/1000", "1/2", "1", "10/3", "17", "1000", "1099511627776", "4611686018427387904", "39614081257132168796771975168/3"} {
		r, _ := new(big.Rat).SetString(scale)
		l := check.Must(NewLaplace(r))
		b, _ := r.Float64()
		n := 200_000
		if !l.small {
			n = 40_000
		}
		checkLaw(t, "Laplace "+scale, n, func() Int128 { return l.Draw(s) }, func(m float64) float64 { return laplaceAtLeast(b, m) }, bins(b))
		if l.small { // the path for large numbers has the same law
			checkLaw(t, "big Laplace "+scale, 20_000, func() Int128 { return l.drawBig(s) }, func(m float64) float64 { return laplaceAtLeast(b, m) }, bins(b))
		}
	}
}

func TestGaussianLaw(t *testing.T) {
	s := check.Must(NewSource())
	for _, variance := range []string{"1/100", "1/2", "1", "7/2", "500000000/33333333", "1000000", "1000001/7", "15401216513398398714183681", "1208925819614629174706189/1000000007"} {
		v, _ := new(big.Rat).SetString(variance)
		g := check.Must(NewGaussian(v))
		f, _ := v.Float64()
		n := 200_000
		if !g.small {
			n = 20_000
		}
		checkLaw(t, "Gaussian "+variance, n, func() Int128 { return g.Draw(s) }, gaussianAtLeast(g.StdDev()), bins(math.Sqrt(f)))
		if g.small {
			slow := *g
			slow.small = false
			checkLaw(t, "big Gaussian "+variance, 10_000, func() Int128 { return slow.Draw(s) }, gaussianAtLeast(g.StdDev()), bins(math.Sqrt(f)))
		}
	}
}

// TestGaussianAcceptance checks the algebra that brings the acceptance to
// integers: (|y|*a - b)^2 / c = (|y| - v/t)^2 / (2v).
func TestGaussianAcceptance(t *testing.T) {
	for _, variance := range []string{"1/100", "4", "7/2", "500000000/33333333", "15401216513398398714183681", "1267650600228229401496703205376/7"} {
		v, _ := new(big.Rat).SetString(variance)
		g := check.Must(NewGaussian(v))
		for _, y := range []int64{0, 1, 2, 17, 1 << 40} {
			left := new(big.Rat).SetFrac(new(big.Int).Sub(new(big.Int).Mul(big.NewInt(y), g.bigA), g.bigB), big.NewInt(1))
			left.Mul(left, left).Quo(left, new(big.Rat).SetInt(g.bigC))
			right := new(big.Rat).Quo(v, g.proposal.Scale())
			right.Sub(new(big.Rat).SetInt64(y), right)
			right.Mul(right, right).Quo(right, new(big.Rat).Add(v, v))
			if left.Cmp(right) != 0 {
				t.Errorf("variance %s, y %d: %v is not %v", variance, y, left, right)
			}
		}
	}
}

// TestGaussianFarValue takes a proposal beyond 64 bits, which chance will not.
func TestGaussianFarValue(t *testing.T) {
	g := check.Must(NewGaussian(big.NewRat(9, 1)))
	s := check.Must(NewSource())
	for _, y := range []Int128{{Hi: 1}, {Hi: -5, Lo: 3}, {Lo: 1 << 62}} {
		if g.keep(y, s) {
			t.Errorf("%v was kept", y)
		}
	}
	if !check.Must(NewGaussian(big.NewRat(9, 1))).keep(Int128{Lo: 3}, s) { // |y| = t: exp(0)
		t.Error("the centre of the proposal was refused")
	}
}

// TestMoments checks standard deviations by sampling: the estimate's own
// standard error is below 0.4 %, so 3.5 % is more than eight of them, a chance
// of about 1e-15.
func TestMoments(t *testing.T) {
	s := check.Must(NewSource())
	const n = 100_000
	for _, d := range []Sampler{
		check.Must(NewLaplace(big.NewRat(10, 3))), check.Must(NewLaplace(big.NewRat(1<<40, 1))),
		check.Must(NewGaussian(big.NewRat(15, 1))), check.Must(NewGaussian(big.NewRat(1<<40, 1))),
	} {
		sum := 0.0
		for range n {
			x := d.Draw(s).Float64() / d.StdDev()
			sum += x * x
		}
		if ratio := math.Sqrt(sum / n); math.Abs(ratio-1) > 0.035 {
			name, parameter := d.Law()
			t.Errorf("%s %s: standard deviation is %.4f of what it says", name, parameter, ratio)
		}
	}
}

// TestRadius checks that the radius is the smallest that misses with alpha at
// most, against the exact tails.
func TestRadius(t *testing.T) {
	for _, scale := range []int64{1, 2, 7, 100, 12345} {
		for _, div := range []int64{1, 3, 40} {
			l := check.Must(NewLaplace(big.NewRat(scale, div)))
			g := check.Must(NewGaussian(big.NewRat(scale, div)))
			for _, alpha := range []float64{0.05, 0.025} {
				q := l.Radius(alpha)
				if 2*laplaceAtLeast(l.scale, q+1) > alpha*(1+1e-9) || q > 0 && 2*laplaceAtLeast(l.scale, q) <= alpha*(1-1e-9) {
					t.Errorf("Laplace %d/%d: radius %v at %v", scale, div, q, alpha)
				}
				q = g.Radius(alpha)
				tail := gaussianAtLeast(g.sigma)
				if 2*tail(q+1) > alpha*(1+1e-9) || q > 1 && 2*tail(q-1) <= alpha {
					t.Errorf("Gaussian %d/%d: radius %v at %v", scale, div, q, alpha)
				}
			}
		}
	}
}

func TestNoiseParameters(t *testing.T) {
	huge := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 200))
	for _, r := range []*big.Rat{nil, new(big.Rat), big.NewRat(-1, 2), huge} {
		_, err := NewLaplace(r)
		check.Code(t, "Laplace", err, glovebox.CodeInvalid)
		_, err = NewGaussian(r)
		check.Code(t, "Gaussian", err, glovebox.CodeInvalid)
	}
	if g := check.Must(NewGaussian(big.NewRat(7, 2))); g.Variance().Cmp(big.NewRat(7, 2)) != 0 {
		t.Errorf("variance %v", g.Variance())
	}
}
