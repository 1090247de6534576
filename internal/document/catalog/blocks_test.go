package catalog

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"

	"glovebox.example/glovebox"
)

const blocksJob = `
scenario: s
product: p
module: m.wasm
inputs: {d: {columns: [a]}}
mode: blocks
blocks:
  count: 128
  metrics:
    mid: {min: 0, max: 10, default: 5}
    far: {spacing: log, min: 1, max: 1e6, points: 1000, default: 10}
    avg: {combine: mean, min: -1, max: 1, default: 0}
    wins: {combine: winsor, min: 0, max: 1, default: 0.5}
    top: {combine: vote, values: [a, b, c], default: b}
release: {method: dp, epsilon: 1}
`

func TestBlocks(t *testing.T) {
	j, err := ParseJob("j", []byte(blocksJob))
	if err != nil {
		t.Fatal(err)
	}
	want := &glovebox.Blocks{Count: 128, Metrics: []glovebox.BlockMetric{
		{Name: "mid", Combine: glovebox.Median, Max: 10, Points: glovebox.DefaultPoints, Spacing: "linear", Default: 5},
		{Name: "far", Combine: glovebox.Median, Min: 1, Max: 1e6, Points: 1000, Spacing: "log", Default: 10},
		{Name: "avg", Combine: glovebox.BlockAvg, Min: -1, Max: 1, Points: glovebox.DefaultPoints, Spacing: "linear"},
		{Name: "wins", Combine: glovebox.Winsor, Max: 1, Points: glovebox.DefaultPoints, Spacing: "linear", Default: 0.5},
		{Name: "top", Combine: glovebox.Vote, Values: []string{"a", "b", "c"}, Default: 1},
	}}
	if !reflect.DeepEqual(j.Blocks, want) {
		t.Errorf("%+v", j.Blocks)
	}
	_, err = ParseJob("j", []byte(`
scenario: s
product: p
module: m.wasm
inputs: {d: {columns: [a]}}
mode: blocks
output: {max_keys_per_unit: 1, metrics: {n: {kind: count}}}
blocks:
  count: 100
  metrics:
    mid: {default: 5}
    far: {spacing: log, min: 0, max: 1, default: x}
    Mid: {combine: mean, spacing: log, min: 1, max: 1, values: [a, b], default: 7}
    top: {combine: vote, min: 0, values: [a, b, a], default: 0}
    none: {combine: vote, default: a}
release: {method: dp, epsilon: 1, delta: 1e-6}
`))
	problems(t, "blocks", err,
		`j:7:1: output: is for mode map (remove it)`,
		`j:9:10: blocks.count: is no power of two (write 64, 128, 256, ... or auto)`,
		`j:11:10: blocks.metrics.mid: median needs min and max (add both: the range of one block's output, known without the data)`,
		`j:12:30: blocks.metrics.far.min: spacing log needs a range above 0 (write a number above 0, or spacing: linear)`,
		`j:12:50: blocks.metrics.far.default: is no number in the metric's range (write a number between min and max of the metric)`,
		`j:13:5: blocks.metrics.Mid: has the name of blocks.metrics.mid; case does not count (rename one of the two)`,
		`j:13:35: blocks.metrics.Mid.spacing: log is for combine: median only (write linear, or leave it out)`,
		`j:13:53: blocks.metrics.Mid.max: is not above min (write a number above min)`,
		`j:13:56: blocks.metrics.Mid.values: is for combine: vote only (remove it)`,
		`j:13:81: blocks.metrics.Mid.default: is no number in the metric's range (write a number between min and max of the metric)`,
		`j:14:26: blocks.metrics.top.min: is not for votes (remove it)`,
		`j:14:49: blocks.metrics.top.values[2]: is the same as entry 1 of the list (keep one of the two)`,
		`j:14:62: blocks.metrics.top.default: is none of the values (write one of the candidates)`,
		`j:15:11: blocks.metrics.none: vote needs candidates (list them under `+"`values`"+`)`,
		`j:16:35: release.delta: is for private keys only (remove it)`)
	_, err = ParseJob("j", []byte(`
scenario: s
product: p
module: m.wasm
inputs: {d: {columns: [a]}}
mode: blocks
release: {method: dp, epsilon: 1}
`))
	problems(t, "no blocks", err, "j:2:1: mode blocks needs the field blocks (add `blocks`, with `count` and `metrics`)")
	_, err = ParseJob("j", []byte(`
scenario: s
product: p
module: m.wasm
inputs: {d: {columns: [a]}}
mode: map
blocks: {count: auto, metrics: {m: {min: 0, max: 1, default: 0}}}
release: {method: dp, epsilon: 1}
`))
	problems(t, "map", err,
		"j:2:1: mode map needs the field output (add `output`, with `max_keys_per_unit` and `metrics`)",
		"j:7:1: blocks: is for mode blocks (remove it)")
}

// writtenBlocks is what written makes of blocks.
func writtenBlocks(b *glovebox.Blocks) *blocksDoc {
	if b == nil {
		return nil
	}
	d := &blocksDoc{Count: b.Count}
	if b.Count == 0 {
		d.Count = "auto"
	}
	for _, m := range b.Metrics {
		def := blockMetricDef{Combine: m.Combine, Spacing: m.Spacing, Values: m.Values, Default: m.Default}
		if m.Combine == glovebox.Vote {
			def.Default = m.Values[int(m.Default)]
		} else {
			def.Min, def.Max, def.Points = &m.Min, &m.Max, json.Number(strconv.Itoa(m.Points))
		}
		d.Metrics = append(d.Metrics, entry[blockMetricDef]{m.Name, def})
	}
	return d
}
