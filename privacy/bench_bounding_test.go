package privacy

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"syscall"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// boundingRows is the data of BenchmarkBounding, the same as the engine's
// BenchmarkBoundingDuckDBSQL has, clustered by user; s is splitmix64 below, all
// numbers are unsigned 64-bit and wrap:
//
//	rows     r = 0 .. 999,999, users u = 0, 1, 2, ... in order
//	rows of  user u:  16 << min(trailing zeros of s(u), 5)
//	         (16 with chance 1/2, 32 with 1/4, ... 512 with 1/32; 56 on average)
//	key of   row r:   upper 64 bits of the 128-bit product s(2^40 + r) * 1000
//	value of row r:   s(2^41 + r) >> 54, a whole number in [0, 1023]
//
// What is computed is the same too: per user and key the sum of the values,
// clamped to [0, 1500]; of each user 10 keys by keyed hash; per key the number
// of users and the sum of their clamped sums.
func boundingRows() (units [][]byte, rows int) {
	const n = 1_000_000
	r := uint64(0)
	for u := uint64(0); r < n; u++ {
		var unit []byte
		for k := uint64(16) << min(bits.TrailingZeros64(splitmix64(u)), 5); k > 0 && r < n; k, r = k-1, r+1 {
			key, _ := bits.Mul64(splitmix64(1<<40+r), 1000)
			unit = binary.LittleEndian.AppendUint64(unit, key)
			unit = binary.LittleEndian.AppendUint64(unit, math.Float64bits(float64(splitmix64(1<<41+r)>>54)))
		}
		units = append(units, unit)
	}
	return units, n
}

// splitmix64 is the generator of Steele, Lea and Flood (2014) at state x.
func splitmix64(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
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

// BenchmarkBoundingQuantiles is BenchmarkBounding with quantiles in place of the
// sum: of each key at most 5 records of a user count, each in one of 1,000 bins.
func BenchmarkBoundingQuantiles(b *testing.B) {
	units, rows := boundingRows()
	benchMetrics(b, glovebox.KeyField{Name: "g", Type: glovebox.Int64, Private: true}, units, rows, 5,
		glovebox.Metric{Name: "n", Kind: glovebox.Count}, glovebox.Metric{Name: "s", Kind: glovebox.Quantile, Max: 1000, At: []float64{0.25, 0.5, 0.75}})
}

func benchBounding(b *testing.B, key glovebox.KeyField, units [][]byte, rows int) {
	benchMetrics(b, key, units, rows, 0, glovebox.Metric{Name: "n", Kind: glovebox.Count}, glovebox.Metric{Name: "s", Kind: glovebox.Sum, Max: 1500})
}

func benchMetrics(b *testing.B, key glovebox.KeyField, units [][]byte, rows, perKey int, metrics ...glovebox.Metric) {
	delta := 1e-6
	if !key.Private {
		delta = 0
	}
	p := check.Must(NewPlan(glovebox.Output{
		Key: []glovebox.KeyField{key}, MaxKeysPerUnit: 10, MaxRecordsPerKey: perKey, Metrics: metrics,
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
		check.Must(w.Partial())
	}
	b.ReportMetric(float64(rows)*float64(b.N)/(cpuSeconds(b)-start), "rows/cpu-s")
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
