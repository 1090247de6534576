package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/proof/testkit/guest"
)

// residents is a dataset whose ledger is divided: by town, which is constant for
// a unit, or by year, its period.
const residents = `code: %s
title: {en: Residents, zh: 居民}
provider: Census Office
update: year
source: {format: csv}
unit: {space: %s, column: id, max_rows: 4}
ledger: {kind: zcdp, rho: 1, delta: 1e-6}
%s
columns:
  - {name: id, type: string, class: identifier, grade: 4, max_bytes: 16}
  - {name: town, type: string, class: public, grade: 1%s}
  - {name: year, type: int32, class: public, grade: 1, min: 2000, max: 2100}
  - {name: educ, type: int32, class: personal, grade: 2, min: 1, max: 16}
  - {name: income, type: float64, class: sensitive, grade: 3, min: 0, max: 10000000}
`

// town is a domain with one dataset of each kind, over the same people.
type town struct {
	d    *domain.Domain
	p    *Pipeline
	dir  string
	jobs int
}

// codes are its datasets, with the space of each.
var codes = map[string]string{"by-town": "resident", "by-year": "taxpayer", "by-place": "taxpayer"}

func newTown(t *testing.T) *town {
	t.Helper()
	d, _ := pumsDomain(t)
	c := &town{d, New(d, nil), t.TempDir(), 0}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, code := range []string{"by-year", "by-town", "by-place"} { // the first record of a space says its period
		space := codes[code]
		period, perUnit := "period: year", ""
		if code == "by-place" { // another word for when: its rows are those of any year
			period = "period: town"
		}
		if code == "by-town" {
			period, perUnit = "", ", per_unit: true"
		}
		rec, err := catalog.ParseDataset("r.yaml", fmt.Appendf(nil, residents, code, space, period, perUnit))
		must(err)
		must(d.AddDataset(t.Context(), user(t, d, "census"), rec))
		must(c.load(t, code, nil))
		name := strings.ReplaceAll(code, "-", "")
		s, err := catalog.ParseScenario("s", []byte(strings.NewReplacer("code: education-income", "code: "+name, "pums: [educ, income, age]", code+": [educ, income, town, year]").
			Replace(string(read(t, filepath.Join(example, "scenario.yaml"))))))
		must(err)
		s.Needs = map[string][]string{code: {"educ", "income", "town", "year"}}
		must(d.AddScenario(t.Context(), user(t, d, "liu"), s))
		g, err := catalog.ParseGrant("g", []byte(strings.NewReplacer("scenario: marriages", "scenario: "+name, "  marriages:", "  "+code+":",
			"rho: 1000", "rho: 1", "other: {use: [input], mask: {kind: token}}", "town: {use: [filter]}\n      year: {use: [filter]}").Replace(marriageGrant)))
		must(err)
		must(d.Grant(t.Context(), user(t, d, "zhao"), g))
		wasm, err := guest.Income([]byte(strings.NewReplacer(`"name": "pums"`, `"name": "`+code+`"`, `"max_rows": 1`, `"max_rows": 4`).Replace(string(read(t, filepath.Join(example, "income.manifest.json"))))), -1)
		must(err)
		must(os.WriteFile(filepath.Join(c.dir, code+".wasm"), wasm, 0o600))
	}
	return c
}

