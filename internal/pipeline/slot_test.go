package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

func TestSlot(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct{ base, took, want time.Duration }{
		{FirstSlot, 0, 100 * ms},
		{FirstSlot, 100 * ms, 100 * ms},
		{FirstSlot, 100*ms + 1, 200 * ms},
		{FirstSlot, time.Hour, 65536 * 100 * ms},
		{10 * time.Second, ms, 10 * time.Second},
		{10 * time.Second, 10*time.Second + 1, 20 * time.Second},
		{10 * time.Second, 41 * time.Second, 80 * time.Second},
	} {
		if got := slot(c.base, c.took); got != c.want {
			t.Errorf("a run of %v from %v on shows at %v, want %v", c.took, c.base, got, c.want)
		}
	}
	if base(glovebox.ReleaseDef{}) != FirstSlot || base(glovebox.ReleaseDef{Deadline: 2.5}) != 2500*ms {
		t.Error("the first slot is not the declared one")
	}
}

// look is what another process sees of a domain while a run waits for its slot.
type look struct {
	state   job.State
	release bool
	entries uint64
}

// lookFrom opens the domain as another process would, for writing: so it also
// tells that the lock is free.
func lookFrom(t *testing.T, dir string) (l look) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	d, err := domain.Open(ctx, dir, &domain.Options{})
	if err != nil {
		t.Error(err)
		return l
	}
	defer d.Close()
	return lookAt(t, d)
}

