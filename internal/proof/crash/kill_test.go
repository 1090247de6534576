package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// atOnce is how many worlds live at the same time.
const atOnce = 4

// secondKill names the mark at which the recovery after a kill is killed too.
var secondKill = map[string]string{"committed": "appended", "snapshot-written": "vault-destroy"}

// story is what happens in a world.
type story struct {
	steps []step
	end   func(w *world, ctx context.Context) error // the product's own checks
	log   map[string]int                            // how often each of these is in the log
	marks []string                                  // that it passes, among others
	pairs int                                       // of a command and a mark that must be tested
	// Kills at random moments: of each job that runs, and of each other command.
	jobMoments, someMoments int
}

// life is the undisturbed one.
type life struct {
	*story
	passed [][]string // marks of each step, in order
	first  []int      // of these, the first at which the step is killed
	before []*world   // copies of the world as each step finds it
	after  []*state
	took   []time.Duration
}

// TestKill kills the product at every mark of every command that changes a
// domain, and at random moments.
func TestKill(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "glovebox")
	build := exec.Command("go", "build", "-buildvcs=false", "-tags", "duckdb_arrow,glovebox_fault", "-ldflags=-s -w", "-o", bin, "./cmd/glovebox")
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, tell := range map[string]func(input string) *story{"every command": everyCommand, "other modes": otherModes, "keys and copies": keysAndCopies} {
		t.Run(name, func(t *testing.T) {
			input := inputs(t)
			l, err := undisturbed(t, bin, input, tell(input))
			if err != nil {
				t.Fatal(err)
			}
			t.Run("at every mark", l.atEveryMark)
			t.Run("at any moment", l.atAnyMoment)
		})
	}
}

// undisturbed lives through the story and notes everything that the other
// worlds are compared with.
func undisturbed(t *testing.T, bin, input string, of *story) (*life, error) {
	ctx := t.Context()
	w, err := newWorld(bin, input, t.TempDir())
	if err != nil {
		return nil, err
	}
	l := &life{story: of}
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
		passed := strings.Fields(string(names))
		l.passed, l.first = append(l.passed, passed), append(l.first, max(0, slices.Index(passed, s.from)))
		state, err := w.observe(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		l.after = append(l.after, state)
	}
	last := l.after[len(l.after)-1]
	for what, n := range l.log {
		if last.log[what] != n {
			return nil, fmt.Errorf("the story is not the one that is meant: %d of %q", last.log[what], what)
		}
	}
	for _, m := range l.marks {
		if !slices.Contains(slices.Concat(l.passed...), m) {
			return nil, fmt.Errorf("the story does not pass the mark %s", m)
		}
	}
	return l, l.end(w, ctx)
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

// checkLogAndDisk runs the product's own check of a domain.
func (w *world) checkLogAndDisk(ctx context.Context) error {
	return errors.Join(w.must(ctx, 0, nil, "audit", "verify"), w.checkDisk(ctx))
}

// checkExport does so, and checks the bundle of the one release.
func (w *world) checkExport(ctx context.Context) error {
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
		w.checkLogAndDisk(ctx),
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
	for i, m := range l.passed {
		if l.steps[i].plain {
			continue
		}
		if len(m) < 4 {
			t.Errorf("%s passes the marks %v alone", l.steps[i].name, m)
		}
		rounds, all = max(rounds, len(m)), all+len(m)-l.first[i]
	}
	count := &tally{pairs: map[string]bool{}}
	several(rounds, func(k int) {
		if err := l.round(t.Context(), t.TempDir(), k, count); err != nil {
			t.Errorf("world %d: %v", k, err)
		}
	})
	t.Logf("%d kills at %d pairs of a command and a mark", count.kills, len(count.pairs))
	if !t.Failed() && (count.kills < all || len(count.pairs) < l.pairs) {
		t.Errorf("%d kills at %d pairs, want %d and %d at least", count.kills, len(count.pairs), all, l.pairs)
	}
}

// round lives the story from the first command that has a k-th mark.
func (l *life) round(ctx context.Context, dir string, k int, count *tally) error {
	var w *world
	for i, s := range l.steps {
		here := !s.plain && k >= l.first[i] && k < len(l.passed[i])
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
		mark := l.passed[i][k]
		nth := 0
		for _, m := range l.passed[i][:k+1] {
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
	return l.end(w, ctx)
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
		if s.anew {
			status, args = 0, []string{"audit", "verify"}
		}
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

// atAnyMoment kills commands at random moments: a job that runs often, the
// others now and then.
func (l *life) atAnyMoment(t *testing.T) {
	var targets []int
	for i, s := range l.steps {
		n := l.someMoments
		if strings.HasSuffix(s.name, jobRuns) {
			n = l.jobMoments
		}
		if os.Getenv("GLOVEBOX_TEST_LONG") == "" {
			n = (n + 3) / 4 // every command still; make test-long takes all
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
