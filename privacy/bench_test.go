package privacy

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"syscall"
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

func BenchmarkSelection(b *testing.B) {
	for _, l0 := range []int64{1, 10} {
		b.Run(fmt.Sprintf("L0=%d", l0), func(b *testing.B) {
			s := must(NewSource())
			sel := must(NewSelection(big.NewRat(1, l0), big.NewRat(1, 1e6*l0)))
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

// boundingRows is the data of BenchmarkBounding: 1,000,000 rows of 20,000 users
// in 1,000 groups. Row i, 0 <= i < 1e6, has
//
//	u = (i * 7919) mod 1,000,000          a permutation of the rows
//	user  = floor(20000 * (u/1e6)^2)      skewed: user 0 has 7,071 rows, half
//	                                      of the users have at most 35
//	group = (i * 104729 + user * 31) mod 1000
//	value = (i mod 1000) / 10
//
// clustered by user, that is, sorted by (user, i).
func boundingRows() (units [][]byte, rows int) {
	const n, users = 1_000_000, 20_000
	units = make([][]byte, users)
	for i := uint64(0); i < n; i++ {
		x := float64(i*7919%n) / n
		u := uint64(users * x * x)
		r := binary.LittleEndian.AppendUint64(units[u], (i*104729+u*31)%1000)
		units[u] = binary.LittleEndian.AppendUint64(r, math.Float64bits(float64(i%1000)/10))
	}
	return units, n
}

// BenchmarkBounding bounds and adds up a count and a sum over boundingRows with
// private int64 keys, L0 = 10, one record per row.
func BenchmarkBounding(b *testing.B) {
	units, rows := boundingRows()
	benchBounding(b, glovebox.KeyField{Name: "g", Type: glovebox.Int64, Private: true}, units, rows)
}

// BenchmarkBoundingPublic is BenchmarkBounding with a public list of the groups.
func BenchmarkBoundingPublic(b *testing.B) {
	units, rows := boundingRows()
	list := make([]any, 1000)
	for i := range list {
		list[i] = i
	}
	benchBounding(b, glovebox.KeyField{Name: "g", Type: glovebox.Int64, Public: list}, units, rows)
}

// BenchmarkBoundingString is BenchmarkBounding with private keys of 16 bytes of
// text.
func BenchmarkBoundingString(b *testing.B) {
	units, rows := boundingRows()
	for u, r := range units {
		var s []byte
		for ; len(r) > 0; r = r[16:] {
			s = append(s, fmt.Sprintf("group %010d", binary.LittleEndian.Uint64(r))...)
			s = append(s, r[8:16]...)
		}
		units[u] = s
	}
	benchBounding(b, glovebox.KeyField{Name: "g", Type: glovebox.String, Width: 16, Private: true}, units, rows)
}

func benchBounding(b *testing.B, key glovebox.KeyField, units [][]byte, rows int) {
	delta := 1e-6
	if !key.Private {
		delta = 0
	}
	p := must(NewPlan(glovebox.Output{
		Key: []glovebox.KeyField{key}, MaxKeysPerUnit: 10,
		Metrics: []glovebox.Metric{{Name: "n", Kind: glovebox.Count}, {Name: "s", Kind: glovebox.Sum, Max: 50}},
	}, glovebox.ReleaseDef{Method: "dp", Epsilon: 1, Delta: delta}, nil))
	b.ReportAllocs()
	var token [16]byte
	start := cpuSeconds(b)
	for b.Loop() {
		w := p.NewBounder([32]byte{1})
		for u, r := range units {
			binary.BigEndian.PutUint64(token[:], uint64(u))
			w.Unit(token, len(r)/p.RecordBytes(), r)
		}
		must(w.Partial())
	}
	b.ReportMetric(float64(rows)*float64(b.N)/(cpuSeconds(b)-start)/1e6, "Mrows/cpu-s")
}

// cpuSeconds is the processor time of the process so far: what other programs
// on the machine do does not count.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