func lookAt(t *testing.T, d *domain.Domain) (l look) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) error {
		jobs, err := domain.Jobs.List(tx)
		if err != nil || len(jobs) != 1 {
			t.Errorf("%d jobs, %v", len(jobs), err)
			return err
		}
		l.state = jobs[0].State
		l.release, err = domain.Releases.Has(tx, job.ReleaseID(jobs[0].ID))
		if err == nil {
			l.entries, err = tx.Recorded()
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return l
}

// waiting runs a job whose execution seems to take took. It returns for how
// long the run would have waited, and what others saw meanwhile.
func waiting(t *testing.T, d *domain.Domain, file string, took time.Duration) (left time.Duration, seen look, err error) {
	t.Helper()
	p := New(d, &Options{
		since: func(time.Time) time.Duration { return took },
		sleep: func(_ context.Context, d2 time.Duration) error {
			left, seen = d2, lookFrom(t, d.Dir)
			return nil
		},
	})
	_, err = p.Run(t.Context(), submit(file), user(t, d, "wang"))
	return left, seen, err
}

// TestChannelTotalTime: a run shows that it ended at the end of its slot.
// While it waits, its state, the log and the lock are what they were when it
// began, whether it will answer or fail; others work in the domain meanwhile.
func TestChannelTotalTime(t *testing.T) {
	const took = 130 * time.Millisecond
	d, file := pumsDomain(t)
	left, seen, err := waiting(t, d, file, took)
	if err != nil {
		t.Fatal(err)
	}
	if left != 70*time.Millisecond || seen.state != job.Running || seen.release {
		t.Fatalf("the run waits for %v while others see %+v", left, seen)
	}
	if after := lookAt(t, d); after.state != job.Done || !after.release || after.entries != seen.entries+2 {
		t.Fatalf("after the slot: %+v, in it: %+v", after, seen)
	}

	// A declared deadline is the first slot. It makes no other job of it.
	declared := strings.Replace(string(read(t, file)), "rho: 0.125", "rho: 0.125, deadline: 30", 1)
	if err := os.WriteFile(file, []byte(declared), 0o600); err != nil {
		t.Fatal(err)
	}
	if o := run(t, New(d, nil), file, "wang"); !o.Repeated {
		t.Fatal("another deadline made another job")
	}

	// A run that fails after the charge.
	d, file = pumsDomain(t)
	if err := os.WriteFile(file, []byte(declared), 0o600); err != nil {
		t.Fatal(err)
	}
	parts, err := filepath.Glob(filepath.Join(d.Dir, "vault/snapshots/pums/1/part-*"))
	if err != nil || len(parts) == 0 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	whole := read(t, parts[0])
	broken := append([]byte(nil), whole...)
	broken[len(broken)-1] ^= 1
	if err := os.WriteFile(parts[0], broken, 0o600); err != nil {
		t.Fatal(err)
	}
	left, failed, err := waiting(t, d, file, took)
	if err == nil {
		t.Fatal("a damaged snapshot was read")
	}
	if left != 30*time.Second-took || failed != seen {
		t.Fatalf("a run that will fail waits for %v and is seen as %+v, one that will answer as %+v", left, failed, seen)
	}

	// The same job again, as after a crash: it runs anew and waits anew.
	if err := os.WriteFile(parts[0], whole, 0o600); err != nil {
		t.Fatal(err)
	}
	left, again, err := waiting(t, d, file, 31*time.Second)
	if err != nil || left != 29*time.Second || again.state != job.Running || again.release {
		t.Fatalf("run again, it waits for %v and is seen as %+v: %v", left, again, err)
	}
}

// TestChannelRunAgain: a paid job that is stopped and run again costs nothing,
// so it must not ask the clock again and again, each time at a moment of its
// author's choice, whether its work is done: each run's first slot is at least
// twice that of the run before, whatever deadline the job now declares.
func TestChannelRunAgain(t *testing.T) {
	d, file := pumsDomain(t)
	text := string(read(t, file))
	declare := func(deadline string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(strings.Replace(text, "rho: 0.125", "rho: 0.125, deadline: "+deadline, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// What the run takes is just too long for every deadline but the last.
	const took = 10400 * time.Millisecond
	stop := errors.New("stopped")
	for i, c := range []struct {
		deadline string
		first    time.Duration // slot of this run
	}{{"10.1", 10100 * time.Millisecond}, {"10.2", 20200 * time.Millisecond}, {"10.3", 40400 * time.Millisecond}, {"100", 100 * time.Second}, {"10.4", 200 * time.Second}} {
		declare(c.deadline)
		var left time.Duration
		p := New(d, &Options{
			since: func(time.Time) time.Duration { return took },
			sleep: func(_ context.Context, wait time.Duration) error { left = wait; return stop },
		})
		if _, err := p.Run(t.Context(), submit(file), user(t, d, "wang")); !errors.Is(err, stop) {
			t.Fatalf("run %d was not stopped: %v", i+1, err)
		}
		want := slot(c.first, took) - took
		if left != want {
			t.Errorf("run %d, with deadline %s, would have shown %v after its end, want %v", i+1, c.deadline, left, want)
		}
	}
	if again(FirstSlot, maxBase) != maxBase {
		t.Error("first slots grow without end")
	}
	declare("0.1")
	left, _, err := waiting(t, d, file, took)
	if err != nil || left != 400*time.Second-took {
		t.Errorf("at last it shows %v after its end: %v", left, err)
	}
}

// TestOneRunOfAJob: a job that another process runs is waited for, without the
// domain's lock, and then answered from the store.
func TestOneRunOfAJob(t *testing.T) {
	d, file := pumsDomain(t)
	id := make(chan string, 1)
	others := make(chan *Outcome, 1)
	p := New(d, &Options{
		since: func(time.Time) time.Duration { return 0 },
		sleep: func(context.Context, time.Duration) error {
			other, err := domain.Open(t.Context(), d.Dir, &domain.Options{})
			if err != nil {
				return err
			}
			jobs, err := New(other, nil).Jobs(t.Context(), user(t, d, "wang").User, "", 0)
			if err != nil || len(jobs) != 1 {
				t.Errorf("%d jobs, %v", len(jobs), err)
				return err
			}
			if c, err := other.Claim(jobs[0].ID); err != nil || c != nil {
				t.Errorf("the job is free while it runs: %v %v", c, err)
			}
			id <- jobs[0].ID
			go func() {
				o, err := New(other, nil).Run(context.Background(), submit(file), user(t, d, "wang"))
				if cerr := other.Close(); err != nil || cerr != nil {
					t.Errorf("the other process: %v %v", err, cerr)
				}
				others <- o
			}()
			return nil
		},
	})
	if o := run(t, p, file, "wang"); o.Repeated || o.Job != <-id {
		t.Fatalf("the first run: %+v", o)
	}
	c, err := d.Claim(job.IDOf(strings.Repeat("0", 64)))
	if err != nil || c == nil {
		t.Fatalf("a job that nobody runs is claimed: %v", err)
	}
	c.Close()
	if err := d.Close(); err != nil { // the first process ends
		t.Fatal(err)
	}
	if o := <-others; o == nil || !o.Repeated {
		t.Fatalf("the second run was not answered from the store: %+v", o)
	}
}

// TestStrictDomain: where results show at deadlines only, a job without one is
// refused before anybody is asked.
func TestStrictDomain(t *testing.T) {
	d, file := pumsDomain(t)
	d.Strict = true
	_, err := New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang"))
	if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "release.deadline") {
		t.Fatalf("got %v", err)
	}
	// A deadline that cannot be kept makes slots of its multiples: the domain
	// says what can be.
	text := string(read(t, file))
	d.MinDeadline = 0.3
	for deadline, want := range map[string]glovebox.Code{"0.2": glovebox.CodeInvalid, "0.3": ""} {
		if err := os.WriteFile(file, []byte(strings.Replace(text, "rho: 0.125", "rho: 0.125, deadline: "+deadline, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang"))
		if glovebox.CodeOf(err) != want || want != "" && !strings.Contains(err.Error(), "release.deadline") {
			t.Errorf("deadline %s: %v", deadline, err)
		}
	}
}
