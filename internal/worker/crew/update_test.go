package crew

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
)

// faultyUpdates are workers that go wrong at a step of mode train.
func faultyUpdates() map[string]jail.Role {
	answer := func(f jail.Frame) jail.Role {
		return func(in *jail.Inside) error {
			if _, err := in.Receive(); err != nil {
				return err
			}
			return errors.Join(in.Seal(), in.Send(f))
		}
	}
	short := make([]byte, 8)
	wild := make([]byte, 5*8)
	binary.LittleEndian.PutUint64(wild[16:], math.Float64bits(math.NaN()))
	return map[string]jail.Role{
		"update gone":       func(in *jail.Inside) error { _, err := in.Receive(); return errors.Join(err, errors.New("gone")) },
		"update too short":  answer(jail.Frame{Kind: role.FrameUpdated, Payload: short}),
		"update not finite": answer(jail.Frame{Kind: role.FrameUpdated, Payload: wild}),
		"update of a part":  answer(jail.Frame{Kind: role.FramePartial, Payload: wild}),
		"update unsealed":   func(in *jail.Inside) error { return in.Send(jail.Frame{Kind: role.FrameUpdated, Payload: wild[:0]}) },
	}
}

// TestUpdate: a step is made in a jailed worker; one that goes wrong is made
// again by another, and one that always goes wrong ends the run.
func TestUpdate(t *testing.T) {
	wasm, err := os.ReadFile("../../../examples/train/logistic.wasm")
	if err != nil {
		t.Fatal(err)
	}
	job := trainJob(t, wasm)
	u := job.Update([]float64{1, 2, 3, 4, 5}, []float64{10, 20, 30, 40, -50, 100})
	want := []float64{0.9, 1.8, 2.7, 3.6, 5.5}
	for name := range faultyUpdates() {
		c := New(&Options{Workers: 1, role: func(n int) string {
			if n == 1 {
				return name
			}
			return role.Work
		}})
		if next, ok, err := c.Update(t.Context(), job, u, nil); err != nil || !ok || !slices.Equal(next, want) {
			t.Errorf("%s: %v, %v, %v", name, next, ok, err)
		}
		c.Close()
	}
	c := New(&Options{Workers: 1, role: func(int) string { return "update gone" }})
	defer c.Close()
	if _, _, err := c.Update(t.Context(), job, u, nil); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("three workers were lost: %v", err)
	}
	// A module that fails is no lost worker.
	fails := *u
	fails.State = []float64{1, 2}
	d := New(nil)
	defer d.Close()
	if next, ok, err := d.Update(t.Context(), job, &fails, nil); err != nil || ok || next != nil {
		t.Errorf("a failed step: %v, %v, %v", next, ok, err)
	}
}

// trainJob is the job of the example.
func trainJob(t *testing.T, wasm []byte) *work.Job {
	t.Helper()
	columns := []string{"age", "educ", "sex", "married", "income"}
	masks := map[string]glovebox.Mask{}
	for _, c := range columns {
		masks[c] = glovebox.Mask{Kind: "none"}
	}
	j, err := work.Check(work.Spec{Wasm: wasm, Function: "gradient", Mode: glovebox.ModeTrain, Release: glovebox.ReleaseDef{Method: "dp", Rho: 1},
		Train:      &glovebox.Train{Rounds: 2, Size: 6, Clip: 2, State: 5, Update: "step"},
		Inputs:     []work.Input{{Dataset: "pums", Record: pumsRecord(t).Columns, Columns: columns, MaxRows: 1, Masks: masks}},
		References: map[string]arrow.RecordBatch{glovebox.StateTable: work.ValueTable(make([]float64, 5))}})
	if err != nil {
		t.Fatal(err)
	}
	return j
}
