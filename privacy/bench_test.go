package privacy

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/differential-privacy/go/v3/dpagg"
	"github.com/google/differential-privacy/go/v3/noise"

	"glovebox"
)

// The benchmarks named X and XGoogle are the two sides of one row of the
// published table. Google's calls check arguments and, for the Gaussian, search
// for sigma each time, because their interface offers nothing else; ours are
// set up once per job.

var sink64 Int128

func BenchmarkLaplace(b *testing.B) {
	s := must(NewSource())
	l := must(NewLaplace(big.NewRat(1<<40, 1)))
	for b.Loop() {
		sink64 = l.Draw(s)
	}
}

func BenchmarkLaplaceGoogle(b *testing.B) {
	n := noise.Laplace()
	for b.Loop() {
		v := must(n.AddNoiseInt64(0, 1, 1, 1, 0))
		sink64.Lo = uint64(v)
	}
}

// BenchmarkLaplaceCount draws the noise of a count at epsilon 0.3.
func BenchmarkLaplaceCount(b *testing.B) {
	s := must(NewSource())
	l := must(NewLaplace(big.NewRat(10, 3)))
	for b.Loop() {
		sink64 = l.Draw(s)
	}
}

func BenchmarkGaussian(b *testing.B) {
	s := must(NewSource())
	g := must(NewGaussian(squareAbove(new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(14), 80)))))
	for b.Loop() {
		sink64 = g.Draw(s)
	}
}

func BenchmarkGaussianGoogle(b *testing.B) {
	n := noise.Gaussian()
	for b.Loop() {
		v := must(n.AddNoiseInt64(0, 1, 1, 1, 1e-5))
		sink64.Lo = uint64(v)
	}
}

// BenchmarkGaussianCount draws the noise of a count at rho 0.0333.
func BenchmarkGaussianCount(b *testing.B) {
	s := must(NewSource())
	g := must(NewGaussian(big.NewRat(1e9, 2*33_333_333)))
	for b.Loop() {
		sink64 = g.Draw(s)
	}
}

// BenchmarkSelection is the selection that a job of epsilon 1 and delta 1e-6 for
// it takes: the optimal one, or Gaussian noise for many keys, as Google's does.
func BenchmarkSelection(b *testing.B) {
	for _, l0 := range []int{1, 10} {
		b.Run(fmt.Sprintf("L0=%d", l0), func(b *testing.B) {
			s := must(NewSource())
			budget := budget{price: glovebox.Amount{Loss: 1e9, Delta: 1e9}, keyLoss: 1e9}
			if err := budget.selection(l0); err != nil {
				b.Fatal(err)
			}
			sel := budget.keys
			kept, i := 0, uint64(0)
			for b.Loop() {
				if i++; sel.Keep(i%40+1, s) {
					kept++
				}
			}
			sink64.Lo = uint64(kept)
		})
	}
}

func BenchmarkSelectionGoogle(b *testing.B) {
	for _, l0 := range []int64{1, 10} {
		b.Run(fmt.Sprintf("L0=%d", l0), func(b *testing.B) {
			kept, i := 0, int64(0)
			for b.Loop() {
				i++
				s := must(dpagg.NewPreAggSelectPartition(&dpagg.PreAggSelectPartitionOptions{
					Epsilon: 1, Delta: 1e-6, MaxPartitionsContributed: l0,
				}))
				if err := s.IncrementBy(i%40 + 1); err != nil {
					b.Fatal(err)
				}
				if must(s.ShouldKeepPartition()) {
					kept++
				}
			}
			sink64.Lo = uint64(kept)
		})
	}
}

// BenchmarkSelectionSmallEpsilon is the selection whose table would not fit.
func BenchmarkSelectionSmallEpsilon(b *testing.B) {
	s := must(NewSource())
	sel := must(NewSelection(big.NewRat(1, 1e6), big.NewRat(1, 1e9)))
	n := sel.Even()
	kept := 0
	for b.Loop() {
		if sel.Keep(n, s) {
			kept++
		}
	}
	sink64.Lo = uint64(kept)
}

// uniform values in [0, 1000), the same for both sides.
func quantileValues() []float64 {
	r := rand.New(rand.NewPCG(51, 52))
	v := make([]float64, 1<<16)
	for i := range v {
		v[i] = 1000 * r.Float64()
	}
	return v
}

// BenchmarkTreeAdd is what a value takes in units of four, bounding included.
func BenchmarkTreeAdd(b *testing.B) {
	const each = 4
	var values []byte
	for _, v := range quantileValues() {
		values = append(values, record(0, nil, v)...)
	}
	out := records(output(1, nil, glovebox.Metric{Name: "q", Kind: glovebox.Quantile, Max: 1000, Bins: 1 << 16, At: []float64{0.1, 0.5, 0.9}}), each, 0)
	w, token := must(NewPlan(out, laplace(1, 0), nil)).NewBounder([32]byte{1}), [16]byte{}
	i := 0
	for b.Loop() {
		if i++; i%each > 0 {
			continue
		}
		at := 8 * (i & (1<<16 - 1))
		token[0], token[1], token[2] = byte(i), byte(i>>8), byte(i>>16)
		w.Unit(token, each, values[at:at+8*each])
	}
	if t := must(w.Partial()); i >= each && t.cell(0)[0] != uint64(i/each) {
		b.Fatalf("%d of %d units", t.cell(0)[0], i/each)
	}
}

func BenchmarkTreeAddGoogle(b *testing.B) {
	v := quantileValues()
	q := must(dpagg.NewBoundedQuantiles(&dpagg.BoundedQuantilesOptions{
		Epsilon: 1, MaxPartitionsContributed: 1, MaxContributionsPerPartition: 1, Lower: 0, Upper: 1000, Noise: noise.Laplace(),
	}))
	i := 0
	for b.Loop() {
		if err := q.Add(v[i&(1<<16-1)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkTreeQuantiles is a release of nine quantiles of 65,536 leaves.
func BenchmarkTreeQuantiles(b *testing.B) {
	s := must(NewSource())
	tree := must(NewLaplaceTree(DefaultBranching, DefaultHeight, big.NewRat(1, 1), 1, 1))
	counts := make([]uint64, tree.Leaves())
	for i := range counts {
		counts[i] = uint64(i % 7)
	}
	at := []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}
	for b.Loop() {
		must(tree.Quantiles(counts, at, s))
	}
}

// BenchmarkMedian is the DP median of 500 blocks on a grid of 4,096 points.
func BenchmarkMedian(b *testing.B) {
	s := must(NewSource())
	q := must(NewBlockQuantile(big.NewRat(1, 2), big.NewRat(1, 1), 1))
	counts := make([]uint64, 4096)
	for i := range 500 {
		counts[1500+i*i%1000]++
	}
	for b.Loop() {
		must(q.Find(counts, s))
	}
}
