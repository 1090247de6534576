package request

import (
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/blocks"
)

// TestBlocksAuto: auto takes the largest number that providers let users know.
func TestBlocksAuto(t *testing.T) {
	r := &Request{Job: &glovebox.Job{Mode: glovebox.ModeBlocks, Blocks: &glovebox.Blocks{Metrics: []glovebox.BlockMetric{{Name: "m", Combine: glovebox.Vote, Values: []string{"a", "b"}}}},
		Release: glovebox.ReleaseDef{Method: "dp", Epsilon: 1}},
		Datasets: map[string]Dataset{"a": {Snapshot: &glovebox.Snapshot{NoisyUnits: 90_000}}, "b": {Snapshot: &glovebox.Snapshot{}}, "c": {}}}
	m, err := askBlocks{}.plan(r)
	if err != nil || m.Facts().Blocks != blocks.AutoCount(90_000) || r.Job.Blocks.Count != 256 {
		t.Fatalf("%v, %+v", err, r.Job.Blocks)
	}
}
