package mechanism

import (
	"math/big"
	"testing"

	"github.com/google/differential-privacy/go/v3/noise"

	"glovebox.example/glovebox/privacy/internal/check"
)

var sink64 Int128

func BenchmarkLaplace(b *testing.B) {
	s := check.Must(NewSource())
	l := check.Must(NewLaplace(big.NewRat(1<<40, 1)))
	for b.Loop() {
		sink64 = l.Draw(s)
	}
}

func BenchmarkLaplaceGoogle(b *testing.B) {
	n := noise.Laplace()
	for b.Loop() {
		v := check.Must(n.AddNoiseInt64(0, 1, 1, 1, 0))
		sink64.Lo = uint64(v)
	}
}

// BenchmarkLaplaceCount draws the noise of a count at epsilon 0.3.
func BenchmarkLaplaceCount(b *testing.B) {
	s := check.Must(NewSource())
	l := check.Must(NewLaplace(big.NewRat(10, 3)))
	for b.Loop() {
		sink64 = l.Draw(s)
	}
}

func BenchmarkGaussian(b *testing.B) {
	s := check.Must(NewSource())
	g := check.Must(NewGaussian(SquareAbove(new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(14), 80)))))
	for b.Loop() {
		sink64 = g.Draw(s)
	}
}

func BenchmarkGaussianGoogle(b *testing.B) {
	n := noise.Gaussian()
	for b.Loop() {
		v := check.Must(n.AddNoiseInt64(0, 1, 1, 1, 1e-5))
		sink64.Lo = uint64(v)
	}
}

// BenchmarkGaussianCount draws the noise of a count at rho 0.0333.
func BenchmarkGaussianCount(b *testing.B) {
	s := check.Must(NewSource())
	g := check.Must(NewGaussian(big.NewRat(1e9, 2*33_333_333)))
	for b.Loop() {
		sink64 = g.Draw(s)
	}
}

// BenchmarkSelectionSmallEpsilon is the selection whose table would not fit.
func BenchmarkSelectionSmallEpsilon(b *testing.B) {
	s := check.Must(NewSource())
	sel := check.Must(NewSelection(big.NewRat(1, 1e6), big.NewRat(1, 1e9)))
	n := sel.Even()
	kept := 0
	for b.Loop() {
		if sel.Keep(n, s) {
			kept++
		}
	}
	sink64.Lo = uint64(kept)
}

// BenchmarkTreeQuantiles is a release of nine quantiles of 65,536 leaves.
func BenchmarkTreeQuantiles(b *testing.B) {
	s := check.Must(NewSource())
	tree := check.Must(NewLaplaceTree(DefaultBranching, DefaultHeight, big.NewRat(1, 1), 1, 1))
	counts := make([]uint64, tree.Leaves())
	for i := range counts {
		counts[i] = uint64(i % 7)
	}
	at := []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}
	for b.Loop() {
		check.Must(tree.Quantiles(counts, at, s))
	}
}

// BenchmarkMedian is the DP median of 500 blocks on a grid of 4,096 points.
func BenchmarkMedian(b *testing.B) {
	s := check.Must(NewSource())
	q := check.Must(NewBlockQuantile(big.NewRat(1, 2), big.NewRat(1, 1), 1))
	counts := make([]uint64, 4096)
	for i := range 500 {
		counts[1500+i*i%1000]++
	}
	for b.Loop() {
		check.Must(q.Find(counts, s))
	}
}
