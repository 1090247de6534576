package attack

import (
	"math"
	"math/big"
	"testing"
)

// atLeast is P(Bin(n, p) >= k), exactly as big fractions allow.
func atLeast(k, n int, p float64) float64 {
	x := new(big.Rat).SetFloat64(p)
	y := new(big.Rat).Sub(big.NewRat(1, 1), x)
	sum := new(big.Rat)
	for i := k; i <= n; i++ {
		t := new(big.Rat).SetInt(new(big.Int).Binomial(int64(n), int64(i)))
		for range i {
			t.Mul(t, x)
		}
		for range n - i {
			t.Mul(t, y)
		}
		sum.Add(sum, t)
	}
	f, _ := sum.Float64()
	return f
}

// TestBoundsAreExact: at the bounds, the tail has the probability that was
// asked for, by exact arithmetic.
func TestBoundsAreExact(t *testing.T) {
	for _, n := range []int{1, 2, 7, 40} {
		for k := 0; k <= n; k++ {
			for _, alpha := range []float64{0.05, 1e-4, 5e-9} {
				if k > 0 {
					p := Lower(k, n, alpha)
					if got := atLeast(k, n, p); got > alpha || got < alpha*(1-1e-6) {
						t.Errorf("Lower(%d, %d, %g) = %g, where the tail is %g", k, n, alpha, p, got)
					}
				}
				if k < n {
					q := Upper(k, n, alpha)
					// P(Bin(n, q) <= k) = 1 - P(Bin(n, q) >= k+1) = P(Bin(n, 1-q) >= n-k)
					if got := atLeast(n-k, n, 1-q); got > alpha || q < 0.99 && got < alpha*(1-1e-6) {
						t.Errorf("Upper(%d, %d, %g) = %g, where the tail is %g", k, n, alpha, q, got)
					}
				}
			}
		}
	}
}

// TestBoundsOfManyTrials: with a million trials the bounds have closed forms
// at the ends and lie where the normal law puts them in between.
func TestBoundsOfManyTrials(t *testing.T) {
	const n, alpha = 1_000_000, 5e-9
	if got, want := Upper(0, n, alpha), -math.Expm1(math.Log(alpha)/n); math.Abs(got/want-1) > 1e-7 {
		t.Errorf("no success: %g, want %g", got, want)
	}
	if got, want := Lower(n, n, alpha), math.Exp(math.Log(alpha)/n); math.Abs(got/want-1) > 1e-7 {
		t.Errorf("no failure: %g, want %g", got, want)
	}
	if Lower(0, n, alpha) != 0 || Upper(n, n, alpha) != 1 {
		t.Error("what never or always happens bounds nothing")
	}
	const z = 5.7307 // P(N > z) = 5e-9
	for _, k := range []int{1000, 100_000, 500_000, 900_000} {
		p := float64(k) / n
		sd := math.Sqrt(p * (1 - p) / n)
		lo, hi := (p-Lower(k, n, alpha))/sd, (Upper(k, n, alpha)-p)/sd
		if lo < 0.9*z || lo > 1.1*z || hi < 0.9*z || hi > 1.1*z {
			t.Errorf("%d of %d: %.3f and %.3f standard deviations, want about %.2f", k, n, lo, hi, z)
		}
	}
}
