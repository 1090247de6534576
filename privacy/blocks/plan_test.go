package blocks

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/declared"
)

func blockMetrics() []glovebox.BlockMetric {
	return []glovebox.BlockMetric{
		{Name: "mid", Combine: glovebox.Median, Max: 10, Points: 101, Spacing: glovebox.Linear, Default: 5},
		{Name: "far", Combine: glovebox.Median, Min: 1, Max: 1e6, Points: 601, Spacing: glovebox.Log, Default: 10},
		{Name: "avg", Combine: glovebox.BlockAvg, Min: -1, Max: 1, Points: 2001, Spacing: glovebox.Linear},
		{Name: "wins", Combine: glovebox.Winsor, Max: 100, Points: 1001, Spacing: glovebox.Linear, Default: 50},
		{Name: "top", Combine: glovebox.Vote, Values: []string{"a", "b", "c"}, Default: 1},
	}
}

func blockPlan(t testing.TB, count int, rel glovebox.ReleaseDef, m ...glovebox.BlockMetric) *Plan {
	t.Helper()
	p, err := New(glovebox.Blocks{Count: count, Metrics: m}, rel)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func blockRecord(values ...float64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

// TestBlockOf: the block is the top bits of the token, whatever else there is.
func TestBlockOf(t *testing.T) {
	for _, c := range []struct {
		token [4]byte
		count int
		want  int
	}{{[4]byte{}, 8, 0}, {[4]byte{0xff, 0xff, 0xff, 0xff}, 8, 7}, {[4]byte{0x20}, 8, 1}, {[4]byte{0x1f, 0xff, 0xff, 0xff}, 8, 0},
		{[4]byte{0x80, 0, 0, 1}, 65536, 32768}, {[4]byte{0xff, 0xff, 0xff, 0xff}, 65536, 65535}} {
		var token [16]byte
		copy(token[:], c.token[:])
		if got := Of(token, c.count); got != c.want {
			t.Errorf("token %x, %d blocks: %d, want %d", c.token, c.count, got, c.want)
		}
	}
	// Blocks nest: a block of few is the union of adjacent blocks of many.
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		var token [16]byte
		binary.BigEndian.PutUint64(token[:], rng.Uint64())
		if Of(token, 64) != Of(token, 1024)/16 {
			t.Fatal("blocks do not nest")
		}
	}
}

func TestAutoBlocks(t *testing.T) {
	for n, want := range map[int64]int{-5: 64, 0: 64, 1000: 64, 8192: 64, 32768: 128, 100_000: 256, 1_000_000: 512, 10_000_000: 1024, 1 << 40: 2048, math.MaxInt64: 2048} {
		if got := AutoCount(n); got != want {
			t.Errorf("%d units: %d blocks, want %d", n, got, want)
		}
	}
}

// TestBlockPrice: the shares make up the price exactly, and no step is left out.
func TestBlockPrice(t *testing.T) {
	for _, rel := range []glovebox.ReleaseDef{{Method: "dp", Epsilon: 1}, {Method: "dp", Rho: 0.1}, {Method: "dp", Epsilon: 0.000000101}} {
		p := blockPlan(t, 64, rel, blockMetrics()...)
		total := int64(0)
		for _, f := range p.Facts().Combined {
			for _, s := range f.Steps {
				total += s.Loss
			}
		}
		if total != p.bill.Price.Amount.Loss {
			t.Errorf("%+v: the steps cost %d of %d", rel, total, p.bill.Price.Amount.Loss)
		}
	}
	p := blockPlan(t, 64, glovebox.ReleaseDef{Method: "dp", Epsilon: 0.5}, blockMetrics()...)
	// Four steps of epsilon 0.1, two of 0.025 and one of 0.05: half the sum of
	// their squares.
	if a, err := p.Cost(glovebox.LedgerZCDP); err != nil || a.Loss != 21_875_000 || a.Delta != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	p = blockPlan(t, 64, glovebox.ReleaseDef{Method: "dp", Rho: 0.5}, blockMetrics()...)
	if _, err := p.Cost(glovebox.LedgerPure); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("a pure ledger takes rho: %v", err)
	}
}

