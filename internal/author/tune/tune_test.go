package tune

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/internal/worker/work"
)

// counted is a release of mode tune without noise of note: so many units have so
// many keys.
func counted(limit int, units map[int]int64) *release.Content {
	c := &release.Content{ID: "r-0", Rows: [][]any{{}}, Facts: json.RawMessage("{}")}
	add := func(name string, n int64) {
		for i, suffix := range []string{"", "_lo", "_hi"} {
			c.Columns = append(c.Columns, release.Column{Name: name + suffix, Type: glovebox.Int64})
			c.Rows[0] = append(c.Rows[0], n+int64([]int{0, -1, 1}[i]))
		}
	}
	all := int64(0)
	for _, n := range units {
		all += n
	}
	add(glovebox.TuneUnits, all)
	edges := work.TuneEdges(limit)
	for i := range len(edges) - 1 {
		in := int64(0)
		for keys, n := range units {
			if k := float64(keys); k >= edges[i] && k < edges[i+1] {
				in += n
			}
		}
		add(glovebox.TuneKeys+"."+strconv.Itoa(i), in)
	}
	for i := range len(work.TuneEdges(1)) - 1 {
		add(glovebox.TuneRecords+"."+strconv.Itoa(i), 0)
	}
	add(glovebox.TuneRows, 0)
	add(glovebox.TuneFailed, 30)
	return c
}

// TestReadComparesLimits: the share of cut units and keys is that of the data, and
// the limit that is recommended is the best of those that are compared: more noise
// for more keys, or more of them cut.
func TestReadComparesLimits(t *testing.T) {
	j := &glovebox.Job{Output: glovebox.Output{
		Key:            []glovebox.KeyField{{Name: "k", Type: glovebox.Int64, Public: []any{int64(1)}}},
		MaxKeysPerUnit: 2, Metrics: []glovebox.Metric{{Name: "n", Kind: glovebox.Count}},
	}, Release: glovebox.ReleaseDef{Method: "dp", Rho: 0.5}}
	a, err := Read(j, counted(2, map[int]int64{1: 700, 2: 200, 5: 100}), 50)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(a.OverKeys.Share-0.1) > 1e-9 || math.Abs(a.Failed.Share-0.03) > 1e-9 || a.OverKeys.Half <= 0 {
		t.Errorf("%+v", a)
	}
	cut, off := map[int]float64{}, math.Inf(1)
	best := 0
	for _, c := range a.Choices {
		cut[c.MaxKeys] = c.Cut
		if c.Off < off {
			off, best = c.Off, c.MaxKeys
		}
	}
	if math.Abs(cut[2]-300./1600) > 1e-9 || math.Abs(cut[1]-600./1600) > 1e-9 || cut[5] != 0 {
		t.Errorf("cut: %v", cut)
	}
	if best != a.Best || a.Best != 5 { // 6 units a key are cut at 2, the noise is some 2
		t.Errorf("the best is %d, %d is off least", a.Best, best)
	}
	// Private keys: the least that cuts next to nothing.
	if a, err = Read(j, counted(2, map[int]int64{1: 995, 2: 4, 3: 1}), 0); err != nil || a.Best != 1 {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := Read(j, &release.Content{}, 0); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("another release: %v", err)
	}
}
