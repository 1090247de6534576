package privacy

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/differential-privacy/go/v3/dpagg"
	"github.com/google/differential-privacy/go/v3/noise"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// The benchmarks named X and XGoogle are the two sides of one row of the
// published table. Google's calls check arguments and, for the Gaussian, search
// for sigma each time, because their interface offers nothing else; ours are
// set up once per job.

var (
	sinkWord uint64
	sinkSum  mechanism.Int128
)

// BenchmarkSelection is the selection that a job of epsilon 1 and delta 1e-6 for
// it takes: the optimal one, or Gaussian noise for many keys, as Google's does.
func BenchmarkSelection(b *testing.B) {
	for _, l0 := range []int{1, 10} {
		b.Run(fmt.Sprintf("L0=%d", l0), func(b *testing.B) {
			s := check.Must(mechanism.NewSource())
			price := bill.Price{Amount: glovebox.Amount{Loss: 1e9, Delta: 1e9}}
			sel := check.Must(price.Select(1e9, l0))
			kept, i := 0, uint64(0)
			for b.Loop() {
				if i++; sel.Keep(i%40+1, s) {
					kept++
				}
			}
			sinkWord = uint64(kept)
		})
	}
}

func BenchmarkSelectionGoogle(b *testing.B) {
	for _, l0 := range []int64{1, 10} {
		b.Run(fmt.Sprintf("L0=%d", l0), func(b *testing.B) {
			kept, i := 0, int64(0)
			for b.Loop() {
				i++
				s := check.Must(dpagg.NewPreAggSelectPartition(&dpagg.PreAggSelectPartitionOptions{
					Epsilon: 1, Delta: 1e-6, MaxPartitionsContributed: l0,
				}))
				if err := s.IncrementBy(i%40 + 1); err != nil {
					b.Fatal(err)
				}
				if check.Must(s.ShouldKeepPartition()) {
					kept++
				}
			}
			sinkWord = uint64(kept)
		})
	}
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
	w, token := check.Must(NewPlan(out, laplace(1, 0), nil)).NewBounder([32]byte{1}), [16]byte{}
	i := 0
	for b.Loop() {
		if i++; i%each > 0 {
			continue
		}
		at := 8 * (i & (1<<16 - 1))
		token[0], token[1], token[2] = byte(i), byte(i>>8), byte(i>>16)
		w.Unit(token, each, values[at:at+8*each])
	}
	if t := check.Must(w.Partial()); i >= each && t.cell(0)[0] != uint64(i/each) {
		b.Fatalf("%d of %d units", t.cell(0)[0], i/each)
	}
}

func BenchmarkTreeAddGoogle(b *testing.B) {
	v := quantileValues()
	q := check.Must(dpagg.NewBoundedQuantiles(&dpagg.BoundedQuantilesOptions{
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
