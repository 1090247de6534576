package privacy

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"glovebox"
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

func blockPlan(t testing.TB, count int, rel glovebox.ReleaseDef, m ...glovebox.BlockMetric) *BlockPlan {
	t.Helper()
	p, err := NewBlockPlan(glovebox.Blocks{Count: count, Metrics: m}, rel)
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
		if got := BlockOf(token, c.count); got != c.want {
			t.Errorf("token %x, %d blocks: %d, want %d", c.token, c.count, got, c.want)
		}
	}
	// Blocks nest: a block of few is the union of adjacent blocks of many.
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		var token [16]byte
		binary.BigEndian.PutUint64(token[:], rng.Uint64())
		if BlockOf(token, 64) != BlockOf(token, 1024)/16 {
			t.Fatal("blocks do not nest")
		}
	}
}

func TestAutoBlocks(t *testing.T) {
	for n, want := range map[int64]int{-5: 64, 0: 64, 1000: 64, 8192: 64, 32768: 128, 100_000: 256, 1_000_000: 512, 10_000_000: 1024, 1 << 40: 2048, math.MaxInt64: 2048} {
		if got := AutoBlocks(n); got != want {
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
		if total != p.budget.price.Loss {
			t.Errorf("%+v: the steps cost %d of %d", rel, total, p.budget.price.Loss)
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
		_, err := NewBlockPlan(c.b, c.rel)
		e, ok := err.(*glovebox.Error)
		if !ok || e.Code != glovebox.CodeInvalid || e.Field != c.field {
			t.Errorf("%s: %v", c.field, err)
		}
	}
}

// TestChannelBlockRecord: whatever a guest says about a block, the block counts
// with one point of the grid for each metric: those of its own record, clamped,
// or all its defaults.
func TestChannelBlockRecord(t *testing.T) {
	p := blockPlan(t, 8, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, blockMetrics()...)
	good := blockRecord(7.04, 1e3, 0.5, 33.3, 2)
	want := []uint32{70, 300, 1500, 333, 2}
	fall := []uint32{50, 100, 1000, 500, 1}
	with := func(i int, v float64) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint64(b[8*i:], math.Float64bits(v))
		return b
	}
	for _, c := range []struct {
		name   string
		n      int
		record []byte
		want   []uint32
	}{
		{"as it should be", 1, good, want},
		{"none", 0, nil, fall},
		{"two", 2, append(bytes.Clone(good), good...), fall},
		{"a lie about the number", 2, good, fall},
		{"too short", 1, good[8:], fall},
		{"not a number", 1, with(0, math.NaN()), fall},
		{"infinite", 1, with(3, math.Inf(-1)), fall},
		{"below the range", 1, with(1, -1e300), []uint32{70, 0, 1500, 333, 2}},
		{"above the range", 1, with(2, math.MaxFloat64), []uint32{70, 300, 2000, 333, 2}},
		{"denormal", 1, with(0, 5e-324), []uint32{0, 300, 1500, 333, 2}},
		{"no candidate", 1, with(4, 3), fall},
		{"below all candidates", 1, with(4, -1), fall},
		{"far from any candidate", 1, with(4, 1e300), fall},
	} {
		o := p.NewOutputs(3, 2)
		o.Put(4, c.n, c.record)
		if !reflect.DeepEqual(o.points[:5], fall) || !reflect.DeepEqual(o.points[5:], c.want) {
			t.Errorf("%s: %v", c.name, o.points)
		}
	}
}

// TestBlockGrid: points and values are each other's inverse, values stay in the
// range, and rounding keeps them apart.
func TestBlockGrid(t *testing.T) {
	p := blockPlan(t, 8, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, append(blockMetrics(),
		glovebox.BlockMetric{Name: "wide", Combine: glovebox.Median, Min: -MaxBound, Max: MaxBound, Points: 65536, Spacing: glovebox.Linear})...)
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

// whole makes outputs of all blocks from one record for each.
func whole(t testing.TB, p *BlockPlan, at func(block int) []byte) *Outputs {
	t.Helper()
	total := p.NewTotal()
	for from := 0; from < p.count; from += p.count / 8 {
		o := p.NewOutputs(from, p.count/8)
		for b := from; b < from+p.count/8; b++ {
			o.Put(b, 1, at(b))
		}
		data, err := o.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		again := p.NewOutputs(from, p.count/8)
		if err := again.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if err := total.Merge(again); err != nil {
			t.Fatal(err)
		}
	}
	return total
}

// TestBlockRelease: at an epsilon at which noise vanishes, every way of
// combining gives what its name says. The dearest mistake is a quartile at rho
// 1000, of which it has 50, epsilon 10: the nearest wrong points are 5 ranks
// off, ten of them, with probability exp(-25) each: 1e-10.
func TestBlockRelease(t *testing.T) {
	for _, rel := range []glovebox.ReleaseDef{{Method: "dp", Epsilon: 1000}, {Method: "dp", Rho: 1000}} {
		p := blockPlan(t, 64, rel, blockMetrics()...)
		total := whole(t, p, func(b int) []byte {
			outlier := 0.0
			if b == 63 {
				outlier = 1e6 // beyond every range
			}
			return blockRecord(float64(b%9)+outlier, math.Pow(10, float64(b%7)), 0.25+outlier, 40+float64(b%3)+outlier, float64(min(b%4, 2)))
		})
		table, err := p.Release(total, must(NewSource()))
		if err != nil {
			t.Fatal(err)
		}
		f := table.Figures
		if f[0].Value != 4 || f[1].Value != 1000 || f[4].Choice != "c" {
			t.Errorf("median %v, median of powers %v, vote %q", f[0].Value, f[1].Value, f[4].Choice)
		}
		// One output of 64 is clamped to 1: (63*0.25+1)/64.
		if v := f[2].Value; math.Abs(v-0.2617) > 0.09 || !f[2].Margin || f[2].Lo > v || f[2].Hi < v {
			t.Errorf("mean %+v", f[2])
		}
		// Quartiles 40 and 42, clamp 36..46: (21*40+21*41+21*42+46)/64.
		if v := f[3].Value; math.Abs(v-41.08) > 0.5 || f[3].Margin {
			t.Errorf("winsorised mean %+v", f[3])
		}
		if _, err := p.Release(total, must(NewSource())); glovebox.CodeOf(err) != glovebox.CodeConflict {
			t.Errorf("released twice: %v", err)
		}
	}
}

// TestBlockMeanNoise: the spread of a mean is what its scale says. A variance
// over 20,000 draws of Laplace noise has a relative standard deviation of
// sqrt(5/20000) = 1.6 %; ten of them are missed with probability below 1e-9
// (the fourth power has heavy tails, hence ten).
func TestBlockMeanNoise(t *testing.T) {
	m := blockMetrics()[2]
	p := blockPlan(t, 64, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, m)
	outputs := make([]uint32, 64)
	for i := range outputs {
		outputs[i] = 1000
	}
	src, s2 := must(NewSource()), 0.0
	const n = 20_000
	for range n {
		f, err := p.metrics[0].figure(outputs, false, src)
		if err != nil {
			t.Fatal(err)
		}
		s2 += f.Value * f.Value
	}
	// Scale: range 2 over 64 blocks; 2*b^2.
	want := 2.0 * (2.0 / 64) * (2.0 / 64)
	if got := s2 / n; math.Abs(got/want-1) > 0.16 {
		t.Errorf("variance %g, want %g", got, want)
	}
}

func TestOutputsRefuse(t *testing.T) {
	p := blockPlan(t, 64, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, blockMetrics()...)
	other := blockPlan(t, 128, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, blockMetrics()...)
	total := p.NewTotal()
	if _, err := p.Release(total, must(NewSource())); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("released without its blocks: %v", err)
	}
	first := p.NewOutputs(0, 8)
	if err := total.Merge(first); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]*Outputs{"the same": first, "a block twice": p.NewOutputs(7, 1), "another job's": other.NewOutputs(64, 1), "a total": p.NewTotal()} {
		if err := total.Merge(o); glovebox.CodeOf(err) != glovebox.CodeConflict {
			t.Errorf("merged %s: %v", name, err)
		}
	}
	if _, err := other.Release(total, must(NewSource())); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("released as another job: %v", err)
	}
	o := p.NewOutputs(8, 2)
	good, err := o.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.NewOutputs(10, 2).UnmarshalBinary(good); err == nil {
		t.Error("took the outputs of other blocks")
	}
	if err := other.NewOutputs(8, 2).UnmarshalBinary(good); err == nil {
		t.Error("took another job's outputs")
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x80
		again := p.NewOutputs(8, 2)
		err := again.UnmarshalBinary(bad)
		if i < outputsHeader && err == nil {
			t.Errorf("took a frame with another byte %d", i)
		}
	}
}

// FuzzOutputs: whatever a worker sends, it is refused or it is points of the
// grids, encoded in one way.
func FuzzOutputs(f *testing.F) {
	p := blockPlan(f, 64, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, blockMetrics()...)
	good, err := p.NewOutputs(8, 2).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte("gbpb"))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := p.NewOutputs(8, 2)
		if o.UnmarshalBinary(data) != nil {
			if again, err := o.MarshalBinary(); err != nil || !bytes.Equal(again, good) {
				t.Fatal("not the defaults after an error")
			}
			return
		}
		for i, v := range o.points {
			if v >= p.metrics[i%5].points {
				t.Fatal("a point off its grid")
			}
		}
		if again, err := o.MarshalBinary(); err != nil || !bytes.Equal(again, data) {
			t.Fatal("another encoding")
		}
	})
}
