package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/pipeline"
	"glovebox.example/glovebox/internal/release"
)

// TestLimitsAreSaid: beside a table stands everything that was cut before the
// noise, in both languages, with the numbers that the job declares; where nothing
// is cut, nothing.
func TestLimitsAreSaid(t *testing.T) {
	metrics := []glovebox.Metric{
		{Name: "people", Kind: glovebox.Count},
		{Name: "cost", Kind: glovebox.Sum, Min: 0, Max: 101, MaxTotal: 202},
		{Name: "mean", Kind: glovebox.Mean, Min: 1, Max: 102},
		{Name: "far", Kind: glovebox.Variance, Min: 2, Max: 103},
		{Name: "way", Kind: glovebox.Vector, Size: 2, Clip: 104},
		{Name: "bins", Kind: glovebox.Histogram, Edges: []float64{3, 4, 105}},
		{Name: "mid", Kind: glovebox.Quantile, Min: 4, Max: 106, At: []float64{0.5}},
	}
	for _, c := range []struct {
		name  string
		facts pipeline.Facts
		want  []string // what each line holds
	}{
		{"all", pipeline.Facts{Inputs: map[string]pipeline.InputFacts{"d": {MaxRows: 24}}, Output: glovebox.Output{
			Key: []glovebox.KeyField{{Name: "k", Private: true}}, MaxKeysPerUnit: 20, MaxRecordsPerKey: 3, MaxRecordsPerUnit: 7, Metrics: metrics}},
			[]string{"d 24 max_rows", "20 max_keys_per_unit", "3 max_records_per_key", "7 max_records_per_unit", "cost 0 .. 101", "cost 202 max_total",
				"mean 1 .. 102", "far 2 .. 103", "way 104 clip", "bins 3 .. 105", "mid 4 .. 106"}},
		{"public keys, all of them", pipeline.Facts{Output: glovebox.Output{
			Key: []glovebox.KeyField{{Name: "k"}}, MaxKeysPerUnit: 2, Metrics: metrics[:1]}}, nil},
		{"public keys, fewer", pipeline.Facts{Output: glovebox.Output{
			Key: []glovebox.KeyField{{Name: "k"}}, MaxKeysPerUnit: 1, Metrics: metrics[:1]}}, []string{"1 max_keys_per_unit"}},
		{"values of one record", pipeline.Facts{Output: glovebox.Output{MaxKeysPerUnit: 1, Metrics: metrics[6:]}}, []string{"1 max_records_per_key", "mid 4 .. 106"}},
		{"blocks", pipeline.Facts{Blocks: &glovebox.Blocks{Count: 8, Metrics: []glovebox.BlockMetric{{Name: "b", Combine: glovebox.Median, Min: 5, Max: 107}, {Name: "v", Combine: glovebox.Vote}}}}, []string{"b 5 .. 107"}},
		{"train", pipeline.Facts{Train: &glovebox.Train{Clip: 108}}, []string{"108 clip"}},
	} {
		facts, err := json.Marshal(c.facts)
		if err != nil {
			t.Fatal(err)
		}
		for _, lang := range []glovebox.Lang{"en", "zh"} {
			var out bytes.Buffer
			a := &app{Streams: Streams{Out: &out}, lang: lang}
			a.printLimits(&release.Content{Facts: facts, Rows: [][]any{{}, {}}})
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")[1:] // the first introduces them
			if len(lines) != len(c.want) {
				t.Errorf("%s, %s: %q, want %d lines", c.name, lang, out.String(), len(c.want))
				continue
			}
			for i, l := range lines {
				for _, w := range strings.Fields(c.want[i]) {
					if !strings.Contains(l, w) {
						t.Errorf("%s, %s: %q lacks %s", c.name, lang, l, w)
					}
				}
			}
		}
	}
}

// TestMarginInRanks: a quantile that was chosen shows ranks, in both languages, and
// never the range of its declaration.
func TestMarginInRanks(t *testing.T) {
	c := &release.Content{Columns: []release.Column{{Name: "q.p50", Type: glovebox.Float64}, {Name: "q.p50_ranks", Type: glovebox.Float64}}, Rows: [][]any{{31.0, 20.0}}}
	for lang, want := range map[glovebox.Lang]string{"en": "31.00  ± 20 ranks", "zh": "31.00  ± 20 名次"} {
		var out bytes.Buffer
		(&app{Streams: Streams{Out: &out}, lang: lang}).printContent(c, &pipeline.Facts{}, 0)
		if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "..") {
			t.Errorf("%s", out.String())
		}
	}
}