// load loads 90 people with rows in two years each, a third of them in each town;
// where moves says so, somebody has another town.
func (c *town) load(t *testing.T, code string, moves map[int]string) error {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,town,year,educ,income\n")
	for i := range 90 {
		where := []string{"沙河镇", "常乐镇", "安水镇"}[i%3]
		if to, ok := moves[i]; ok {
			where = to
		}
		for _, year := range []int{2023, 2024} {
			fmt.Fprintf(&b, "p%d,%s,%d,16,%d\n", i, where, year, 1000*i)
		}
	}
	file := filepath.Join(c.dir, code+".csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := c.d.LoadDataset(t.Context(), user(t, c.d, "census"), code, domain.PathSource(file), nil)
	return err
}

// job writes a new job with a filter.
func (c *town) job(t *testing.T, code, where, rho string) string {
	t.Helper()
	c.jobs++
	file := filepath.Join(c.dir, "job.yaml")
	text := fmt.Sprintf(`scenario: %s
product: income-table
module: %s.wasm
inputs: {%s: {columns: [educ, income], where: "%s"}}
mode: map
params: {n: %d}
output:
  key: {schooling: {type: string, width: 16, public: [degree]}}
  max_keys_per_unit: 1
  metrics: {people: {kind: count}, income: {kind: mean, min: 0, max: 150000}}
release: {method: dp, rho: %s}
`, strings.ReplaceAll(code, "-", ""), code, code, where, c.jobs, rho)
	if err := os.WriteFile(file, []byte(strings.Replace(text, fmt.Sprintf("params: {n: %d}\n", c.jobs), "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// spent is what the ledgers of a dataset and its space have spent, in thousandths.
func (c *town) spent(t *testing.T, code string) [2]int64 {
	t.Helper()
	return [2]int64{balance(t, c.d, code).Spent.Loss / 1e6, balance(t, c.d, glovebox.SpaceAccount(codes[code])).Spent.Loss / 1e6}
}

// pays runs a job and says what the ledgers have spent after it.
func (c *town) pays(t *testing.T, code, where, rho string, want [2]int64) *Outcome {
	t.Helper()
	o := run(t, c.p, c.job(t, code, where, rho), "wang")
	if got := c.spent(t, code); got != want {
		t.Errorf("after a job with rho %s where %s: %v is spent, not %v", rho, where, got, want)
	}
	return o
}

// verified makes sure that the log tells the same as the ledgers.
func (c *town) verified(t *testing.T) {
	t.Helper()
	if v, err := c.d.Verify(t.Context()); err != nil || len(v.Problems) > 0 {
		t.Fatalf("%v %v", v, err)
	}
}

// TestTownsPayForThemselves: what jobs on disjoint towns take from anybody is the
// most that one town paid; jobs whose filters say no town take from all; a new
// snapshot, in which people may have moved, begins towns of its own.
func TestTownsPayForThemselves(t *testing.T) {
	c := newTown(t)
	const code = "by-town"
	o := c.pays(t, code, "town = '沙河镇'", "0.1", [2]int64{100, 100})
	if p := o.Prices[0]; p.Parts == nil || p.Parts.Family != "by-town.town@1" || p.Spent.Loss != 1e8 {
		t.Errorf("%+v", p)
	}
	c.pays(t, code, "town in ('常乐镇', '安水镇') and educ > 5", "0.09", [2]int64{100, 100})
	c.pays(t, code, "town = '安水镇'", "0.05", [2]int64{140, 140})
	c.pays(t, code, "town = '沙河镇'", "0.03", [2]int64{140, 140})
	c.pays(t, code, "town = '沙河镇' or educ > 5", "0.01", [2]int64{150, 150})
	c.pays(t, code, "town <> '沙河镇'", "0.02", [2]int64{170, 170})
	c.verified(t)
	if rep, err := c.p.Check(t.Context(), submit(c.job(t, code, "town = '沙河镇'", "0.865")), user(t, c.d, "wang").User); err != nil || rep.Prices[0].Spent.Loss != 160e6 || rep.Prices[0].Fits {
		t.Errorf("%+v %v", rep, err)
	}
	if err := c.load(t, code, map[int]string{0: "常乐镇"}); err != nil {
		t.Fatal(err)
	}
	c.pays(t, code, "town = '常乐镇'", "0.04", [2]int64{210, 210})
	c.verified(t)
}

// TestTownsArePaidToTheEnd: each town may spend what the ledger holds, and no more.
func TestTownsArePaidToTheEnd(t *testing.T) {
	c := newTown(t)
	for _, town := range []string{"沙河镇", "常乐镇", "安水镇"} {
		c.pays(t, "by-town", "town = '"+town+"'", "0.9", [2]int64{900, 900})
	}
	if _, err := c.p.Run(t.Context(), submit(c.job(t, "by-town", "town = '安水镇'", "0.2")), user(t, c.d, "wang")); err == nil {
		t.Error("a town spends more than the ledger holds")
	}
	if _, err := c.p.Run(t.Context(), submit(c.job(t, "by-town", "educ > 7", "0.11")), user(t, c.d, "wang")); err == nil {
		t.Error("all spend more than the ledger holds")
	}
	c.verified(t)
}

// TestPartsAreDisjoint: the answer of a job on one town is the same, bit for bit
// with the noise fixed, whether somebody of another town is there or not.
func TestPartsAreDisjoint(t *testing.T) {
	c := newTown(t)
	answers := map[string]bool{}
	for _, moves := range []map[int]string{nil, {1: "安水镇"}, {1: "别处", 4: "安水镇"}} { // all of 常乐镇
		if err := c.load(t, "by-town", moves); err != nil {
			t.Fatal(err)
		}
		s := &site{d: c.d, file: c.job(t, "by-town", "town = '沙河镇'", "0.01")}
		w, _ := s.work(t, c.p)
		answers[answer(t, c.p, w)] = true
	}
	if len(answers) != 1 {
		t.Errorf("%d answers", len(answers))
	}
}

// TestPeriodsRenew: each period may spend what the ledgers hold; a job on two
// periods is paid by both; a job that names none is refused; what was loaded
// again is the same period.
func TestPeriodsRenew(t *testing.T) {
	c := newTown(t)
	const code = "by-year"
	c.pays(t, code, "year = 2023", "0.6", [2]int64{600, 600})
	o := c.pays(t, code, "year = 2024 and educ > 10", "0.3", [2]int64{600, 600})
	if p := o.Prices[1]; p.Parts == nil || p.Parts.Family != "period.year.int32" || p.Spent.Loss != 3e8 {
		t.Errorf("%+v", p)
	}
	c.pays(t, code, "year in (2023, 2024)", "0.2", [2]int64{800, 800})
	if err := c.load(t, code, nil); err != nil {
		t.Fatal(err)
	}
	c.pays(t, code, "year = 2024", "0.2", [2]int64{800, 800})
	for _, where := range []string{"educ > 3", "year > 2023", "year = 2024 or educ > 3"} {
		if _, err := c.p.Check(t.Context(), submit(c.job(t, code, where, "0.001")), user(t, c.d, "wang").User); glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "does not say of which periods") {
			t.Errorf("%s: %v", where, err)
		}
	}
	if _, err := c.p.Run(t.Context(), submit(c.job(t, code, "year in (2022, 2023)", "0.21")), user(t, c.d, "wang")); err == nil {
		t.Error("a period spends more than the ledger holds")
	}
	// The same people's rows of the same year, where another column is the period:
	// the space pays for both, and holds 1.
	c.pays(t, "by-place", "town = '沙河镇' and year = 2023", "0.1", [2]int64{100, 900})
	if _, err := c.p.Run(t.Context(), submit(c.job(t, "by-place", "town = '沙河镇' and year = 2023", "0.2")), user(t, c.d, "wang")); err == nil {
		t.Error("the space spends more than it holds by two words for a period")
	}
	c.verified(t)
}

// TestSpacesOfPeriods: whether the total of a space is for each period is fixed
// once something was spent; a space whose total is for everything pays by no
// period.
func TestSpacesOfPeriods(t *testing.T) {
	c := newTown(t)
	zhao := user(t, c.d, "zhao")
	total := glovebox.LedgerDef{Kind: glovebox.LedgerZCDP, Rho: 0.9, Delta: 1e-6}
	if v, err := c.d.Space(t.Context(), "taxpayer"); err != nil || !v.PerPeriod || v.Period != "year" {
		t.Fatalf("%+v %v", v, err)
	}
	if _, err := c.d.AddSpace(t.Context(), zhao, "taxpayer", total, ""); err != nil {
		t.Fatal(err)
	}
	c.pays(t, "by-year", "year = 2023", "0.5", [2]int64{500, 500})
	c.pays(t, "by-year", "year = 2024", "0.3", [2]int64{500, 800})
	if _, err := c.p.Run(t.Context(), submit(c.job(t, "by-year", "year = 2024", "0.2")), user(t, c.d, "wang")); err == nil {
		t.Error("the space spends more than it holds")
	}
	c.pays(t, "by-town", "town = '沙河镇'", "0.1", [2]int64{100, 100})
	if _, err := c.d.AddSpace(t.Context(), zhao, "resident", total, "year"); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("a space becomes one of periods after it has spent: %v", err)
	}
	c.verified(t)
}

// TestSpaceNamesItsPeriod: a space whose total is for each value of one column pays
// as a whole for datasets whose period is another, whichever record came first.
func TestSpaceNamesItsPeriod(t *testing.T) {
	c := newTown(t)
	total := glovebox.LedgerDef{Kind: glovebox.LedgerZCDP, Rho: 0.9, Delta: 1e-6}
	for _, bad := range []string{"a\nb", "year "} {
		if _, err := c.d.AddSpace(t.Context(), user(t, c.d, "zhao"), "taxpayer", total, bad); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if v, err := c.d.AddSpace(t.Context(), user(t, c.d, "zhao"), "taxpayer", total, "town"); err != nil || v.Period != "town" {
		t.Fatalf("%+v %v", v, err)
	}
	c.pays(t, "by-year", "year = 2023", "0.3", [2]int64{300, 300})
	c.pays(t, "by-year", "year = 2024", "0.3", [2]int64{300, 600}) // of no town: the space pays for both
	c.verified(t)
}

// TestLoadsHoldUnitsToOneValue: a file in which somebody has two towns is refused.
func TestLoadsHoldUnitsToOneValue(t *testing.T) {
	c := newTown(t)
	file := filepath.Join(c.dir, "two.csv")
	rows := "id,town,year,educ,income\np1,沙河镇,2023,16,1\np2,安水镇,2023,16,1\np1,安水镇,2024,16,1\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := c.d.LoadDataset(t.Context(), user(t, c.d, "census"), "by-town", domain.PathSource(file), nil, domain.AcceptChange)
	if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "some unit has several values in column town") {
		t.Errorf("%v", err)
	}
	if _, err := c.d.LoadDataset(t.Context(), user(t, c.d, "census"), "by-year", domain.PathSource(file), nil, domain.AcceptChange); err != nil {
		t.Errorf("without per_unit: %v", err)
	}
}
