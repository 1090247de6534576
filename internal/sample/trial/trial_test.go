package trial_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"glovebox"
	"glovebox/internal/catalog"
	"glovebox/internal/modbuild"
	"glovebox/internal/sample"
	"glovebox/internal/sample/trial"
	"glovebox/internal/work"
	"glovebox/sandbox"
)

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
