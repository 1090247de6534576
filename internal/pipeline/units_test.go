package pipeline

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/proof/testkit/guest"
	"glovebox.example/glovebox/sandbox"
)

const marriages = `code: marriages
title: {en: Marriages, zh: 婚姻登记}
provider: Census Office
update: year
source: {format: csv}
unit: {space: census-person, column: one, max_rows: 2, count: {public: true}}
other_units: [{space: census-person, column: other, max_rows: 1, count: {rho: 2}}]
ledger: {kind: zcdp, rho: 1000, delta: 1e-6}
key: [one, other]
columns:
  - {name: one, type: string, class: identifier, grade: 4, max_bytes: 16}
  - {name: other, type: string, class: identifier, grade: 4, max_bytes: 16}
  - {name: educ, type: int32, class: personal, grade: 2, min: 1, max: 16}
  - {name: income, type: float64, class: sensitive, grade: 3, min: 0, max: 10000000}
`

const marriageGrant = `scenario: marriages
from: "2026-01-01"
until: "2030-12-31"
developers: [wang]
products: [income-table]
accept: [exact, price]
datasets:
  marriages:
    rho: 1000
    delta: 1e-6
    columns:
      educ: {use: [input, filter]}
      income: {use: [input], mask: {kind: none}}
      other: {use: [input], mask: {kind: token}}
`

// marriageDomain has 300 rows of two persons each: 150 ones, each in two rows,
// and 300 others, each in one.
func marriageDomain(t *testing.T) (*domain.Domain, string) {
	t.Helper()
	d, _ := pumsDomain(t)
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	rec, err := catalog.ParseDataset("marriages.yaml", []byte(marriages))
	must(err)
	must(d.AddDataset(t.Context(), user(t, d, "census"), rec))
	must(loadMarriages(t, d, dir, 2, 0))
	scenario := strings.NewReplacer("code: education-income", "code: marriages", "[educ", "[other, educ", "pums:", "marriages:", ", age", "", "age, ", "").
		Replace(string(read(t, filepath.Join(example, "scenario.yaml"))))
	s, err := catalog.ParseScenario("s", []byte(scenario))
	must(err)
	s.Needs = map[string][]string{"marriages": {"other", "educ", "income"}}
	must(d.AddScenario(t.Context(), user(t, d, "liu"), s))
	g, err := catalog.ParseGrant("g", []byte(marriageGrant))
	must(err)
	must(d.Grant(t.Context(), user(t, d, "zhao"), g))
	manifest := strings.NewReplacer(`"name": "pums"`, `"name": "marriages"`, `"max_rows": 1`, `"max_rows": 2`).Replace(string(read(t, filepath.Join(example, "income.manifest.json"))))
	wasm, err := guest.Income([]byte(manifest), -1)
	must(err)
	must(os.WriteFile(filepath.Join(dir, "income.wasm"), wasm, 0o600))
	return d, dir
}

