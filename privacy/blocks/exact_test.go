package blocks

import (
	"reflect"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestExactBlocks: what blocks gave, and what they come to without noise; the
// outputs stay usable.
func TestExactBlocks(t *testing.T) {
	p := blockPlan(t, 8, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, blockMetrics()...)
	total, some := p.NewTotal(), p.NewOutputs(0, 8)
	for i := range 6 { // the others keep their defaults: 5, 10, 0, 50, b
		some.Put(i, 1, blockRecord(float64(i), 100, 0.5, float64(10*i), 2))
	}
	if err := total.Merge(some); err != nil {
		t.Fatal(err)
	}
	e := p.Exact(total)
	figures := func(list []Figure) (out []any) {
		for _, f := range list {
			if f.Lo != f.Value || f.Hi != f.Value || f.Margin {
				t.Errorf("an interval has a width: %+v", f)
			}
			if f.Choice != "" {
				out = append(out, f.Choice)
			} else {
				out = append(out, f.Value)
			}
		}
		return out
	}
	// mid: the fourth of 0 1 2 3 4 5 5 5. wins: quartiles 10 and 50 of
	// 0 10 20 30 40 50 50 50, so nothing is clamped.
	if got, want := figures(e.Figures), []any{3.0, 100.0, 0.375, 31.25, "c"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := figures(e.Blocks[1]), []any{1.0, 100.0, 0.5, 10.0, "c"}; !reflect.DeepEqual(got, want) {
		t.Errorf("block 1: %v, want %v", got, want)
	}
	if got, want := figures(e.Blocks[7]), []any{5.0, 10.0, 0.0, 50.0, "b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("block 7: %v, want %v", got, want)
	}
	if _, err := p.Release(total, check.Must(mechanism.NewSource())); err != nil {
		t.Error(err)
	}
}
