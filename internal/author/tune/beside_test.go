package tune

import (
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
)

// TestBesideCountsWhatIsCut: figures of which a fifth was cut are said to be a
// quarter of themselves too low, on the side where the cutting lies; means are not.
func TestBesideCountsWhatIsCut(t *testing.T) {
	j := &glovebox.Job{Output: glovebox.Output{MaxKeysPerUnit: 3, Metrics: []glovebox.Metric{{Name: "people", Kind: glovebox.Count}, {Name: "wage", Kind: glovebox.Mean}}}}
	c := &release.Content{Columns: []release.Column{{Name: "town"}, {Name: "people"}, {Name: "people_lo"}, {Name: "people_hi"}, {Name: "wage"}, {Name: "wage_lo"}, {Name: "wage_hi"}}}
	for _, n := range []int64{10, 80, 1000} {
		c.Rows = append(c.Rows, []any{"a", n, n - 5, n + 5, 1.0, 0.5, 1.5})
	}
	a := &Advice{Choices: []Choice{{MaxKeys: 2, Cut: 0.5}, {MaxKeys: 3, Cut: 0.2}}}
	got := Beside(j, c, a)
	if len(got) != 1 || got[0].Metric != "people" || got[0].Noise != 5 || math.Abs(got[0].Cut-20) > 1e-9 || math.Abs(got[0].Both-25) > 1e-9 {
		t.Errorf("%+v", got)
	}
	a.Choices[1].Cut = 0
	if got = Beside(j, c, a); got[0].Both != got[0].Noise {
		t.Errorf("nothing was cut: %+v", got)
	}
	if got = Beside(j, &release.Content{Columns: c.Columns}, a); len(got) != 0 {
		t.Errorf("a table without rows: %+v", got)
	}
}
