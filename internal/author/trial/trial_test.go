package trial_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/internal/author/sample"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox"
)

// TestMain is the hook for workers: they are this test binary, started again.
func TestMain(m *testing.M) {
	jail.Main(role.All(), trial.Roles())
	os.Exit(m.Run())
}

const income = "../../../examples/pums/"

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// task is the pums example on n sample units.
func task(t testing.TB, n int) *trial.Task {
	t.Helper()
	rec, err := catalog.ParseDataset("dataset.yaml", read(t, income+"dataset.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	job, err := catalog.ParseJob("job.yaml", read(t, income+"job.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := sample.Generate(t.Context(), rec, &sample.Options{Units: n})
	if err != nil {
		t.Fatal(err)
	}
	return &trial.Task{
		Spec: work.Spec{
			Wasm: read(t, income+"income.wasm"), Function: "income", Output: job.Output, Release: job.Release,
			Inputs: []work.Input{{Dataset: "pums", Record: rec.Columns, Columns: []string{"educ", "income"}, Where: "age >= 25", Reads: []string{"age"}, MaxRows: 1,
				Masks: map[string]glovebox.Mask{"age": {Kind: "none"}, "educ": {Kind: "none"}, "income": {Kind: "none"}}}},
		},
		Tables: map[string]*sample.Table{"pums": table}, Declared: true,
	}
}

func run(t testing.TB, x *trial.Task) *trial.Report {
	t.Helper()
	r, err := trial.Run(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReportIsTheTruth: rows, records, contributions and the exact table are
// those of the rows that went in.
func TestReportIsTheTruth(t *testing.T) {
	x := task(t, 200)
	r := run(t, x)
	table := x.Tables["pums"]
	people := map[string]float64{}
	level := func(educ int) string {
		switch {
		case educ < 9:
			return "no diploma"
		case educ == 9:
			return "high school"
		case educ <= 12:
			return "some college"
		}
		return "degree"
	}
	units := map[string]bool{}
	for _, row := range table.Rows {
		var age, educ int
		fmt.Sscan(row[table.Column("age")].Text, &age)
		fmt.Sscan(row[table.Column("educ")].Text, &educ)
		if age >= 25 {
			people[level(educ)]++
			units[table.Unit(row)] = true
		}
	}
	got := map[string]float64{}
	for _, row := range r.Result.Exact {
		got[row.Key[0].(string)] = row.Cells[0].Value
		if row.Cells[0].Lo != row.Cells[0].Hi {
			t.Error("the table before noise has noise")
		}
	}
	if !reflect.DeepEqual(got, people) || len(r.Result.Noisy) != 4 || len(r.Units) != len(units) {
		t.Errorf("%v, want %v; %d rows; %d units, want %d", got, people, len(r.Result.Noisy), len(r.Units), len(units))
	}
	for _, u := range r.Units {
		if !units[u.Unit] || u.Outcome != "ok" || u.Fuel < 1 || len(u.Rows["pums"]) != 1 || len(u.Rows["pums"][0]) != 2 ||
			len(u.Records) != 1 || len(u.Contribution) != 1 || u.Records[0][0] != u.Contribution[0].Key[0] {
			t.Fatalf("%+v", u)
		}
		delete(units, u.Unit)
	}
	if !r.Sample || r.Notice != trial.Notice || !strings.Contains(r.Notice.EN, "SAMPLE") {
		t.Error("the report does not say that it is one on samples")
	}
	if r.Fuel.Limit != 100000 || r.Fuel.Least < 1 || r.Fuel.Median < r.Fuel.Least || r.Fuel.Most < r.Fuel.Median || r.Outcomes["ok"] != len(r.Units) {
		t.Errorf("%+v %v", r.Fuel, r.Outcomes)
	}
}

// TestRunsAreAlike: but for time and noise.
func TestRunsAreAlike(t *testing.T) {
	a, b := run(t, task(t, 30)), run(t, task(t, 30))
	for _, r := range []*trial.Report{a, b} {
		r.Time, r.Result.Noisy = trial.TimeFacts{}, nil
		for i := range r.Units {
			r.Units[i].Micros = 0
		}
	}
	if !reflect.DeepEqual(a, b) {
		t.Error("two runs on the same samples differ")
	}
}

// failing is a module that does as the first number of its unit says.
const failing = `(module
  (memory (export "memory") 2 2)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 4398046576640))
  (func (export "f") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then unreachable))
    (loop $l (br $l))
    (i32.const 0)))`

// TestCauses: an author sees why units failed.
func TestCauses(t *testing.T) {
	dir := t.TempDir()
	for name, body := range map[string]string{
		"trap.wat":   strings.Replace(failing, "(if (i32.eqz (local.get 0)) (then unreachable))\n    (loop $l (br $l))", "unreachable", 1),
		"loop.wat":   strings.Replace(failing, "(if (i32.eqz (local.get 0)) (then unreachable))\n    ", "", 1),
		"status.wat": strings.Replace(failing, "(if (i32.eqz (local.get 0)) (then unreachable))\n    (loop $l (br $l))\n    (i32.const 0)", "(i32.const -7)", 1),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		manifest := filepath.Join(dir, strings.TrimSuffix(name, ".wat")+".manifest.json")
		if err := os.WriteFile(manifest, []byte(`{"abi":"gbx/1","name":"failing","version":"1","pages":2,"fuel":5000,
			"functions":[{"name":"f","kind":"map","inputs":[{"name":"pums","max_rows":1,"columns":[{"name":"educ","type":"int32"}]}],
			"output":{"key":[],"metrics":["income"],"max_records":1}}]}`), 0o600); err != nil {
			t.Fatal(err)
		}
		built, err := modbuild.Build(t.Context(), modbuild.Source{Path: path})
		if glovebox.CodeOf(err) == glovebox.CodeInvalid {
			t.Skip("needs wat2wasm or wasm-tools")
		}
		if err != nil {
			t.Fatal(err)
		}
		x := task(t, 3)
		x.Spec.Wasm, x.Spec.Function = built.Wasm, "f"
		x.Spec.Inputs[0].Columns, x.Spec.Inputs[0].Where = []string{"educ"}, ""
		x.Spec.Inputs[0].Reads, x.Spec.Inputs[0].Masks = nil, map[string]glovebox.Mask{"educ": {Kind: "none"}}
		x.Spec.Output = glovebox.Output{MaxKeysPerUnit: 1, Metrics: []glovebox.Metric{{Name: "income", Kind: glovebox.Sum, Min: 1, Max: 2}},
			Default: []glovebox.DefaultRecord{{Metrics: map[string]float64{"income": 2}}}}
		want := map[string][2]string{"trap.wat": {sandbox.Trap.String(), "unreachable"}, "loop.wat": {sandbox.OutOfFuel.String(), ""}, "status.wat": {sandbox.Status.String(), "status -7"}}[name]
		r := run(t, x)
		for _, u := range r.Units {
			if u.Outcome != want[0] || u.Cause != want[1] || len(u.Records) != 0 {
				t.Errorf("%s: %s (%s), %v", name, u.Outcome, u.Cause, u.Records)
			}
			if len(u.Contribution) != 1 || u.Contribution[0].Cells[0].Value != 2 {
				t.Errorf("%s: the default does not show: %+v", name, u.Contribution)
			}
		}
		if got := r.Result.Exact[0].Cells[0].Value; got != 6 {
			t.Errorf("%s: the sum is %g", name, got)
		}
	}
}

// TestOwnFile: rows come from a regular file of one's own, outside the domain.
func TestOwnFile(t *testing.T) {
	dir := t.TempDir()
	mine, inside := filepath.Join(dir, "mine.csv"), filepath.Join(dir, "domain", "x.csv")
	if err := os.Mkdir(filepath.Dir(inside), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{mine, inside} {
		if err := os.WriteFile(p, []byte("a\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(dir, "link.csv")
	if err := os.Symlink(inside, link); err != nil {
		t.Fatal(err)
	}
	f, err := trial.OwnFile(mine, filepath.Dir(inside), "")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, p := range []string{inside, link, dir, filepath.Join(dir, "none.csv")} {
		if f, err := trial.OwnFile(p, filepath.Dir(inside)); err == nil {
			f.Close()
			t.Errorf("%s was taken", p)
		}
	}
	if os.Getuid() == 0 {
		if err := os.Chown(mine, 12345, -1); err != nil {
			t.Fatal(err)
		}
		if f, err := trial.OwnFile(mine); err == nil {
			f.Close()
			t.Error("a file of another account was taken")
		}
	}
}

// TestNeighbours: every kind of pair is there, the others are the same, and
// the report is whole.
func TestNeighbours(t *testing.T) {
	n, err := trial.RunNeighbours(t.Context(), task(t, 30))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, p := range n.Pairs {
		seen[p.Change]++
		if len(p.Differences) != 0 || p.Others < n.Units-1 {
			t.Errorf("%+v", p)
		}
	}
	want := map[string]int{"repeated": 1, "removed": 3, "added": 1, "least": 1, "greatest": 1, "longest": 1, "missing": 1, "crowded": 1}
	if !reflect.DeepEqual(seen, want) || !n.Same || n.Claim != trial.Claim {
		t.Errorf("%v", seen)
	}
	again, err := trial.RunNeighbours(t.Context(), task(t, 30))
	if err != nil || again.Digest != n.Digest {
		t.Errorf("%v: a second run has another digest", err)
	}
	other := task(t, 30)
	other.Spec.Output.MaxKeysPerUnit++
	if o, err := trial.RunNeighbours(t.Context(), other); err != nil || o.Job == n.Job {
		t.Errorf("%v: another job has the same digest", err)
	}
	b, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	back, err := trial.DecodeNeighbours(b)
	if err != nil || !reflect.DeepEqual(back, n) {
		t.Errorf("%v: the report is not read back as it was", err)
	}
	shown := *n
	shown.Pairs = slices.Clone(n.Pairs)
	for _, trick := range []string{"a\x1b[2J", "a\nb", "a\u202eb"} {
		shown.Pairs[0].Cause = trick
		c, err := shown.Encode()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(c)
		shown.Digest = "sha256:" + hex.EncodeToString(sum[:])
		if c, err = json.Marshal(&shown); err != nil {
			t.Fatal(err)
		}
		if _, err := trial.DecodeNeighbours(c); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%q can be shown to a reviewer: %v", trick, err)
		}
	}
	for _, change := range [][2]string{{`"fuel": `, `"fuel": 1`}, {`"same": true`, `"same": false`}, {`"sample": true`, `"sample": false`}, {`"seed"`, `"seeds"`}} {
		if _, err := trial.DecodeNeighbours([]byte(strings.Replace(string(b), change[0], change[1], 1))); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%v: %v", change, err)
		}
	}
}

// TestNeighboursSeeDifferences: the comparison can fail. A report of a run in
// which one unit's fuel depends on who came before is what no module can bring
// about, so the reports are changed by hand.
func TestNeighboursSeeDifferences(t *testing.T) {
	a := run(t, task(t, 20))
	for what, change := range map[string]func(*trial.Report){
		"fuel":         func(r *trial.Report) { r.Units[3].Fuel++ },
		"records":      func(r *trial.Report) { r.Units[3].Records = nil },
		"contribution": func(r *trial.Report) { r.Units[3].Contribution = nil },
		"log":          func(r *trial.Report) { r.Units[3].Printed++ },
		"outcome":      func(r *trial.Report) { r.Units[3].Outcome = "trap" },
		"order":        func(r *trial.Report) { r.Units[3], r.Units[4] = r.Units[4], r.Units[3] },
		"started":      func(r *trial.Report) { r.Started = "x" },
		"rows":         func(r *trial.Report) { r.Units[3].Rows = nil },
	} {
		b := copyOf(a)
		change(b)
		p := trial.Compare(a, b, a.Units[9].Unit)
		if len(p) != 1 || p[0].What != what {
			t.Errorf("%s: %v", what, p)
		}
	}
}

// copyOf is a report whose units can be replaced.
func copyOf(r *trial.Report) *trial.Report {
	c := *r
	c.Units = slices.Clone(r.Units)
	return &c
}

// TestGolden: what a module gives is found again, and what it gives otherwise
// is named.
func TestGolden(t *testing.T) {
	r := run(t, task(t, 8))
	b, err := r.Golden().Encode()
	if err != nil {
		t.Fatal(err)
	}
	g, err := trial.DecodeGolden(b)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := g.Compare(run(t, task(t, 8))); err != nil || len(d) != 0 {
		t.Fatalf("%v %v", d, err)
	}
	for what, change := range map[string]func(*trial.Report){
		"outcome":      func(r *trial.Report) { r.Units[1].Outcome = "trap" },
		"cause":        func(r *trial.Report) { r.Units[1].Cause = "x" },
		"log":          func(r *trial.Report) { r.Units[1].Log = "x" },
		"records":      func(r *trial.Report) { r.Units[1].Records = [][]any{{"x", 0.5}} },
		"contribution": func(r *trial.Report) { r.Units[1].Contribution = r.Units[2].Contribution[:0] },
		"result":       func(r *trial.Report) { r.Result = &trial.Result{} },
		"order":        func(r *trial.Report) { r.Units = r.Units[1:] },
		"started":      func(r *trial.Report) { r.Started = "x" },
		"function":     func(r *trial.Report) { r.Module.Function = "x" },
		"rows":         func(r *trial.Report) { r.Seed++ },
	} {
		other := copyOf(r)
		change(other)
		if d, err := g.Compare(other); err != nil || len(d) != 1 || d[0].What != what {
			t.Errorf("%s: %v %v", what, d, err)
		}
	}
}

// FuzzGolden and FuzzNeighbours: no bytes make a decoder panic, and what it
// takes it writes as it was.
func FuzzGolden(f *testing.F) {
	b, err := run(f, task(f, 3)).Golden().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"format":"glovebox-golden/1","units":[]}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		g, err := trial.DecodeGolden(p)
		if err != nil {
			return
		}
		out, err := g.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := trial.DecodeGolden(out)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := again.Encode(); err != nil || string(b) != string(out) {
			t.Fatal("it changes when it is written again")
		}
	})
}

func FuzzNeighbours(f *testing.F) {
	n, err := trial.RunNeighbours(f.Context(), task(f, 8))
	if err != nil {
		f.Fatal(err)
	}
	b, err := json.Marshal(n)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"format":"glovebox-neighbours/1","sample":true,"pairs":[]}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		n, err := trial.DecodeNeighbours(p)
		if err != nil {
			return
		}
		b, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := trial.DecodeNeighbours(b); err != nil || again.Digest != n.Digest {
			t.Fatal("it changes when it is written")
		}
	})
}
