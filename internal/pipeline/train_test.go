package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

const training = "../../examples/train"

// trainDomain is pumsDomain with the train example's scenario, grant and module
// and its regression, changed.
func trainDomain(t *testing.T, change ...string) (*domain.Domain, string) {
	t.Helper()
	d, file := pumsDomain(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := catalog.ParseScenario("scenario.yaml", read(t, filepath.Join(training, "scenario.yaml")))
	must(err)
	must(d.AddScenario(t.Context(), user(t, d, "liu"), s))
	g, err := catalog.ParseGrant("grant.yaml", read(t, filepath.Join(training, "grant.yaml")))
	must(err)
	must(d.Grant(t.Context(), user(t, d, "zhao"), g))
	dir := filepath.Dir(file)
	job := strings.NewReplacer(append([]string{"rounds: 20", "rounds: 3"}, change...)...).Replace(string(read(t, filepath.Join(training, "job-logistic.yaml"))))
	must(os.WriteFile(file, []byte(job), 0o600))
	for _, name := range []string{"logistic.wasm", "kmeans.wasm"} {
		must(os.WriteFile(filepath.Join(dir, name), read(t, filepath.Join(training, name)), 0o600))
	}
	return d, file
}

// entries is how many entries the log has, or will have.
func entries(t *testing.T, d *domain.Domain) (n uint64) {
	t.Helper()
	if err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) { n, err = tx.Recorded(); return err }); err != nil {
		t.Fatal(err)
	}
	return n
}

// count is how many documents of a kind the domain has.
func count[T any](t *testing.T, d *domain.Domain, kind store.Kind[T]) int {
	t.Helper()
	var all []T
	err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		all, err = kind.List(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestTrain: a job of mode train is charged once for all rounds; its last state
// is the release, and nothing else.
func TestTrain(t *testing.T) {
	d, file := trainDomain(t)
	done := 0
	p := New(d, &Options{partDone: func(n int) { done = n }})
	rep, err := p.Check(t.Context(), submit(file), user(t, d, "wang").User)
	if err != nil || !rep.Decision.Allow || rep.Prices[0].Price.Price.Loss != 400_000_000 || rep.Privacy.Rounds != 3 {
		t.Fatalf("%v, %+v", err, rep)
	}
	o := run(t, p, file, "wang")
	if spent := balance(t, d, "pums").Spent; spent.Loss != 400_000_000 || spent.Delta != 0 {
		t.Errorf("spent %+v", spent)
	}
	if done != 3*d.Parts {
		t.Errorf("%d parts", done)
	}
	c := o.Content
	if len(c.Columns) != 2 || c.Columns[0].Name != "parameter" || c.Columns[1].Name != "value" || len(c.Rows) != 5 {
		t.Fatalf("%v, %d rows", c.Columns, len(c.Rows))
	}
	for i, row := range c.Rows {
		if row[0] != int64(i) || row[1] == 0.0 {
			t.Errorf("row %d is %v", i, row)
		}
	}
	for _, want := range []string{`"mode":"train"`, `"train":{"rounds":3`, `"rounds":3`, `"loss":133333333`} {
		if !strings.Contains(string(c.Facts), want) {
			t.Errorf("the facts lack %s: %s", want, c.Facts)
		}
	}
	if again := run(t, p, file, "wang"); !again.Repeated || again.Content.Rows[2][1] != c.Rows[2][1] {
		t.Errorf("repeated %v: %v", again.Repeated, again.Content.Rows)
	}
}

// TestChannelTrainCrash: of a run that is cut short between two rounds nothing
// is left but the charge: no release, and no entry in the log that a run
// without rounds would not make. The next run takes no more and gives an answer.
func TestChannelTrainCrash(t *testing.T) {
	d, file := trainDomain(t)
	before, want := entries(t, d), uint64(3)
	for _, stopAfter := range []int{1, d.Parts, 2*d.Parts + 1} {
		ctx, cancel := context.WithCancel(t.Context())
		p := New(d, &Options{partDone: func(n int) {
			if n == stopAfter {
				cancel()
			}
		}})
		if _, err := p.Run(ctx, submit(file), user(t, d, "wang")); err == nil {
			t.Fatal("a run went on after its context ended")
		}
		cancel()
		if spent := balance(t, d, "pums").Spent; spent.Loss != 400_000_000 {
			t.Errorf("after %d parts: spent %+v", stopAfter, spent)
		}
		if n := count(t, d, domain.Releases); n != 0 {
			t.Errorf("after %d parts: %d releases", stopAfter, n)
		}
		// Admitted, charged and run; then run alone.
		if got := entries(t, d) - before; got != want {
			t.Errorf("after %d parts: %d entries, want %d", stopAfter, got, want)
		}
		want++
	}
	if o := run(t, New(d, nil), file, "wang"); o.Repeated || len(o.Content.Rows) != 5 {
		t.Errorf("%v", o.Content.Rows)
	}
	if spent := balance(t, d, "pums").Spent; spent.Loss != 400_000_000 {
		t.Errorf("running again was charged: %+v", spent)
	}
}

// TestChannelTrainAgain: whoever cuts a run short and runs it again, free, as
// often as they like, makes it do what it did: states, and with them the time
// that the module takes, are the same each time. Another job's are others.
func TestChannelTrainAgain(t *testing.T) {
	d, file := trainDomain(t)
	p, ctx := New(d, nil), t.Context()
	r, err := p.prepare(ctx, submit(file), user(t, d, "wang"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	a, err := p.admit(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	states := func(id string) string {
		a.doc.ID = id
		w, err := p.newWork(ctx, r, a)
		if err != nil {
			t.Fatal(err)
		}
		defer w.close()
		out, err := p.execute(ctx, w)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(out.Rows)
	}
	first := states("j-1")
	if again := states("j-1"); again != first {
		t.Errorf("a second run ends at %s, the first at %s", again, first)
	}
	if other := states("j-2"); other == first {
		t.Error("two jobs draw the same noise")
	}
}

// TestTrainRefused: what a job of mode train gets wrong is named, and costs
// nothing.
func TestTrainRefused(t *testing.T) {
	for _, c := range []struct{ field, from, to string }{
		{"train.size", "size: 6", "size: 7"},
		{"train.state", "state: 5", "state: 4"},
		{"train.update", "clip: 2.0", "clip: 2.0, update: gradient"},
		{"function", "mode: train", "mode: train\nfunction: step"},
		{"params.speed", "rate: 2.0", "speed: 2.0"},
		{"mode", "mode: train\ntrain: {rounds: 20, size: 6, clip: 2.0, state: 5}\n",
			"mode: map\nfunction: step\noutput: {max_keys_per_unit: 1, metrics: {state: {kind: vector, size: 5, clip: 1}}}\n"},
	} {
		d, file := trainDomain(t, c.from, c.to)
		_, err := New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang"))
		var e *glovebox.Error
		if !errors.As(err, &e) || e.Code != glovebox.CodeInvalid || e.Field != c.field {
			t.Errorf("%s: %v", c.field, err)
		}
		if spent := balance(t, d, "pums").Spent; spent.Loss != 0 {
			t.Errorf("%s: spent %+v", c.field, spent)
		}
	}
}