// loadMarriages loads 150 ones in each rows, and extra rows of the first one.
func loadMarriages(t *testing.T, d *domain.Domain, dir string, each, extra int) error {
	t.Helper()
	var b strings.Builder
	b.WriteString("one,other,educ,income\n")
	n := 0
	row := func(one int) {
		fmt.Fprintf(&b, "p%d,q%d,16,%d\n", one, n, 1000*(n%100))
		n++
	}
	for i := range 150 {
		for range each {
			row(i)
		}
	}
	for range extra {
		row(0)
	}
	file := filepath.Join(dir, "marriages.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := d.LoadDataset(t.Context(), user(t, d, "census"), "marriages", domain.PathSource(file), nil)
	return err
}

func marriageJob(t *testing.T, dir, unit, release string) string {
	t.Helper()
	key := "{type: string, width: 16, public: [degree]}"
	if strings.Contains(release, "delta") {
		key = "{type: string, width: 16, private: true}"
	}
	file := filepath.Join(dir, "job.yaml")
	text := `scenario: marriages
product: income-table
module: income.wasm
inputs:
  marriages: {columns: [educ, income]` + unit + `}
mode: map
output:
  key: {schooling: ` + key + `}
  max_keys_per_unit: 1
  metrics:
    people: {kind: count}
    income: {kind: mean, min: 0, max: 150000}
release: {method: dp, ` + release + `}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestSeveralUnitColumns: a job is about one of a dataset's unit columns and
// sees the rows by it; the price protects whoever stands in a row in any place.
// The noise is so small (rho 10 for the count) that a count is off by more than
// 3 less than once in 10^30 runs.
func TestSeveralUnitColumns(t *testing.T) {
	d, dir := marriageDomain(t)
	var jobs []string
	for _, c := range []struct {
		unit   string
		people int64
		group  int64 // 1 + twice the rows of the person in the other column
		facts  string
	}{
		{"", 150, 1 + 2*1, ""},
		{", unit: one", 150, 1 + 2*1, ""},
		{", unit: other", 300, 1 + 2*2, "other"},
	} {
		before := balance(t, d, "marriages").Spent
		o := run(t, New(d, nil), marriageJob(t, dir, c.unit, "rho: 20"), "wang")
		jobs = append(jobs, o.Job)
		row := o.Content.Rows[0]
		if n := row[1].(int64); n < c.people-3 || n > c.people+3 {
			t.Errorf("about%s: %d people, want %d", c.unit, n, c.people)
		}
		spent := balance(t, d, "marriages").Spent.Sub(before)
		want := glovebox.Amount{Loss: 20e9 * c.group * c.group}
		if o.Repeated {
			want = glovebox.Amount{}
		}
		if spent != want {
			t.Errorf("about%s: it costs %v, want %v", c.unit, spent, want)
		}
		for _, part := range []string{fmt.Sprintf(`"group":%d`, c.group), fmt.Sprintf(`"amount":{"loss":%d,`, 20_000_000_000*c.group*c.group)} {
			if !strings.Contains(string(o.Content.Facts), part) {
				t.Errorf("about%s: the facts lack %s: %s", c.unit, part, o.Content.Facts)
			}
		}
		if strings.Contains(string(o.Content.Facts), `"whole"`) {
			t.Errorf("about%s: what one unit loses is told where a group is protected: %s", c.unit, o.Content.Facts)
		}
		if has := strings.Contains(string(o.Content.Facts), `"unit":"other"`); has != (c.facts != "") {
			t.Errorf("about%s: %s", c.unit, o.Content.Facts)
		}
		if mean := row[4].(float64); math.Abs(mean-49500) > 20_000 {
			t.Errorf("about%s: a mean of %v", c.unit, mean)
		}
	}
	if jobs[0] != jobs[1] || jobs[0] == jobs[2] {
		t.Errorf("the default column named makes another job, or another column makes none: %v", jobs)
	}
	for unit, want := range map[string]string{
		", unit: educ": "inputs.marriages.unit: names no unit column of marriages (name one of [one other])",
		"":             "release.delta: cannot be paid where rows belong to several units",
	} {
		release := "rho: 1"
		if unit == "" {
			release += ", delta: 1e-7"
		}
		_, err := New(d, nil).Run(t.Context(), submit(marriageJob(t, dir, unit, release)), user(t, d, "wang"))
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", unit, err)
		}
	}
	v, err := d.Verify(t.Context())
	if err != nil || len(v.Problems) > 0 {
		t.Fatalf("%v %v", v, err)
	}
}

// TestCountsOfSeveralColumns: each unit column has a number of units of its own,
// and a job's check says from it how long the work may take. The noise of rho 2
// is beyond 10 less than once in 10^80 runs.
func TestCountsOfSeveralColumns(t *testing.T) {
	d, dir := marriageDomain(t)
	x, err := d.Dataset(t.Context(), "marriages")
	if err != nil {
		t.Fatal(err)
	}
	if s := x.Snapshot; s.NoisyUnits != 150 || len(s.OtherNoisyUnits) != 1 || math.Abs(float64(s.UnitsAt(1)-300)) > 10 || s.UnitsAt(2) != 0 {
		t.Fatalf("%+v", s)
	}
	// One person changes the number of others by a group of 1 + 2*2 of them.
	if got := balance(t, d, "marriages").Spent; got != (glovebox.Amount{Loss: 2e9 * 25}) {
		t.Fatalf("the counts cost %v", got)
	}
	for unit, units := range map[string]int64{"": 150, ", unit: other": x.Snapshot.UnitsAt(1)} {
		r, err := New(d, &Options{Workers: 2}).Check(t.Context(), submit(marriageJob(t, dir, unit, "rho: 20")), user(t, d, "wang").User)
		if err != nil || !r.Decision.Allow || len(r.Prices) != 2 || !r.Prices[0].Fits || !r.Prices[1].Fits {
			t.Fatalf("%+v, %v", r, err)
		}
		if r.Privacy.Whole != nil {
			t.Errorf("about%s: what one unit loses is told where a group is protected: %+v", unit, *r.Privacy.Whole)
		}
		if want := float64(units) * 100_000 * sandbox.UsualFuel / 2; math.Abs(r.Usual-want) > 1e-9 || r.Longest <= r.Usual {
			t.Errorf("about%s: usually %v s, want %v; at most %v s", unit, r.Usual, want, r.Longest)
		}
	}
	// Without the number of units, nobody knows.
	plain, file := pumsDomain(t)
	if r, err := New(plain, nil).Check(t.Context(), submit(file), user(t, plain, "wang").User); err != nil || r.Longest != 0 || r.Usual != 0 || r.Privacy.Whole == nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestUnitsOfSeveralColumnsAreBounded: a file in which somebody has more rows
// than max_rows, in either column, is refused as a whole; the same rows again
// are a new version; a snapshot's key destroys every projection.
func TestUnitsOfSeveralColumnsAreBounded(t *testing.T) {
	d, dir := marriageDomain(t)
	if err := loadMarriages(t, d, dir, 2, 1); glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "unit.max_rows") {
		t.Fatalf("three rows of one: %v", err)
	}
	double := "one,other,educ,income\np1,q1,16,1\np2,q1,16,1\n"
	file := filepath.Join(dir, "double.csv")
	if err := os.WriteFile(file, []byte(double), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.LoadDataset(t.Context(), user(t, d, "census"), "marriages", domain.PathSource(file), nil, domain.AcceptChange); glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "column other") {
		t.Fatalf("two rows of an other: %v", err)
	}
	if err := loadMarriages(t, d, dir, 2, 0); err != nil {
		t.Fatal(err)
	}
	x, err := d.Dataset(t.Context(), "marriages")
	if err != nil || x.Snapshot.Version != 2 {
		t.Fatalf("the same rows made version %d: %v", x.Snapshot.Version, err)
	}
	if raw, err := d.ReadManifest("marriages", 2, 1); err != nil || !strings.Contains(string(raw), `"unit":"other"`) {
		t.Fatalf("the other projection's manifest: %s, %v", raw, err)
	}
	if err := d.Vault.DestroySnapshot("marriages", 2); err != nil {
		t.Fatal(err)
	}
	for place := range 2 {
		if _, err := d.ReadManifest("marriages", 2, place); err == nil {
			t.Errorf("projection %d can be read without its key", place)
		}
	}
	left, err := filepath.Glob(filepath.Join(d.Dir, "vault/snapshots/marriages/2/*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left in the vault: %v %v", left, err)
	}
}
