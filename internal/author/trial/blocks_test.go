package trial_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/sandbox"
)

const spread = "../../../examples/spread/"

// blocksTask is the spread example on n sample units in 8 blocks.
func blocksTask(t testing.TB, n int) *trial.Task {
	x := task(t, n)
	job, err := catalog.ParseJob("job.yaml", read(t, spread+"job.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := &x.Spec
	s.Wasm, s.Function, s.Mode, s.Blocks, s.Release = read(t, spread+"spread.wasm"), "spread", glovebox.ModeBlocks, job.Blocks, job.Release
	s.Blocks.Count = 8
	s.Output = glovebox.Output{}
	return x
}

// TestBlocksReportIsTheTruth: every unit that the filter lets through is in one
// block, with its rows, in the order in which the module got them; what counts
// is what the module gave, on the grid, or the default; and the combination
// without noise is that of the blocks.
func TestBlocksReportIsTheTruth(t *testing.T) {
	x := blocksTask(t, 60)
	x.Spec.Blocks.Metrics[0].Default = 7
	r := run(t, x)
	table := x.Tables["pums"]
	income := map[string][]any{}
	for _, row := range table.Rows {
		var age int
		fmt.Sscan(row[table.Column("age")].Text, &age)
		if age >= 25 {
			income[table.Unit(row)] = []any{row[table.Column("educ")].Text, row[table.Column("income")].Text}
		}
	}
	if len(r.Units) != 0 || len(r.Blocks)+r.Empty != 8 || r.Result != nil || r.Combined == nil {
		t.Fatalf("%d units, %d blocks, %d empty", len(r.Units), len(r.Blocks), r.Empty)
	}
	medians := slices.Repeat([]float64{7}, r.Empty)
	seen := 0
	for i := range r.Blocks {
		b := &r.Blocks[i]
		if i > 0 && b.Block <= r.Blocks[i-1].Block || len(b.Starts["pums"]) != len(b.Units)+1 || len(b.Rows["pums"]) != len(b.Units) || b.Fuel < 1 || b.Fuel > r.Fuel.Limit {
			t.Fatalf("%+v", b)
		}
		for k, u := range b.Units {
			want, known := income[u]
			if !known || int(b.Starts["pums"][k]) != k {
				t.Fatalf("block %d: unit %d begins with row %d", b.Block, k, b.Starts["pums"][k])
			}
			if got := b.Rows["pums"][k]; fmt.Sprint(got[0]) != want[0] || !equalNumbers(got[1], want[1]) {
				t.Errorf("block %d, unit %d: %v, want %v", b.Block, k, got, want)
			}
			delete(income, u)
			seen++
		}
		out := numberOf(t, b.Outputs[0])
		if b.Outcome == "ok" {
			if gave := numberOf(t, b.Records[0][0]); gave-out > 10 || out-gave > 10 { // the grid's step is 15.3
				t.Errorf("block %d gave %g and counts with %g", b.Block, gave, out)
			}
		} else if out != 0 { // 7 is nearest to the point 0
			t.Errorf("block %d: the default does not show: %g", b.Block, out)
		}
		medians = append(medians, out)
	}
	if len(income) != 0 || seen < 20 {
		t.Errorf("%d units are in no block; %d are", len(income), seen)
	}
	for i := range r.Empty {
		medians[i] = 0
	}
	slices.Sort(medians)
	if got := numberOf(t, r.Combined.Figures[0].Exact); got != medians[3] {
		t.Errorf("the median of %v is given as %g", medians, got)
	}
	if f := r.Combined.Figures; len(f) != 3 || f[2].Combine != glovebox.Vote || f[2].Noisy == nil || r.Combined.Price.Loss != 250_000_000 || r.Combined.Kind != glovebox.LedgerZCDP {
		t.Errorf("%+v", r.Combined)
	}
}

func numberOf(t *testing.T, v any) (f float64) {
	t.Helper()
	if _, err := fmt.Sscan(fmt.Sprint(v), &f); err != nil {
		t.Fatalf("%v is no number", v)
	}
	return f
}

func equalNumbers(a, b any) bool {
	var x, y float64
	fmt.Sscan(fmt.Sprint(a), &x)
	fmt.Sscan(fmt.Sprint(b), &y)
	return x == y
}

// TestBlockTooLarge: what is not run shows, without rows, and counts with the
// defaults.
func TestBlockTooLarge(t *testing.T) {
	x := blocksTask(t, 4000) // 8 blocks of at most 1,000 units
	if r := run(t, x); r.Outcomes["ok"] != 8 {
		t.Fatalf("%v", r.Outcomes)
	}
	x = blocksTask(t, 20000)
	r := run(t, x)
	if r.Outcomes[sandbox.Oversize.String()] != 8 {
		t.Fatalf("%v", r.Outcomes)
	}
	for i := range r.Blocks {
		b := &r.Blocks[i]
		if len(b.Units) <= 1000 || len(b.Rows["pums"]) != 0 || len(b.Records) != 0 || b.Fuel != 0 || numberOf(t, b.Outputs[0]) != 0 {
			t.Errorf("block %d of %d units: %d rows, %v", b.Block, len(b.Units), len(b.Rows["pums"]), b.Outputs)
		}
	}
}

// TestNeighboursOfBlocks: other blocks are the same whatever becomes of a unit;
// the comparison can fail; the report is read back as it was.
func TestNeighboursOfBlocks(t *testing.T) {
	n, err := trial.RunNeighbours(t.Context(), blocksTask(t, 30))
	if err != nil {
		t.Fatal(err)
	}
	if !n.Same || n.Claim != trial.ClaimBlocks || n.Blocks < 4 || n.Units < 10 {
		t.Errorf("%+v", n)
	}
	for _, p := range n.Pairs {
		if (p.Change == "repeated") != (p.Block == nil) || len(p.Differences) != 0 || p.Others < n.Blocks-1 {
			t.Errorf("%+v", p)
		}
	}
	a := run(t, blocksTask(t, 30))
	unit := a.Blocks[0].Units[0]
	for what, change := range map[string]func(*trial.Block){
		"fuel":    func(b *trial.Block) { b.Fuel++ },
		"records": func(b *trial.Block) { b.Records = nil },
		"outputs": func(b *trial.Block) { b.Outputs = nil },
		"outcome": func(b *trial.Block) { b.Outcome = "trap" },
		"units":   func(b *trial.Block) { b.Units = b.Units[1:] },
		"rows":    func(b *trial.Block) { b.Rows = nil },
		"order":   func(b *trial.Block) { b.Block = 1000 },
	} {
		b := *a
		b.Blocks = slices.Clone(a.Blocks)
		change(&b.Blocks[0])
		// Its own block may change in all but who else is in it.
		if d := trial.Compare(a, &b, unit); what != "order" && len(d) != 0 {
			t.Errorf("%s: %v", what, d)
		}
		b.Blocks = slices.Clone(a.Blocks)
		change(&b.Blocks[1])
		if d := trial.Compare(a, &b, unit); len(d) != 1 || d[0].What != what || (d[0].Block == nil) != (what == "order") {
			t.Errorf("%s: %v", what, d)
		}
	}
	b := *a
	b.Blocks = slices.Clone(a.Blocks)
	b.Blocks[0].Units = append(slices.Clone(b.Blocks[0].Units), "other")
	if d := trial.Compare(a, &b, unit); len(d) != 1 || d[0].What != "units" || *d[0].Block != a.Blocks[0].Block {
		t.Errorf("%v", d)
	}
	doc, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := trial.DecodeNeighbours(doc); err != nil || !reflect.DeepEqual(back, n) {
		t.Errorf("%v: the report is not read back as it was", err)
	}
	n.Claim, n.Digest = trial.Claim, "" // that of units
	if doc, err = n.Encode(); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(doc)
	n.Digest = "sha256:" + hex.EncodeToString(sum[:])
	if doc, err = json.Marshal(n); err != nil {
		t.Fatal(err)
	}
	if _, err := trial.DecodeNeighbours(doc); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("another claim is taken: %v", err)
	}
}
