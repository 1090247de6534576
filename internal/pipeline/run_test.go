package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/exporter/fileexport"
	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

func run(t *testing.T, p *Pipeline, file, name string) *Outcome {
	t.Helper()
	o, err := p.Run(t.Context(), submit(file), user(t, p.d, name))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func balance(t *testing.T, d *domain.Domain, code string) (b glovebox.Balance) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) { b, err = tx.Balance(code); return err })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestChannelRepetition: the same request is answered with the same bytes and
// costs nothing, however often; any change of it is a new job with a price.
func TestChannelRepetition(t *testing.T) {
	d, file := pumsDomain(t)
	p := New(d, nil)
	first := run(t, p, file, "wang")
	spent := balance(t, d, "pums").Spent
	if spent.Loss != 125_000_000 {
		t.Fatalf("spent %d, want 0.125 rho", spent.Loss)
	}
	want, err := json.Marshal(first.Content)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again := run(t, p, file, "wang")
		got, err := json.Marshal(again.Content)
		if err != nil || !again.Repeated || !bytes.Equal(got, want) {
			t.Fatalf("not the stored answer (repeated %v, %v)", again.Repeated, err)
		}
		if again.Prices[0].Price != (glovebox.Amount{}) {
			t.Fatal("a repeated job has a price")
		}
	}
	if got := balance(t, d, "pums").Spent; got != spent {
		t.Fatalf("repetition spent %v", got.Sub(spent))
	}
	job := string(read(t, file))
	if err := os.WriteFile(file, []byte(strings.Replace(job, "age >= 25", "age >= 26", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if o := run(t, p, file, "wang"); o.Repeated || balance(t, d, "pums").Spent.Loss != 2*spent.Loss {
		t.Fatal("another filter was answered as the same job")
	}
}

// TestChannelChargedFirst: with every part of the snapshot damaged,
// a run fails, and it is charged: had it read first, it would not be.
func TestChannelChargedFirst(t *testing.T) {
	for i, spent := range failedRuns(t) {
		if spent != 125_000_000 {
			t.Fatalf("spent %d after run %d: a failed run must stay charged, once", spent, i+1)
		}
	}
}

// failedRuns runs a job twice on a snapshot of which every part is damaged, and
// returns what the ledger says after each run.
func failedRuns(t *testing.T) (spent [2]int64) {
	t.Helper()
	d, file := pumsDomain(t)
	parts, err := filepath.Glob(filepath.Join(d.Dir, "vault/snapshots/pums/1/part-*"))
	if err != nil || len(parts) != d.Parts {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	for _, f := range parts {
		b := read(t, f)
		b[len(b)-1] ^= 1
		if err := os.WriteFile(f, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range spent {
		if _, err := New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang")); err == nil {
			t.Fatal("a damaged snapshot was read")
		}
		spent[i] = balance(t, d, "pums").Spent.Loss
	}
	return spent
}

func TestRefusalNamesEverythingAndSpendsNothing(t *testing.T) {
	d, file := pumsDomain(t)
	job := strings.NewReplacer("product: income-table", "product: other", "rho: 0.125", "rho: 0.9").Replace(string(read(t, file)))
	if err := os.WriteFile(file, []byte(job), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(d, nil).Run(t.Context(), submit(file), user(t, d, "sun"))
	var denied *glovebox.DeniedError
	if !errors.As(err, &denied) {
		t.Fatalf("got %v", err)
	}
	rules := map[string]bool{}
	for _, r := range denied.Decision.Reasons {
		rules[r.Rule] = true
		if r.Text.EN == "" || r.Text.ZH == "" {
			t.Errorf("%s lacks a text", r.Rule)
		}
	}
	for _, want := range []string{"admit.product.not_granted", "admit.product.unlisted", "admit.budget.scenario"} {
		if !rules[want] {
			t.Errorf("%s is not among %v", want, rules)
		}
	}
	if got := balance(t, d, "pums").Spent; got != (glovebox.Amount{}) {
		t.Fatalf("a refused job spent %v", got)
	}
}

// TestOverBudget: a ledger that does not hold the price refuses with the code
// that maps to exit status 4.
func TestOverBudget(t *testing.T) {
	d, file := pumsDomain(t)
	job := string(read(t, file))
	p := New(d, nil)
	for i, rho := range []string{"0.3", "0.15", "0.2"} {
		if err := os.WriteFile(file, []byte(strings.Replace(job, "rho: 0.125", "rho: "+rho, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := p.Run(t.Context(), submit(file), user(t, d, "wang"))
		if i < 2 && err != nil {
			t.Fatal(err)
		}
		if i == 2 && glovebox.CodeOf(err) != glovebox.CodeBudget {
			t.Fatalf("got %v", err)
		}
	}
	if got := balance(t, d, "pums").Spent.Loss; got != 450_000_000 {
		t.Fatalf("spent %d", got)
	}
	// What is paid for needs no more budget.
	if err := os.WriteFile(file, []byte(strings.Replace(job, "rho: 0.125", "rho: 0.3", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if o := run(t, p, file, "wang"); !o.Repeated {
		t.Fatal("a job that is done was run again")
	}
}

// TestReviewAndExport walks a release out of the domain: nobody alone can let
// it out, and the bundle verifies without the domain.
func TestReviewAndExport(t *testing.T) {
	d, file := pumsDomain(t)
	p := New(d, nil)
	id := run(t, p, file, "wang").Release.ID
	out := filepath.Join(t.TempDir(), "out")
	dest, err := fileexport.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer dest.Close()
	export := func(who string) error {
		_, err := p.Export(t.Context(), user(t, d, who), id, out, dest, nil)
		return err
	}
	if err := export("liu"); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Fatalf("a pending release was exported: %v", err)
	}
	if _, err := p.Approve(t.Context(), user(t, d, "wang"), id, glovebox.RoleAuthority); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Fatalf("the developer approved: %v", err)
	}
	for _, who := range []string{"zhao", "census"} {
		if err := export("liu"); glovebox.CodeOf(err) != glovebox.CodeDenied {
			t.Fatalf("exported before %s approved: %v", who, err)
		}
		if _, err := p.Approve(t.Context(), user(t, d, who), id, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := export("wang"); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Fatalf("the developer exported: %v", err)
	}
	if err := export("liu"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(out, id, "result.csv")); err != nil {
		t.Fatal(err)
	}
	if err := export("liu"); err != nil {
		t.Fatalf("the same export again does not complete it: %v", err)
	}
	rep, err := bundle.Verify(t.Context(), os.DirFS(filepath.Join(out, id)), verify.Proof, &bundle.Options{TrustedKey: d.Info().Key})
	if err != nil || !rep.OK() {
		t.Fatalf("%v %v", rep, err)
	}
	v, err := d.Verify(t.Context())
	if err != nil || len(v.Problems) > 0 {
		t.Fatalf("%v %v", v, err)
	}
}

// TestWhatCannotStartCostsNothing: a module that traps before the first unit
// is refused before the charge.
func TestWhatCannotStartCostsNothing(t *testing.T) {
	d, file := pumsDomain(t)
	wasm, err := modbuild.Build(t.Context(), modbuild.Source{Path: "testdata/stillborn.wasm", Manifest: filepath.Join(example, "income.manifest.json")})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "income.wasm"), wasm.Wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	_, checked := New(d, nil).Check(t.Context(), submit(file), user(t, d, "wang").User)
	_, err = New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang"))
	if glovebox.CodeOf(err) != glovebox.CodeModule || checked == nil || checked.Error() != err.Error() {
		t.Fatalf("a run says %v, a check %v", err, checked)
	}
	if got := balance(t, d, "pums").Spent; got != (glovebox.Amount{}) {
		t.Fatalf("it cost %v", got)
	}
}
