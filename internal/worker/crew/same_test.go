package crew

import (
	"bytes"
	"context"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// pieceFixture is the pums snapshot with a job of a private key, whose partial
// aggregates come in several pieces.
func pieceFixture(t *testing.T) *fixture {
	f := newFixture(t)
	f.spec.Output.Key = []glovebox.KeyField{{Name: "schooling", Type: glovebox.String, Width: 16, Private: true}}
	f.spec.Public, f.spec.Release.Delta, f.spec.PieceBytes = nil, 1e-9, 1
	var err error
	if f.job, err = work.Check(f.spec); err != nil {
		t.Fatal(err)
	}
	return f
}

// trainFixture is the pums snapshot with a round of mode train.
func trainFixture(t *testing.T) *fixture {
	f := newFixture(t)
	columns := []string{"age", "educ", "sex", "married", "income"}
	masks := map[string]glovebox.Mask{}
	for _, c := range columns {
		masks[c] = glovebox.Mask{Kind: "none"}
	}
	spec := f.spec
	wasm, err := os.ReadFile("../../../examples/train/logistic.wasm")
	if err != nil {
		t.Fatal(err)
	}
	spec.Wasm, spec.Function, spec.Mode = wasm, "gradient", glovebox.ModeTrain
	spec.Output, spec.Public = glovebox.Output{}, nil
	spec.Train = &glovebox.Train{Rounds: 2, Size: 6, Clip: 2, State: 5, Update: "step"}
	spec.Inputs = []work.Input{{Dataset: "pums", Record: spec.Inputs[0].Record, Columns: columns, MaxRows: 1, Masks: masks}}
	spec.Params = map[string]any{"threshold": 50000.0, "rate": 0.5}
	spec.References = map[string]arrow.RecordBatch{glovebox.StateTable: work.ValueTable(make([]float64, 5))}
	j, err := work.Check(spec)
	if err != nil {
		t.Fatal(err)
	}
	f.job = j.Course([32]byte{}).Job()
	return f
}

// answers has a pool do all groups in some order and returns the pieces of each.
func (f *fixture) answers(t *testing.T, o *Options, backwards bool) [][][]byte {
	t.Helper()
	c := New(o)
	defer c.Close()
	p, err := c.Pool(&Task{Job: f.job, Manifests: [][]byte{f.manifest}, Inputs: f.inputs(), Parts: parts, Open: f.open(t),
		Check: func([]byte) error { return nil }, Spool: func() (Spool, error) { return &pile{}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out := make([][][]byte, p.Groups())
	var group sync.WaitGroup
	for i := range out {
		if backwards {
			i = len(out) - 1 - i
		}
		group.Go(func() {
			if err := p.Group(t.Context(), i, func(piece []byte, _ bool) error {
				out[i] = append(out[i], bytes.Clone(piece))
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
		if o.Workers == 1 {
			group.Wait()
		}
	}
	group.Wait()
	return out
}

// TestPartialsAreTheSameOnEveryMachine: what a group of parts gives, and where it
// is cut into pieces, is the same bytes whichever process does it, in whatever
// order and at whichever attempt, with machine code or compiled anew. Two answers
// that differ then mean that somebody lies.
func TestPartialsAreTheSameOnEveryMachine(t *testing.T) {
	for name, f := range map[string]*fixture{"map": newFixture(t), "pieces": pieceFixture(t), "blocks": blockFixture(t), "train": trainFixture(t)} {
		t.Run(name, func(t *testing.T) {
			want := f.answers(t, &Options{Workers: 1}, false)
			if name == "pieces" && len(want[0]) < 3 {
				t.Fatalf("%d pieces of a part: nothing is cut", len(want[0]))
			}
			var begun atomic.Int32
			killed := &Options{Workers: 2, started: func(p *jail.Process) {
				if begun.Add(1) == 2 { // an attempt that ends wherever it is
					time.AfterFunc(50*time.Millisecond, p.Kill)
				}
			}}
			for how, got := range map[string][][][]byte{"another process, backwards, killed once": f.answers(t, killed, true), "no walls": f.inside(t)} {
				for i := range want {
					if !slices.EqualFunc(got[i], want[i], bytes.Equal) {
						t.Errorf("%s: group %d is %d pieces, not the same %d", how, i, len(got[i]), len(want[i]))
					}
				}
			}
		})
	}
}

// inside does all groups in this process, one worker for all.
func (f *fixture) inside(t *testing.T) (out [][][]byte) {
	t.Helper()
	r, err := f.job.Compile(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w, err := r.Worker(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	per := f.job.PartsPerGroup(parts)
	var one [][]byte
	for i := range parts {
		files, err := f.open(t)(context.Background(), work.PartName{Index: i})
		if err != nil {
			t.Fatal(err)
		}
		files.Manifest, files.Index = f.decoded, i
		rest, err := w.Part(context.Background(), []work.Files{files}, func(p []byte) error { one = append(one, bytes.Clone(p)); return nil })
		_ = files.Part.Close()
		if err != nil {
			t.Fatal(err)
		}
		if i%per == per-1 {
			out, one = append(out, append(one, rest)), nil
		}
	}
	return out
}
