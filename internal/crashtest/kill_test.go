package crashtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	atOnce   = 4  // worlds that live at the same time
	minPairs = 60 // of a command and a mark that must be tested

	// Kills at random moments: of the job that runs, and of each other command.
	jobMoments, someMoments = 20, 3
)

// secondKill names the mark at which the recovery after a kill is killed too.
var secondKill = map[string]string{"committed": "appended", "snapshot-written": "vault-destroy"}

// life is the undisturbed one.
type life struct {
	steps  []step
	marks  [][]string // that each step passes, in order
	before []*world   // copies of the world as each step finds it
	after  []*state
	took   []time.Duration
}

// TestKill kills the product at every mark of every command that changes a
// domain, and at random moments.
func TestKill(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "glovebox")
	build := exec.Command("go", "build", "-buildvcs=false", "-tags", "duckdb_arrow,glovebox_fault", "-ldflags=-s -w", "-o", bin, "./cmd/glovebox")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l, err := undisturbed(t, bin)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("at every mark", l.atEveryMark)
	t.Run("at any moment", l.atAnyMoment)
}

// undisturbed lives through the story and notes everything that the other
// worlds are compared with.
func undisturbed(t *testing.T, bin string) (*life, error) {
	ctx, input := t.Context(), inputs(t)
	w, err := newWorld(bin, input, t.TempDir())
	if err != nil {
		return nil, err
	}
	l := &life{steps: steps(input)}
	for i, s := range l.steps {
		before, err := w.copyTo(t.TempDir())
		if err != nil {
			return nil, err
		}
		l.before = append(l.before, before)
		list := filepath.Join(input, fmt.Sprintf("marks-%d", i))
		start := time.Now()
		if err := l.live(ctx, w, i, "GLOVEBOX_FAULT_LIST="+list); err != nil {
			return nil, err
		}
		l.took = append(l.took, time.Since(start))
		names, err := os.ReadFile(list)
		if err != nil {
			return nil, err
		}
		l.marks = append(l.marks, strings.Fields(string(names)))
		state, err := w.observe(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		l.after = append(l.after, state)
	}
	last := l.after[len(l.after)-1]
	for what, n := range map[string]int{"domain.init domain/dom": 1, "job.charge job/j-ID": 1, "release.make release/r-ID": 1, "job.done job/j-ID": 1, "job.refuse job/j-ID": 1,
		"job.repeat job/j-ID": 1, "dataset.load snapshot/pums@2": 1, "release.exported release/r-ID": 1} {
		if last.log[what] != n {
			return nil, fmt.Errorf("the story is not the one that is meant: %d of %q", last.log[what], what)
		}
	}
	return l, w.checkEnd(ctx)
}

func newWorld(bin, input, dir string) (*world, error) {
	w := &world{bin: bin, input: input, dir: dir}
	return w, os.MkdirAll(w.tmp(), 0o700)
}

// live takes one step without a disturbance, but for the environment.
func (l *life) live(ctx context.Context, w *world, i int, env ...string) error {
	args, err := l.steps[i].args(w)
	if err != nil {
		return err
	}
	return w.must(ctx, l.steps[i].status, env, args...)
}

// checkEnd runs the product's own checks at the end of the story.
func (w *world) checkEnd(ctx context.Context) error {
	id, err := w.release()
	if err != nil {
		return err
	}
	key := filepath.Join(w.dir, "key")
	if err := os.WriteFile(key, []byte(w.key+"\n"), 0o600); err != nil {
		return err
	}
	return errors.Join(
		w.must(ctx, 0, nil, "verify", filepath.Join(w.out(), id), "--key", key),
		w.must(ctx, 0, nil, "audit", "verify"),
		w.checkDisk(ctx),
	)
}

// tally counts the processes that died by SIGKILL.
type tally struct {
	sync.Mutex
	pairs map[string]bool // of a step's name and a mark
	kills int
}

func (c *tally) add(pair string) {
	c.Lock()
	defer c.Unlock()
	c.pairs[pair] = true
	c.kills++
}

// atEveryMark: the k-th world is killed at the k-th mark of every command that
// has so many, and goes on.
func (l *life) atEveryMark(t *testing.T) {
	rounds, all := 0, 0
	for i, m := range l.marks {
		if l.steps[i].plain {
			continue
		}
		if len(m) < 4 {
			t.Errorf("%s passes the marks %v alone", l.steps[i].name, m)
		}
		rounds, all = max(rounds, len(m)), all+len(m)
	}
	count := &tally{pairs: map[string]bool{}}
	several(rounds, func(k int) {
		if err := l.round(t.Context(), t.TempDir(), k, count); err != nil {
			t.Errorf("world %d: %v", k, err)
		}
	})
	t.Logf("%d kills at %d pairs of a command and a mark", count.kills, len(count.pairs))
	if !t.Failed() && (count.kills < all || len(count.pairs) < minPairs) {
		t.Errorf("%d kills at %d pairs, want %d and %d at least", count.kills, len(count.pairs), all, minPairs)
	}
}

// round lives the story from the first command that has a k-th mark.
func (l *life) round(ctx context.Context, dir string, k int, count *tally) error {
	var w *world
	for i, s := range l.steps {
		here := !s.plain && k < len(l.marks[i])
		if w == nil && here {
			var err error
			if w, err = l.before[i].copyTo(dir); err != nil {
				return err
			}
		}
		if w == nil {
			continue
		}
		if !here {
			if err := l.live(ctx, w, i); err != nil {
				return err
			}
			continue
		}
		mark := l.marks[i][k]
		nth := 0
		for _, m := range l.marks[i][:k+1] {
			if m == mark {
				nth++
			}
		}
		if err := l.killAt(ctx, w, i, fmt.Sprintf("%s:%d", mark, nth)); err != nil {
			return fmt.Errorf("%s, killed at %s:%d: %w", s.name, mark, nth, err)
		}
		count.add(s.name + " " + mark)
		if second := secondKill[mark]; second != "" {
			if err := l.killAt(ctx, w, i, second); err != nil {
				return fmt.Errorf("%s, killed at %s:%d and at %s: %w", s.name, mark, nth, second, err)
			}
			count.add(s.name + " " + mark + " " + second)
		}
		if err := l.again(ctx, w, i); err != nil {
			return fmt.Errorf("%s, after a kill at %s:%d: %w", s.name, mark, nth, err)
		}
	}
	return w.checkEnd(ctx)
}

// killAt runs a step that has to be killed at a mark.
func (l *life) killAt(ctx context.Context, w *world, i int, mark string) error {
	args, err := l.steps[i].args(w)
	if err != nil {
		return err
	}
	r, err := w.run(ctx, []string{"GLOVEBOX_FAULT=" + mark}, args...)
	if err == nil && !r.killed {
		err = fmt.Errorf("it was not: status %d\n%s%s", r.status, r.out, r.err)
	}
	return err
}

// again runs the step that was killed once more. Before, a copy of what the
// kill left is recovered by a command that has nothing to do with it.
func (l *life) again(ctx context.Context, w *world, i int) error {
	if err := w.checkDisk(ctx); err != nil {
		return err
	}
	left, err := l.recovered(ctx, w)
	if err != nil {
		return fmt.Errorf("recovery: %w", err)
	}
	s, want := l.steps[i], l.after[i]
	args, err := s.args(w)
	if err != nil {
		return err
	}
	status := s.status
	if left != nil && left.differs(want) == "" {
		status = s.done
	}
	if err := w.must(ctx, status, nil, args...); err != nil {
		return err
	}
	got, err := w.observe(ctx)
	if err != nil {
		return err
	}
	if left != nil {
		for id, digest := range left.releases {
			if got.releases[id] != digest {
				return fmt.Errorf("release %s was stored and has other bytes now", id)
			}
		}
	}
	return errors.Join(problem(got.differs(want)), problem(got.differsInLog(want)), w.checkDisk(ctx))
}

// recovered is the state of a copy after `audit verify`; nil before there is a
// domain with a key.
func (l *life) recovered(ctx context.Context, w *world) (*state, error) {
	if w.key == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp(filepath.Dir(w.dir), "copy")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	c, err := w.copyTo(dir)
	if err != nil {
		return nil, err
	}
	if err := c.must(ctx, 0, nil, "audit", "verify"); err != nil {
		return nil, err
	}
	return c.observe(ctx)
}

func problem(s string) error {
	if s == "" {
		return nil
	}
	return errors.New(s)
}

// atAnyMoment kills commands at random moments: the allowed job often, the
// others now and then.
func (l *life) atAnyMoment(t *testing.T) {
	var targets []int
	for i, s := range l.steps {
		n := someMoments
		if s.name == jobRun {
			n = jobMoments
		}
		for range n {
			if !s.plain {
				targets = append(targets, i)
			}
		}
	}
	count := &tally{pairs: map[string]bool{}}
	several(len(targets), func(k int) {
		i := targets[k]
		// A run that ends before its kill is another attempt, with a shorter wait.
		for longest := l.took[i]; longest > 0; longest /= 2 {
			delay := rand.N(longest)
			killed, err := l.moment(t.Context(), t.TempDir(), i, delay)
			if err != nil {
				t.Errorf("%s, killed after %v: %v", l.steps[i].name, delay, err)
			}
			if killed {
				count.add(l.steps[i].name)
				return
			}
		}
	})
	if count.kills != len(targets) {
		t.Errorf("%d processes were killed, want %d", count.kills, len(targets))
	}
	t.Logf("%d kills", count.kills)
}

// moment kills one run of a step after a delay and runs it again.
func (l *life) moment(ctx context.Context, dir string, i int, delay time.Duration) (killed bool, err error) {
	w, err := l.before[i].copyTo(dir)
	if err != nil {
		return false, err
	}
	args, err := l.steps[i].args(w)
	if err != nil {
		return false, err
	}
	cmd, finish := w.command(ctx, nil, args...)
	if err := cmd.Start(); err != nil {
		return false, err
	}
	time.Sleep(delay)
	_ = cmd.Process.Kill() // fails if it has ended
	r, err := finish(cmd.Wait())
	if err != nil || !r.killed {
		return false, err
	}
	return true, l.again(ctx, w, i)
}

// several calls fn for 0 to n-1, some at the same time.
func several(n int, fn func(int)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for k := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			fn(k)
		})
	}
	group.Wait()
}
