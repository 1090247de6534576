package privacy

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/differential-privacy/go/v3/dpagg"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// sumValues are the values that the two benchmarks add: some are clamped.
func sumValues() []float64 {
	v := make([]float64, 1024)
	for i := range v {
		v[i] = float64(splitmix64(uint64(i))>>54) - 12
	}
	return v
}

// BenchmarkSumAdd adds one value: clamped, snapped to the grid, added in 128
// bits.
func BenchmarkSumAdd(b *testing.B) {
	values, g := sumValues(), newGrid(0, 1000, false)
	var sum mechanism.Int128
	i := 0
	for b.Loop() {
		sum = sum.Add(mechanism.NewInt128(g.steps(values[i&1023])))
		i++
	}
	sinkSum = sum
}

// BenchmarkSumAddGoogle adds one value to a bounded sum: clamped, added in
// float64, which is not exact.
func BenchmarkSumAddGoogle(b *testing.B) {
	values := sumValues()
	s := check.Must(dpagg.NewBoundedSumFloat64(&dpagg.BoundedSumFloat64Options{Epsilon: 1, MaxPartitionsContributed: 1, Lower: 0, Upper: 1000}))
	i := 0
	for b.Loop() {
		if err := s.Add(values[i&1023]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkUnitAdd is all that happens to a unit of one record without a key:
// told apart from the last, grouped, bounded, added.
func BenchmarkUnitAdd(b *testing.B) {
	p := check.Must(NewPlan(glovebox.Output{MaxKeysPerUnit: 1, Metrics: []glovebox.Metric{{Name: "s", Kind: glovebox.Sum, Min: 0, Max: 1000}}},
		glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, nil))
	o := p.NewBounder([32]byte{1})
	var token [16]byte
	record := make([]byte, 8)
	values := sumValues()
	i := 0
	for b.Loop() {
		i++
		binary.LittleEndian.PutUint64(token[:], uint64(i))
		binary.LittleEndian.PutUint64(record, math.Float64bits(values[i&1023]))
		o.Unit(token, 1, record)
	}
}
