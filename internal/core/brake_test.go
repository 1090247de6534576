package core_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/pipeline"
)

// variant writes the example's job at another price, beside its module, and
// returns its path. deadline 0: none.
func (c *city) variant(rho, deadline string) string {
	c.t.Helper()
	dir := c.t.TempDir()
	for _, name := range []string{"income.wasm", "job.yaml"} {
		data, err := os.ReadFile(filepath.Join(pums, name))
		if err != nil {
			c.t.Fatal(err)
		}
		if name == "job.yaml" {
			by := "rho: " + rho
			if deadline != "" {
				by += ", deadline: " + deadline
			}
			data = []byte(strings.Replace(string(data), "rho: 0.125", by, 1))
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	return filepath.Join(dir, "job.yaml")
}

// begun starts a run of wang's that shows nothing for an hour, and returns the job
// once it is running, and where its end is told.
func (c *city) begun(rho string) (id string, ended <-chan error) {
	c.t.Helper()
	known := map[string]bool{}
	for _, j := range c.jobs() {
		known[j.ID] = true
	}
	end := make(chan error, 1)
	wang, path := c.as("wang"), c.variant(rho, "3600")
	if _, err := wang.Login(c.t.Context(), "act"); err != nil {
		c.t.Fatal(err)
	}
	go func() {
		end <- wang.Do(context.Background(), desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: path}), Files: desk.Disk{}}, nil)
	}()
	for range 6000 {
		for _, j := range c.jobs() {
			if !known[j.ID] && j.State == job.Running {
				return j.ID, end
			}
		}
		select {
		case err := <-end:
			c.t.Fatalf("the run ended before it began: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	c.t.Fatal("the run does not begin")
	return "", nil
}

func (c *city) jobs() (out []job.Doc) {
	c.t.Helper()
	c.view(func(tx *store.Tx) (err error) {
		out, err = domain.Jobs.List(tx)
		return err
	})
	return out
}

// halfDone is a job that is running.
func (c *city) halfDone() string {
	id, ended := c.begun("0.01")
	c.t.Cleanup(func() { <-ended })
	return id
}

// another is an approved release of the same product as the first one.
func (c *city) another() string {
	if c.second != "" {
		return c.second
	}
	c.t.Helper()
	var o pipeline.Outcome
	c.must("wang", desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: c.variant("0.02", "")}), Files: desk.Disk{}}, &o)
	c.second = o.Release.ID
	for _, who := range []string{"zhao", "census"} {
		c.must(who, desk.Act{Name: "release.approve", Subject: "release/" + c.second}, nil)
	}
	return c.second
}

// ready is a city in which wang may run jobs.
func ready(t *testing.T) *city {
	t.Helper()
	c := newCity(t)
	c.people()
	file := func(name string) string { return filepath.Join(pums, name) }
	c.must("census", desk.Act{Name: "dataset.add", Params: desk.Params(desk.Document{File: file("dataset.yaml")}), Files: desk.Disk{}}, nil)
	c.must("census", desk.Act{Name: "dataset.load", Subject: "dataset/pums", Params: desk.Params(desk.DatasetLoad{File: file("pums.csv")}), Files: desk.Disk{}}, nil)
	c.must("liu", desk.Act{Name: "scenario.add", Params: desk.Params(desk.Document{File: file("scenario.yaml")}), Files: desk.Disk{}}, nil)
	c.must("zhao", desk.Act{Name: "space.add", Subject: "space/census-person", Params: desk.Params(desk.SpaceAdd{Name: "census-person", Ledger: glovebox.LedgerDef{Kind: glovebox.LedgerZCDP, Rho: 2}})}, nil)
	c.must("zhao", desk.Act{Name: "scenario.grant", Subject: "scenario/education-income", Params: desk.Params(desk.Document{File: file("grant.yaml")}), Files: desk.Disk{}}, nil)
	return c
}

