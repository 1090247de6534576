package privacy

import (
	"reflect"
	"testing"

	"glovebox"
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
	src, err := NewSource()
	if err != nil {
		t.Fatal(err)
	}
	table, err := p.Release(part, src)
	if err != nil || len(table.Rows) != 3 || table.Facts.Noise[0].Mechanism != "discrete_laplace" {
		t.Fatalf("%v %+v", err, table)
	}
	if half := table.Rows[0].Cells[0]; half.Lo == half.Hi {
		t.Error("the plan lost its noise")
	}
}
