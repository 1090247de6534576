package blocks

import (
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// whole makes outputs of all blocks from one record for each.
func whole(t testing.TB, p *Plan, at func(block int) []byte) *Outputs {
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
		table, err := p.Release(total, check.Must(mechanism.NewSource()))
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
		if _, err := p.Release(total, check.Must(mechanism.NewSource())); glovebox.CodeOf(err) != glovebox.CodeConflict {
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
	src, s2 := check.Must(mechanism.NewSource()), 0.0
	const n = 20_000
	for range n {
		f, err := p.metrics[0].figure(outputs, src)
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
