package crew

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
)

const spread = "../../../examples/spread/"

// faultyBlocks are workers that go wrong between the parts of one group.
func faultyBlocks() map[string]jail.Role {
	begin := func(then func(in *jail.Inside, first []byte) error) jail.Role {
		return func(in *jail.Inside) error {
			if _, err := in.Receive(); err != nil {
				return err
			}
			if err := errors.Join(in.Seal(), in.Send(jail.Frame{Kind: role.FrameReady})); err != nil {
				return err
			}
			m, err := in.Receive()
			if err != nil {
				return err
			}
			return then(in, m.Data[:4])
		}
	}
	ready := func(in *jail.Inside) error { return in.Send(jail.Frame{Kind: role.FrameReady}) }
	return map[string]jail.Role{
		"gone between two parts": begin(func(in *jail.Inside, _ []byte) error { return errors.Join(ready(in), errors.New("gone")) }),
		"answers too early": begin(func(in *jail.Inside, first []byte) error {
			return in.Send(jail.Frame{Kind: role.FramePartial, Payload: append(first[:4:4], "early"...)})
		}),
		"wants a part more": begin(func(in *jail.Inside, _ []byte) error {
			if err := ready(in); err != nil {
				return err
			}
			if _, err := in.Receive(); err != nil {
				return err
			}
			return ready(in)
		}),
	}
}

// blockFixture is the pums snapshot of 16 parts with a job of 8 blocks, so that
// two parts make one group.
func blockFixture(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	data, err := os.ReadFile(spread + "job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j, err := catalog.ParseJob("job.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(spread + "spread.wasm")
	if err != nil {
		t.Fatal(err)
	}
	rec := pumsRecord(t)
	j.Blocks.Count = parts / 2
	f.job, err = work.Check(work.Spec{Wasm: wasm, Mode: j.Mode, Blocks: j.Blocks, Release: j.Release,
		Inputs: []work.Input{{Dataset: "pums", Record: rec.Columns, Columns: []string{"educ", "income"}, MaxRows: 1, Masks: map[string]glovebox.Mask{"educ": {Kind: "none"}, "income": {Kind: "none"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// pumsRecord is the example's record.
func pumsRecord(t *testing.T) *glovebox.Dataset {
	t.Helper()
	data, err := os.ReadFile(example + "/dataset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := catalog.ParseDataset("dataset.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// runBlocks runs the job and returns the answer of each group.
func (f *fixture) runBlocks(ctx context.Context, t *testing.T, o *Options) map[int][]byte {
	t.Helper()
	c := New(o)
	defer c.Close()
	var mu sync.Mutex
	got := map[int][]byte{}
	err := c.Run(ctx, &Task{Job: f.job, Manifests: [][]byte{f.manifest}, Inputs: f.inputs(), Parts: parts, Open: f.open(t), Done: func(group int, data []byte, last bool) error {
		mu.Lock()
		defer mu.Unlock()
		if err := f.job.Course([32]byte{}).Total(nil).Add(group, parts, data); err != nil {
			return err
		}
		if got[group] != nil || !last {
			t.Errorf("group %d came twice, or in pieces", group)
		}
		got[group] = bytes.Clone(data)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestLostWorkersInBlocks: a worker that is lost between two parts of a block
// loses nothing: the block is done again from its first part.
func TestLostWorkersInBlocks(t *testing.T) {
	f := blockFixture(t)
	want := f.runBlocks(t.Context(), t, &Options{Workers: 2})
	if len(want) != parts/2 {
		t.Fatalf("%d groups", len(want))
	}
	for name := range faultyBlocks() {
		t.Run(name, func(t *testing.T) {
			got := f.runBlocks(t.Context(), t, &Options{Workers: 1, role: func(n int) string {
				if n == 1 {
					return name
				}
				return role.Work
			}})
			for i := range want {
				if !bytes.Equal(got[i], want[i]) {
					t.Errorf("group %d changed", i)
				}
			}
		})
	}
}
