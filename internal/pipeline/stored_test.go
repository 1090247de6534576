package pipeline

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// stored is what the domain has stored for a developer.
func stored(t *testing.T, d *domain.Domain, developer string) (s domain.Stored) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) { s, err = d.Stored(tx, developer); return err })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestChannelStoredByDeveloper: a developer's jobs leave so many releases and so
// many bytes in the domain, and no more: the check and the run refuse the next one
// before anything is charged. What is paid for stays to be had.
func TestChannelStoredByDeveloper(t *testing.T) {
	d, file := pumsDomain(t)
	p := New(d, nil)
	first := string(read(t, file))
	module := int64(len(read(t, strings.Replace(file, "job.yaml", "income.wasm", 1))))
	write := func(age int) {
		t.Helper()
		text := strings.NewReplacer("age >= 25", fmt.Sprintf("age >= %d", age), "rho: 0.125", "rho: 0.05").Replace(first)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(says string) {
		t.Helper()
		spent := balance(t, d, "pums").Spent
		_, err := p.Check(t.Context(), submit(file), user(t, d, "wang").User)
		if glovebox.CodeOf(err) != glovebox.CodeBudget || !strings.Contains(err.Error(), says) {
			t.Errorf("the check says %v, not %s", err, says)
		}
		_, err = p.Run(t.Context(), submit(file), user(t, d, "wang"))
		if glovebox.CodeOf(err) != glovebox.CodeBudget || !strings.Contains(err.Error(), says) {
			t.Errorf("the run says %v, not %s", err, says)
		}
		if got := balance(t, d, "pums").Spent; got != spent {
			t.Errorf("a job that is refused for what is stored spent %v", got.Sub(spent))
		}
	}

	write(25)
	o := run(t, p, file, "wang")
	content, _, err := o.Content.Encode()
	if err != nil {
		t.Fatal(err)
	}
	// The module is deflated, and the job's document counts five times.
	if got, least := stored(t, d, "wang"), int64(len(content)); got.Releases != 1 || got.Bytes < least || got.Bytes > least+module+5*8000 {
		t.Fatalf("%+v is stored, of a release of %d bytes and a module of %d", got, least, module)
	}
	if got := stored(t, d, "sun"); got.Releases != 0 || got.Bytes != 0 {
		t.Errorf("another developer has %+v stored", got)
	}

	d.MaxReleases = 1
	if again := run(t, p, file, "wang"); !again.Repeated {
		t.Error("what is stored is not to be had any more")
	}
	write(26)
	refused("1 releases stored")
	d.MaxReleases = 2
	one := stored(t, d, "wang").Bytes
	run(t, p, file, "wang") // the module is the same, and counts once
	if got := stored(t, d, "wang"); got.Releases != 2 || got.Bytes > 2*one-module/4 || got.Bytes < one+int64(len(content))-100 {
		t.Errorf("%+v is stored, and %d bytes before", got, one)
	}

	d.MaxReleases, d.MaxStored = 10, stored(t, d, "wang").Bytes+module
	write(27)
	refused("a developer of this domain has at most")
	if rep, err := p.Check(t.Context(), submit(file), user(t, d, "sun").User); err != nil || rep.Decision.Allow {
		// The policy's own refusal comes first, whatever is stored.
		t.Errorf("the check of somebody without a grant: %v", err)
	}
}

// TestRoomIsKept: a job of private keys is held to the largest release until its
// own is there; one that is paid for and not done keeps its room, and goes on
// however much is stored. What others took between the decision and the charge
// counts.
func TestRoomIsKept(t *testing.T) {
	d, file := privateKeys(t)
	p := New(d, nil)
	d.MaxStored = bundle.MaxFile
	if _, err := p.Run(t.Context(), submit(file), user(t, d, "wang")); glovebox.CodeOf(err) != glovebox.CodeBudget {
		t.Errorf("a job with private keys runs where the largest release does not fit: %v", err)
	}

	d.MaxStored = 1 << 30
	p.o.building = func() { d.MaxReleases = 0 }
	if _, err := p.Run(t.Context(), submit(file), user(t, d, "wang")); glovebox.CodeOf(err) != glovebox.CodeBudget {
		t.Errorf("what changed before the charge does not count: %v", err)
	}
	if got := balance(t, d, "pums").Spent; got != (glovebox.Amount{}) {
		t.Fatalf("it spent %v", got)
	}
	jobs := func() (all []job.Doc) {
		t.Helper()
		err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) { all, err = domain.Jobs.List(tx); return err })
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := jobs(); len(all) != 1 || all[0].State != job.Refused {
		t.Errorf("the job is %+v", all)
	}

	p.o.building = nil
	d.MaxReleases = 1
	p.o.spoolBytes, p.o.spoolMost = 1, 1 // it fails, after its charge
	if _, err := p.Run(t.Context(), submit(file), user(t, d, "wang")); err == nil {
		t.Fatal("the job did not fail")
	}
	if all := jobs(); len(all) != 1 || all[0].State != job.Running || all[0].Room != bundle.MaxFile {
		t.Errorf("the job is %+v", all)
	}
	if got := stored(t, d, "wang"); got.Releases != 1 || got.Bytes < bundle.MaxFile {
		t.Errorf("a job that is paid for keeps %+v", got)
	}
	d.MaxStored = 1
	p.o.spoolBytes, p.o.spoolMost = 0, 0
	run(t, p, file, "wang")
	if got := stored(t, d, "wang"); got.Releases != 1 || got.Bytes > 1<<20 {
		t.Errorf("when it is done %+v is stored", got)
	}
}