func TestBlockPlanRefuses(t *testing.T) {
	eps := glovebox.ReleaseDef{Method: "dp", Epsilon: 1}
	with := func(i int, change func(*glovebox.BlockMetric)) glovebox.Blocks {
		m := blockMetrics()
		change(&m[i])
		return glovebox.Blocks{Count: 64, Metrics: m}
	}
	for _, c := range []struct {
		field string
		b     glovebox.Blocks
		rel   glovebox.ReleaseDef
	}{
		{"blocks.count", glovebox.Blocks{Metrics: blockMetrics()}, eps},
		{"blocks.count", glovebox.Blocks{Count: 96, Metrics: blockMetrics()}, eps},
		{"blocks.count", glovebox.Blocks{Count: 1 << 17, Metrics: blockMetrics()}, eps},
		{"blocks.metrics", glovebox.Blocks{Count: 64}, eps},
		{"blocks.metrics[1]", with(1, func(m *glovebox.BlockMetric) { m.Name = "mid" }), eps},
		{"blocks.metrics.mid.max", with(0, func(m *glovebox.BlockMetric) { m.Max = 0 }), eps},
		{"blocks.metrics.mid.min", with(0, func(m *glovebox.BlockMetric) { m.Min = math.NaN() }), eps},
		{"blocks.metrics.mid.max", with(0, func(m *glovebox.BlockMetric) { m.Max = math.SmallestNonzeroFloat64 }), eps},
		{"blocks.metrics.mid.points", with(0, func(m *glovebox.BlockMetric) { m.Points = 1 }), eps},
		{"blocks.metrics.mid.points", with(0, func(m *glovebox.BlockMetric) { m.Points = 1 << 21 }), eps},
		{"blocks.metrics.mid.default", with(0, func(m *glovebox.BlockMetric) { m.Default = 11 }), eps},
		{"blocks.metrics.mid.combine", with(0, func(m *glovebox.BlockMetric) { m.Combine = "max" }), eps},
		{"blocks.metrics.mid.values", with(0, func(m *glovebox.BlockMetric) { m.Values = []string{"a", "b"} }), eps},
		{"blocks.metrics.far.spacing", with(1, func(m *glovebox.BlockMetric) { m.Min = 0 }), eps},
		{"blocks.metrics.avg.spacing", with(2, func(m *glovebox.BlockMetric) { m.Min, m.Spacing = 0.5, glovebox.Log }), eps},
		{"blocks.metrics.top", with(4, func(m *glovebox.BlockMetric) { m.Points = 5 }), eps},
		{"blocks.metrics.top.values", with(4, func(m *glovebox.BlockMetric) { m.Values = []string{"a"} }), eps},
		{"blocks.metrics.top.values[2]", with(4, func(m *glovebox.BlockMetric) { m.Values = []string{"a", "b", "a"} }), eps},
		{"blocks.metrics.top.default", with(4, func(m *glovebox.BlockMetric) { m.Default = 3 }), eps},
		{"release", glovebox.Blocks{Count: 64, Metrics: blockMetrics()}, glovebox.ReleaseDef{Method: "dp"}},
		{"release", glovebox.Blocks{Count: 64, Metrics: blockMetrics()}, glovebox.ReleaseDef{Method: "dp", Epsilon: 1e-8}},
		{"release.delta", glovebox.Blocks{Count: 64, Metrics: blockMetrics()}, glovebox.ReleaseDef{Method: "dp", Epsilon: 1, Delta: 1e-6}},
	} {
		_, err := New(c.b, c.rel)
		e, ok := err.(*glovebox.Error)
		if !ok || e.Code != glovebox.CodeInvalid || e.Field != c.field {
			t.Errorf("%s: %v", c.field, err)
		}
	}
}

// TestBlockGrid: points and values are each other's inverse, values stay in the
// range, and rounding keeps them apart. Whatever point is chosen, on however long a scale, has a value: were there one
// without, a run would fail by its noise, and could be run again, free, until it
// does not.
func TestBlockGrid(t *testing.T) {
	p := blockPlan(t, 8, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, append(blockMetrics(),
		glovebox.BlockMetric{Name: "wide", Combine: glovebox.Median, Min: -declared.MaxBound, Max: declared.MaxBound, Points: 65536, Spacing: glovebox.Linear},
		glovebox.BlockMetric{Name: "farthest", Combine: glovebox.Median, Min: 1e-300, Max: declared.MaxBound, Points: 4001, Spacing: glovebox.Log, Default: 1})...)
	for i := range p.metrics {
		m := &p.metrics[i]
		if m.Combine == glovebox.Vote {
			continue
		}
		last := math.Inf(-1)
		for j := range m.points {
			v := m.value(float64(j))
			if v < m.Min || v > m.Max || !(v > last) {
				t.Fatalf("%s: point %d is %v after %v", m.Name, j, v, last)
			}
			if got := m.snap(v); got != j {
				t.Fatalf("%s: point %d is %v, which is point %d", m.Name, j, v, got)
			}
			last = v
		}
	}
}

// laplace and gaussian are prices.
func laplace(epsilon float64) glovebox.ReleaseDef {
	return glovebox.ReleaseDef{Method: "dp", Epsilon: epsilon}
}

func gaussian(rho float64) glovebox.ReleaseDef { return glovebox.ReleaseDef{Method: "dp", Rho: rho} }
