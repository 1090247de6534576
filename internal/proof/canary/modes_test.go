package canary

import (
	"encoding/binary"
	"fmt"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/work"
)

// modes are jobs of the other modes; %d is what their module does to one
// person, or to the block of that person.
var modes = map[string]string{
	"blocks": `scenario: canary
product: table
module: canary.wasm
function: block
inputs: {people: {columns: [note, serial]}}
mode: blocks
params: {how: %d}
blocks:
  count: 8
  metrics:
    number: {min: 0, max: 2000000000, default: 0}
    share: {combine: mean, min: 0, max: 100, default: 0}
    choice: {combine: vote, values: [daye, huangshi], default: daye}
release: {method: dp, rho: 0.25}
`,
	"train": `scenario: canary
product: table
module: canary.wasm
function: teach
inputs: {people: {columns: [note, serial]}}
mode: train
params: {how: %d}
train: {rounds: 2, size: 2, clip: 1, state: 2}
release: {method: dp, rho: 0.25}
`,
}

// stageModes runs jobs of mode blocks and train whose modules print and give
// all that they see, well and on one person not, and their samples.
func (b *box) stageModes() {
	for name, text := range modes {
		line := func(how int) string {
			file := fmt.Sprintf("jobs/%s-%d.yaml", name, how)
			write(b.t, b.path(file), fmt.Appendf(nil, text, how))
			return "job run " + file
		}
		b.ok(line(0) + " --as wang")
		b.ok(line(0) + " --sample --units 30 --as wang")
		b.fails(3, line(0)+" --as wu")
		for how := 1; how <= 7; how++ { // TRAP to NAN_ of testdata/canary.c
			if got := b.any(line(how) + " --as wang"); got != 0 {
				b.t.Errorf("%s, misbehaving %d: status %d", name, how, got)
			}
		}
	}
	b.ok("module test jobs/canary.wasm --job jobs/blocks-0.yaml --record jobs/people.yaml --units 12 --neighbours")
}

// TestNoUnmaskedIdentifierReachesABlock: as of one unit, so of a block of
// them. Every block says whether it saw a marker of a kind; the default is the
// opposite of what is wanted, so that a block that did not run shows. A control
// has a column that nobody masked. There is no noise.
func TestNoUnmaskedIdentifierReachesABlock(t *testing.T) {
	l := load(t)
	for name, c := range map[string]struct {
		function string
		columns  []string
		mask     glovebox.Mask
		want     uint32
	}{
		"identifiers are tokens":     {"token_block", []string{"pid", "phone", "card", "num"}, token, 0},
		"control: what nobody masks": {"plain_block", []string{"note", "serial"}, none, 1},
	} {
		t.Run(name, func(t *testing.T) {
			spec := l.spec(c.function, c.columns, map[string]glovebox.Mask{})
			for _, x := range c.columns {
				spec.Inputs[0].Masks[x] = c.mask
			}
			spec.Mode, spec.Output, spec.Blocks = glovebox.ModeBlocks, glovebox.Output{}, &glovebox.Blocks{Count: 8}
			for _, m := range []string{"texts", "numbers"} {
				spec.Blocks.Metrics = append(spec.Blocks.Metrics, glovebox.BlockMetric{Name: m, Combine: glovebox.Median, Max: 1, Points: 2, Spacing: glovebox.Linear, Default: float64(1 - c.want)})
			}
			points := l.blocks(t, spec)
			if len(points) != 16 {
				t.Fatalf("%d outputs", len(points))
			}
			for i, p := range points {
				if p != c.want {
					t.Errorf("block %d, metric %d: %d, want %d", i/2, i%2, p, c.want)
				}
			}
		})
	}
}

// blocks runs a job of mode blocks over every part and reads what the blocks
// gave, by the layout of blocks.Outputs.MarshalBinary.
func (l *loaded) blocks(t *testing.T, spec work.Spec) (points []uint32) {
	t.Helper()
	r, err := work.New(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w, err := r.Worker(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i, p := range l.manifest.Parts {
		part, err := l.d.Vault.OpenPart("people", 1, p.Name)
		if err != nil {
			t.Fatal(err)
		}
		frame, err := w.Part(t.Context(), []work.Files{{Manifest: l.manifest, Index: i, Part: part}}, nil)
		if cerr := part.Close(); err != nil || cerr != nil {
			t.Fatal(err, cerr)
		}
		for at := 36; at+4 <= len(frame); at += 4 {
			points = append(points, binary.LittleEndian.Uint32(frame[at:]))
		}
	}
	return points
}