// TestStopsEndRuns: each brake ends a run that is under way in the core, and
// nothing of it is released; what was charged stays charged, the job and each
// release that waits get an entry, nothing runs until whoever stopped it lets go,
// and then it does. A run that is stopped would show in an hour.
func TestStopsEndRuns(t *testing.T) {
	c := ready(t)
	c.must("reg1", desk.Act{Name: "org.add", Subject: "org/Archive Bureau", Params: desk.Params(desk.OrgAdd{Kind: "bureau"})}, nil)
	c.person("qian", glovebox.RoleAuthority, "Archive Bureau")
	waiting := func() string {
		var o pipeline.Outcome
		c.must("wang", desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: c.variant("0.03", "")}), Files: desk.Disk{}}, &o)
		return o.Release.ID
	}()
	spent := func() (a glovebox.Amount) {
		c.view(func(tx *store.Tx) error {
			b, err := tx.Balance("pums")
			a = b.Spent
			return err
		})
		return a
	}
	entries := func(kind func(tx *store.Tx) ([]uint64, error)) (n int) {
		c.view(func(tx *store.Tx) error {
			all, err := kind(tx)
			n = len(all)
			return err
		})
		return n
	}
	why := desk.Params(desk.Brake{Reason: "a test"})
	id, ended := c.begun("0.01")
	paid := spent()
	for i, x := range []struct {
		stop, free, subject string
		who, other          string // who stops it, and who may not let go of that
		params              any
	}{
		{"scenario.suspend", "scenario.resume", "scenario/education-income", "liu", "zhao", desk.Brake{Reason: "a test"}},
		{"dataset.pause", "dataset.resume", "dataset/pums", "census", "zhao", desk.Brake{Reason: "a test"}},
		{"domain.freeze", "domain.unfreeze", "freeze/domain", "zhao", "qian", desk.Brake{Reason: "a test"}},
		{"user.suspend", "user.resume", "user/wang", "auth1", "", desk.Reason{Reason: "a test"}},
		{"org.suspend", "org.resume", "org/Wang Data Ltd", "auth1", "", desk.Reason{Reason: "a test"}},
	} {
		c.must(x.who, desk.Act{Name: x.stop, Subject: x.subject, Params: desk.Params(x.params)}, nil)
		select {
		case err := <-ended:
			if glovebox.CodeOf(err) != glovebox.CodeDenied {
				t.Errorf("%s: the run ended with %v", x.stop, err)
			}
		case <-time.After(time.Minute): // the end of a hang
			t.Fatalf("%s: the run goes on", x.stop)
		}
		if n := entries(func(tx *store.Tx) ([]uint64, error) { return domain.Jobs.Indexes(tx, id, "job.stop") }); n != i+1 {
			t.Errorf("%s: %d entries tell of the job", x.stop, n)
		}
		// Who did not stop it cannot let go of it, and nothing runs or leaves.
		if x.other != "" {
			if err := c.client(x.other).Do(t.Context(), desk.Act{Name: x.free, Subject: x.subject, Params: why}, nil); glovebox.CodeOf(err) != glovebox.CodeDenied {
				t.Errorf("%s by %s: %v", x.free, x.other, err)
			}
		}
		if err := c.as("wang").Do(t.Context(), desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: c.variant("0.01", "3600")}), Files: desk.Disk{}}, nil); glovebox.CodeOf(err) != glovebox.CodeDenied {
			t.Errorf("under %s a job ran: %v", x.stop, err)
		}
		if i < 3 {
			if err := c.client("zhao").Do(t.Context(), desk.Act{Name: "release.approve", Subject: "release/" + waiting}, nil); glovebox.CodeOf(err) != glovebox.CodeDenied {
				t.Errorf("under %s a release was approved: %v", x.stop, err)
			}
		}
		c.must(x.who, desk.Act{Name: x.free, Subject: x.subject, Params: desk.Params(x.params)}, nil)
		if spent() != paid {
			t.Errorf("%s: the ledger changed", x.stop)
		}
		t.Log("again after ", x.stop)
		ended = c.again(id)
	}
	c.must("wang", desk.Act{Name: "job.cancel", Subject: "job/" + id, Params: why}, nil)
	if err := <-ended; glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("a cancelled run ended with %v", err)
	}
	if err := c.as("wang").Do(t.Context(), desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: c.variant("0.01", "3600")}), Files: desk.Disk{}}, nil); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("a cancelled job ran again: %v", err)
	}
	if spent() != paid {
		t.Error("the ledger changed")
	}
	got, err := c.d.Verify(context.WithoutCancel(t.Context()))
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got, err)
	}
}

// again starts the run of a job that is paid for, and returns once it runs.
func (c *city) again(id string) <-chan error {
	c.t.Helper()
	runs := func() (n int) {
		c.view(func(tx *store.Tx) error {
			all, err := domain.Jobs.Indexes(tx, id, "job.run")
			n = len(all)
			return err
		})
		return n
	}
	before := runs()
	end := make(chan error, 1)
	wang, path := c.as("wang"), c.variant("0.01", "3600")
	go func() {
		end <- wang.Do(context.Background(), desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: path}), Files: desk.Disk{}}, nil)
	}()
	for range 6000 {
		if runs() > before {
			return end
		}
		select {
		case err := <-end:
			c.t.Fatalf("the run ended before it began: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	c.t.Fatal("the run does not begin")
	return nil
}
