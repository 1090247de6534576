package pipeline

import (
	"bytes"
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
	"glovebox.example/glovebox/internal/release"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// withModule puts another module beside the jobs of x.
func (x *timed) withModule(t *testing.T, target float64, hostile ...[]byte) {
	t.Helper()
	manifest := strings.Replace(string(read(t, filepath.Join(example, "income.manifest.json"))), `"name": "pums"`, `"name": "many"`, 1)
	wasm, err := guest.Income([]byte(manifest), target, hostile...)
	if err == nil {
		err = os.WriteFile(filepath.Join(x.dir, "income.wasm"), wasm, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// with runs the next job with its text edited.
func (x *timed) with(t *testing.T, edits ...string) *Outcome {
	t.Helper()
	file := x.job(t, 0.1)
	text := strings.NewReplacer(edits...).Replace(string(read(t, file)))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := run(t, New(x.d, nil), file, "wang")
	if o.Repeated {
		t.Fatal("not a new job")
	}
	return o
}

// degree is the row of the key that every person of guest.Income has: how many
// there are, and their mean income.
func degree(t *testing.T, o *Outcome) (people, income float64) {
	t.Helper()
	for _, r := range o.Content.Rows {
		if r[0] == "degree" {
			return float64(r[1].(int64)), r[4].(float64)
		}
	}
	t.Fatal("no row")
	return 0, 0
}

// TestChannelDefaultContribution: a unit on which the module fails adds what
// the job declared for that, or nothing, and nothing else shows that it failed.
// The noise is so small (rho 100) that its part of the tolerances is exceeded
// less than once in 10^9 runs.
func TestChannelDefaultContribution(t *testing.T) {
	x := timedDomain(t, false)
	price := []string{"rho: 0.0000", "rho: 100.0000"}
	x.withModule(t, 0)
	all, mean := degree(t, x.with(t, price...))
	x.withModule(t, 0, w.Op(0x00)) // a trap where the income is 0
	some, higher := degree(t, x.with(t, price...))
	if some > all-50 {
		t.Fatalf("%v of %v persons are left where the module fails", some, all)
	}
	if want := mean * all / some; math.Abs(higher-want) > 0.02*want {
		t.Errorf("the mean of the others is %v, want %v", higher, want)
	}
	def := append(price, "release:", "  default:\n    - {key: {schooling: degree}, metrics: {income: 75000}}\nrelease:")
	again, with := degree(t, x.with(t, def...))
	if math.Abs(again-all) > 5 {
		t.Errorf("%v persons with a default, %v where nothing fails", again, all)
	}
	if want := (mean*all + 75000*(all-some)) / all; math.Abs(with-want) > 0.02*want {
		t.Errorf("the mean with a default is %v, want %v", with, want)
	}
}

// TestChannelCanonicalOutput: the rows of a release, their keys and their order
// follow from the declaration, however many units there are; its bytes are the
// only ones that say what it says.
func TestChannelCanonicalOutput(t *testing.T) {
	x := timedDomain(t, false)
	var first *Outcome
	for _, where := range []string{"age >= 25", "age > 119", "age < 0"} {
		o := x.with(t, "age >= 25", where)
		data, digest, err := o.Content.Encode()
		if err != nil || digest != o.Release.Content {
			t.Fatalf("%s: the stored bytes are %s, these %s: %v", where, o.Release.Content, digest, err)
		}
		c, err := release.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if again, _, err := c.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%s: decoded and encoded, the bytes are others", where)
		}
		if first == nil {
			first = o
			continue
		}
		if len(o.Content.Rows) != len(first.Content.Rows) || fmt.Sprint(o.Content.Columns) != fmt.Sprint(first.Content.Columns) {
			t.Fatalf("%s: %d rows, others have %d", where, len(o.Content.Rows), len(first.Content.Rows))
		}
		for i, r := range o.Content.Rows {
			if r[0] != first.Content.Rows[i][0] {
				t.Errorf("%s: row %d is of another key", where, i)
			}
		}
	}
}

// TestChannelOneLedger: developers who collude, another scenario and the next
// snapshot all spend from one account.
func TestChannelOneLedger(t *testing.T) {
	d, file := pumsDomain(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := d.AddUser(ctx, domain.OwnerBy(), domain.NewUser{Name: "wu", Role: glovebox.RoleDeveloper, Org: ""})
	must(err)
	edit := func(name string, edits ...string) []byte {
		return []byte(strings.NewReplacer(edits...).Replace(string(read(t, filepath.Join(example, name)))))
	}
	s, err := catalog.ParseScenario("s", edit("scenario.yaml", "code: education-income", "code: second", "DEMO", "OTHER"))
	must(err)
	must(d.AddScenario(ctx, user(t, d, "liu"), s))
	g, err := catalog.ParseGrant("g", edit("grant.yaml", "scenario: education-income", "scenario: second", "developers: [wang]", "developers: [wu]"))
	must(err)
	must(d.Grant(ctx, user(t, d, "zhao"), g))
	job := string(read(t, file))
	try := func(who, scenario, rho string) error {
		text := strings.NewReplacer("scenario: education-income", "scenario: "+scenario, "rho: 0.125", "rho: "+rho).Replace(job)
		must(os.WriteFile(file, []byte(text), 0o600))
		_, err := New(d, nil).Run(ctx, submit(file), user(t, d, who))
		return err
	}
	must(try("wang", "education-income", "0.45"))
	must(try("wu", "second", "0.45"))
	// Other rows: the next snapshot.
	rows := bytes.SplitAfter(read(t, filepath.Join(example, "pums.csv")), []byte("\n"))
	next := filepath.Join(t.TempDir(), "next.csv")
	must(os.WriteFile(next, bytes.Join(rows[:500], nil), 0o600))
	_, err = d.LoadDataset(ctx, user(t, d, "census"), "pums", domain.PathSource(next), nil, domain.AcceptChange)
	must(err)
	if got := balance(t, d, "pums"); got.Spent.Loss != 900_000_000 {
		t.Fatalf("with a new snapshot %v is spent", got.Spent)
	}
	must(try("wang", "education-income", "0.049"))
	must(try("wu", "second", "0.049"))
	for who, scenario := range map[string]string{"wang": "education-income", "wu": "second"} {
		if err := try(who, scenario, "0.0021"); err == nil || balance(t, d, "pums").Spent.Loss != 998_000_000 {
			t.Fatalf("the ledger holds 0.002, and %s spent 0.0021: %v", who, err)
		}
	}
}
