package pipeline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// Environment of a child of TestManyJobs: the domain, and the folder of jobs.
const (
	manyDomain = "GLOVEBOX_TEST_DOMAIN"
	manyJobs   = "GLOVEBOX_TEST_JOBS"
)

// TestManyJobs has several processes run the same many jobs at once, all of
// them in goroutines of each, over a budget that holds some of the jobs; it
// kills processes at random moments with SIGKILL and starts others, and lets
// the last one finish. Then exactly as many jobs are done as the budget holds,
// each is charged once, no answer that anybody saw was lost or has changed, and
// log and ledger agree. GLOVEBOX_JOBS (scripts/fuzz-long: 1,000) is how many
// jobs there are.
func TestManyJobs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	jobs, processes, kills := 24, 2, 4
	if n, err := strconv.Atoi(os.Getenv("GLOVEBOX_JOBS")); err == nil && n > jobs {
		jobs, processes, kills = n, 3, 40
	}
	fit := jobs * 2 / 3
	d, file := pumsDomain(t)
	dir := t.TempDir()
	text := string(read(t, file))
	price := 0.5 / (float64(fit) + 0.5) // of the grant's 0.5
	for i := range jobs {
		one := strings.NewReplacer("rho: 0.125", fmt.Sprintf("rho: %.9f", price+float64(i)*1e-9)).Replace(text)
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)+".yaml"), []byte(one), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "income.wasm"), read(t, filepath.Join(example, "income.wasm")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	seen := &answers{content: map[string]string{}}
	var wg sync.WaitGroup
	left := make(chan struct{}, kills)
	for range kills {
		left <- struct{}{}
	}
	close(left)
	for range processes {
		wg.Go(func() {
			for range left { // one more to kill
				moment := time.Duration(rand.Int64N(int64(2 * time.Second)))
				if err := child(t, d.Dir, dir, moment, seen); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := child(t, d.Dir, dir, 0, seen); err != nil {
		t.Fatal(err)
	}
	checkMany(t, d.Dir, seen, fit)
}

// answers are what the children said, by job: the digest of each release.
type answers struct {
	sync.Mutex
	content map[string]string
	killed  int
}

// child runs all jobs in a process of its own, and kills it after a while if
// that is not 0.
func child(t *testing.T, domainDir, jobs string, after time.Duration, seen *answers) error {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestManyJobsChild$", "-test.timeout=3h")
	cmd.Env = append(os.Environ(), manyDomain+"="+domainDir, manyJobs+"="+jobs)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if after > 0 {
		defer time.AfterFunc(after, func() { _ = cmd.Process.Kill() }).Stop() // it may be done
	}
	lines := bufio.NewScanner(out)
	var bad error
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) != 3 || f[0] != "released" {
			continue
		}
		seen.Lock()
		if old, known := seen.content[f[1]]; known && old != f[2] {
			bad = fmt.Errorf("%s was answered with %s, then with %s", f[1], old, f[2])
		}
		seen.content[f[1]] = f[2]
		seen.Unlock()
	}
	_, _ = io.Copy(io.Discard, out)
	err = cmd.Wait()
	if err != nil && after > 0 {
		seen.Lock()
		seen.killed++
		seen.Unlock()
		err = nil
	}
	return errors.Join(bad, err)
}

// TestManyJobsChild is the body of a child.
func TestManyJobsChild(t *testing.T) {
	dir, jobs := os.Getenv(manyDomain), os.Getenv(manyJobs)
	if dir == "" {
		t.Skip("not a child")
	}
	ctx := context.Background()
	d, err := domain.Open(ctx, dir, &domain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	all, err := filepath.Glob(filepath.Join(jobs, "*.yaml"))
	if err != nil || len(all) == 0 {
		t.Fatalf("%d jobs, %v", len(all), err)
	}
	u := user(t, d, "wang")
	const workers = 8 // processes that work on parts, at once
	room := make(chan struct{}, workers)
	var wg sync.WaitGroup
	for _, file := range all {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			o, err := New(d, &Options{Workers: 1}).Run(ctx, submit(file), u)
			switch {
			case err == nil:
				fmt.Printf("\nreleased %s %s\n", o.Job, o.Release.Content)
			case glovebox.CodeOf(err) != glovebox.CodeBudget:
				t.Errorf("%s: %v", filepath.Base(file), err)
			}
		})
	}
	wg.Wait()
}

// checkMany holds what is left to what the children said.
func checkMany(t *testing.T, dir string, seen *answers, fit int) {
	t.Helper()
	d, err := domain.Open(t.Context(), dir, &domain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	done := 0
	err = d.Store.View(t.Context(), func(tx *store.Tx) error {
		jobs, err := domain.Jobs.List(tx)
		if err != nil {
			return err
		}
		var sum glovebox.Amount
		for _, j := range jobs {
			if j.State == job.Refused {
				if seen.content[j.ID] != "" {
					t.Errorf("%s was answered and is refused", j.ID)
				}
				continue
			}
			var r job.ReleaseDoc
			if err := domain.Releases.Get(tx, j.Release, &r); err != nil {
				return fmt.Errorf("job %s is %s: %w", j.ID, j.State, err)
			}
			if seen.content[j.ID] != r.Content {
				t.Errorf("%s was answered with %s, the store has %s", j.ID, seen.content[j.ID], r.Content)
			}
			done, sum = done+1, sum.Add(j.Prices["pums"].Amount)
		}
		charges, err := tx.Charges("pums")
		if err != nil {
			return err
		}
		b, err := tx.Balance("pums")
		if len(charges) != fit || b.Spent != sum {
			t.Errorf("%d charges, %v spent; the jobs that are done cost %v", len(charges), b.Spent, sum)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if done != fit || len(seen.content) != fit {
		t.Errorf("%d jobs are done, %d were answered, the budget holds %d", done, len(seen.content), fit)
	}
	v, err := d.Verify(t.Context())
	if err != nil || len(v.Problems) > 0 {
		t.Fatalf("%v %v", v, err)
	}
	t.Logf("%d processes were killed; %d jobs are done", seen.killed, done)
}
