package privacy

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"glovebox.example/glovebox"
)

// TestGauge measures records whose reach is known.
func TestGauge(t *testing.T) {
	p, err := NewPlan(glovebox.Output{
		Key:            []glovebox.KeyField{{Name: "k", Type: glovebox.Int64, Public: []any{int64(1), int64(2), int64(3)}}},
		MaxKeysPerUnit: 1, MaxRecordsPerKey: 2,
		Metrics: []glovebox.Metric{
			{Name: "n", Kind: glovebox.Count},
			{Name: "s", Kind: glovebox.Sum, Min: 0, Max: 10},
			{Name: "v", Kind: glovebox.Vector, Size: 2, Clip: 5},
			{Name: "h", Kind: glovebox.Histogram, Min: 0, Max: 4, Bins: 4},
		},
	}, glovebox.ReleaseDef{Method: "dp", Rho: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	g := p.NewGauge()
	records := func(all ...[]float64) (out []byte) {
		for _, r := range all {
			out = binary.LittleEndian.AppendUint64(out, uint64(int64(r[0])))
			for _, v := range r[1:] {
				out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
			}
		}
		return out
	}
	for name, x := range map[string]struct {
		records       [][]float64
		keys, most    int
		below, above  []bool
		malformedHere bool
	}{
		"nothing":         {nil, 0, 0, make([]bool, 4), make([]bool, 4), false},
		"within":          {[][]float64{{1, 4, 3, 4, 2}, {2, 6, 0, 0, 4}}, 2, 1, make([]bool, 4), make([]bool, 4), false},
		"sums add up":     {[][]float64{{1, 6, 2, 0, 2}, {1, 6, 4, 0, 2}, {1, 0, 0, 0, 1}}, 1, 3, make([]bool, 4), []bool{false, true, true, false}, false},
		"values do not":   {[][]float64{{3, -1, 0, 0, -1}, {2, 0, 0, 0, 5}}, 2, 1, []bool{false, true, false, true}, []bool{false, false, false, true}, false},
		"unknown key":     {[][]float64{{9, 99, 99, 99, 99}}, 0, 0, make([]bool, 4), make([]bool, 4), false},
		"not a number":    {[][]float64{{1, math.NaN(), 0, 0, 0}}, 0, 0, nil, nil, true},
		"infinite of one": {[][]float64{{1, 0, 0, 0, 0}, {9, math.Inf(1), 0, 0, 0}}, 0, 0, nil, nil, true},
	} {
		r, ok := g.Measure(len(x.records), records(x.records...))
		if ok == x.malformedHere {
			t.Errorf("%s: well formed: %v", name, ok)
		}
		if ok && (r.Keys != x.keys || r.Records != x.most || !slices.Equal(r.Below, x.below) || !slices.Equal(r.Above, x.above)) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if _, ok := g.Measure(2, make([]byte, 8)); ok {
		t.Error("records of another size are measured")
	}
	if below, above := p.Clamps(2); below || !above {
		t.Error("a vector has one end")
	}
}
