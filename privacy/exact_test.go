package privacy

import (
	"reflect"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestExact: the figures are those of the contributions, the partial stays
// usable, and a release afterwards is what it would have been.
func TestExact(t *testing.T) {
	out := glovebox.Output{
		Key: []glovebox.KeyField{{Name: "k", Type: glovebox.Int64, Public: []any{int64(1), int64(2), int64(3)}}}, MaxKeysPerUnit: 2,
		Metrics: []glovebox.Metric{{Name: "n", Kind: glovebox.Count}, {Name: "s", Kind: glovebox.Sum, Min: 0, Max: 10}, {Name: "m", Kind: glovebox.Mean, Min: 0, Max: 10}},
	}
	p, err := NewPlan(out, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := p.NewBounder([32]byte{1})
	for i := range 4 {
		b.Unit([16]byte{byte(i)}, 1, record(0, []any{1 + i%2}, 2.5, float64(i)))
	}
	part, err := b.Partial()
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{Key: []any{int64(1)}, Cells: []Cell{{2, 2, 2}, {5, 5, 5}, {1, 1, 1}}},
		{Key: []any{int64(2)}, Cells: []Cell{{2, 2, 2}, {5, 5, 5}, {2, 2, 2}}},
	}
	for range 2 {
		if got := p.Exact(part); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v", got)
		}
	}
	table, err := p.Release(part, mechanism.SeededSource([32]byte{1})) // where no bound is clamped to 0
	if err != nil || len(table.Rows) != 3 || table.Facts.Noise[0].Mechanism != "discrete_laplace" {
		t.Fatalf("%v %+v", err, table)
	}
	if half := table.Rows[0].Cells[0]; half.Lo == half.Hi {
		t.Error("the plan lost its noise")
	}
}

// TestExactEveryKind: what has noise in a release has none here, for all kinds.
func TestExactEveryKind(t *testing.T) {
	p := check.Must(NewPlan(everyKind(1), laplace(1, 1e-6), nil))
	b := p.NewBounder([32]byte{1})
	for i := range 8 { // values 0, 0, 1, 1, 2, 2, 3, 3
		v := float64(i / 2)
		b.Unit(token(i), 1, record(10, []any{"a", 1}, v, v, v, 1, 0, 0, v, v, v, v, v, v))
	}
	part := check.Must(b.Partial())
	rows := p.Exact(part)
	if len(rows) != 1 || !reflect.DeepEqual(rows, p.Exact(part)) {
		t.Fatalf("%+v", rows)
	}
	want := map[string]float64{"n": 8, "s": 12, "m": 1.5, "y": 1.25, "y.mean": 1.5, "v.0": 8, "v.1": 0, "h.5": 2, "h.8": 2, "h.9": 0,
		"q.p50": 1, "qs.p50": 1, "d": 4, "r.min": 0, "r.max": 4, "c": 12}
	for i, f := range p.Figures() {
		c := rows[0].Cells[i]
		if v, ok := want[f.Name]; ok && (c.Value < v-0.06 || c.Value > v+0.06) {
			t.Errorf("%s is %+v, want %v", f.Name, c, v)
		}
	}
}
