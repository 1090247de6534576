package pipeline

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/node"
	"glovebox.example/glovebox/internal/spread/storage"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

// site is a domain with nodes on shared storage and an engine in this process,
// which goes as wrong as a test wants.
type site struct {
	d    *domain.Domain
	file string
	dir  string // shared storage
	at   *storage.Dir
	keys map[string]*spread.NodeKey
	// nodes are the services that the engine picks in turn.
	nodes []*node.Service

	mu     sync.Mutex
	calls  []string                                                         // what the engine was given
	before func(n int, run string, task int) (skip bool)                    // before the n-th attempt
	after  func(n int, run string, task int)                                // after it went well
	fails  func(ctx context.Context, run string, tasks []int) (bool, error) // the engine itself
	n      int
}

// testSite turns a domain into one whose jobs run on two nodes.
func testSite(t *testing.T, d *domain.Domain, file string) *site {
	t.Helper()
	s := &site{d: d, file: file, dir: t.TempDir(), keys: map[string]*spread.NodeKey{}}
	var err error
	if s.at, err = storage.OpenDir(s.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.at.Close() })
	for _, name := range []string{"n1", "n2"} {
		s.add(t, name)
	}
	if _, err := d.UseEngine(t.Context(), user(t, d, "zhao"), domain.EngineDoc{Kind: "nats", At: "here", Storage: s.dir}); err != nil {
		t.Fatal(err)
	}
	return s
}

// add makes a node, has it trusted and serves it.
func (s *site) add(t *testing.T, name string) {
	t.Helper()
	key, err := spread.NewNodeKey(name, s.d.Vault.Signer().Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	c := crew.New(nil)
	walls, err := c.Walls()
	c.Close()
	if err != nil {
		t.Fatal(err)
	}
	s.enrol(t, key, walls)
	svc := node.New(key, s.at, t.TempDir(), &node.Options{Workers: 1, Look: 50 * time.Millisecond})
	t.Cleanup(svc.Close)
	s.nodes = append(s.nodes, svc)
}

func (s *site) enrol(t *testing.T, key *spread.NodeKey, walls jail.Walls) {
	t.Helper()
	data, err := key.Enrol(walls.Names(), strings.Repeat("ab", 32), domain.Machine())
	if err != nil {
		t.Fatal(err)
	}
	e, err := spread.ReadEnrolment(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.d.TrustNode(t.Context(), user(t, s.d, "zhao"), e); err != nil {
		t.Fatal(err)
	}
	s.keys[key.Name] = key
}

// pipeline is one with this site's engine.
func (s *site) pipeline() *Pipeline {
	return New(s.d, &Options{Courier: func(domain.EngineDoc) (engine.Engine, storage.Storage, error) { return s, s.at, nil }})
}

// Run is the engine: it has two places, and tries a task again elsewhere.
func (s *site) Run(ctx context.Context, run string, tasks []int) error {
	if s.fails != nil {
		if failed, err := s.fails(ctx, run, tasks); failed {
			return err
		}
	}
	todo := make(chan int, len(tasks))
	for _, t := range tasks {
		todo <- t
	}
	close(todo)
	var group sync.WaitGroup
	for place := range 2 {
		group.Go(func() {
			for t := range todo {
				for try := range 4 {
					if s.try(ctx, run, t, (place+try)%len(s.nodes)) == nil || ctx.Err() != nil {
						break
					}
				}
			}
		})
	}
	group.Wait()
	return nil
}

func (s *site) try(ctx context.Context, run string, task, at int) error {
	s.mu.Lock()
	s.n++
	n := s.n
	s.calls = append(s.calls, run)
	s.mu.Unlock()
	if s.before != nil && s.before(n, run, task) {
		return errors.New("the attempt was lost")
	}
	err := s.nodes[at].Task(ctx, run, task)
	if err == nil && s.after != nil {
		s.after(n, run, task)
	}
	return err
}

// work is an admitted job, ready to run.
func (s *site) work(t *testing.T, p *Pipeline) (*jobWork, *ask) {
	t.Helper()
	r, err := p.prepare(t.Context(), submit(s.file), user(t, s.d, "wang"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	a, err := p.admit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	w, err := p.newWork(t.Context(), r, a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return w, r
}

// answer goes the whole course with noise from a fixed seed and lays the answer
// out.
func answer(t *testing.T, p *Pipeline, w *jobWork) string {
	t.Helper()
	c := w.job.Course(w.noise.Bytes())
	for seed := byte(1); c.More(); seed++ {
		total, err := p.parts(t.Context(), w, c)
		if err != nil {
			t.Fatal(err)
		}
		step, err := c.Release(total, mechanism.SeededSource([32]byte{seed}))
		if err != nil {
			t.Fatal(err)
		}
		if step == nil {
			continue
		}
		next, ok, err := w.runner.Update(t.Context(), w.job, step, w.code)
		if err != nil {
			t.Fatal(err)
		}
		c.Take(next, ok)
	}
	out, err := json.Marshal(c.Answer())
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestNodesGiveTheSameRelease: with the noise fixed, the bytes of the answer are
// the same whether this machine or nodes do the work, in every mode; what the
// engine was given are names and numbers.
func TestNodesGiveTheSameRelease(t *testing.T) {
	for name, make := range map[string]func() (*domain.Domain, string){
		"map":    func() (*domain.Domain, string) { return pumsDomain(t) },
		"blocks": func() (*domain.Domain, string) { return blocksDomain(t) },
		"train":  func() (*domain.Domain, string) { return trainDomain(t) },
	} {
		t.Run(name, func(t *testing.T) {
			d, file := make()
			local := &site{d: d, file: file}
			p := New(d, nil)
			w, _ := local.work(t, p)
			want := answer(t, p, w)
			s := testSite(t, d, file)
			p = s.pipeline()
			w, r := s.work(t, p)
			if got := answer(t, p, w); got != want {
				t.Errorf("nodes give another answer:\n%s\n%s", got, want)
			}
			if r.refused != 0 || len(s.calls) <= d.Parts/2 {
				t.Errorf("%d refused, %d calls", r.refused, len(s.calls))
			}
			s.empty(t)
		})
	}
}

// empty says whether nothing of a run is left on shared storage.
func (s *site) empty(t *testing.T) {
	t.Helper()
	for _, folder := range []string{"runs", "answers"} {
		if names, _ := os.ReadDir(filepath.Join(s.dir, folder)); len(names) != 0 {
			t.Errorf("%s holds %v after the run", folder, names)
		}
	}
}

// files are all files below the shared storage.
func (s *site) files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(filepath.Join(s.dir, folder), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, s.dir+"/")] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ends runs the job and checks that it ended as docs/states.md says: done, or
// running and charged once.
func (s *site) ends(t *testing.T, p *Pipeline, well bool) error {
	t.Helper()
	_, err := p.Run(t.Context(), submit(s.file), user(t, s.d, "wang"))
	if (err == nil) != well {
		t.Fatalf("the run ends with %v", err)
	}
	if spent := balance(t, s.d, "pums").Spent; spent.Loss != 125_000_000 {
		t.Errorf("spent %+v", spent)
	}
	jobs, lerr := p.Jobs(t.Context(), user(t, s.d, "wang").User)
	if lerr != nil || len(jobs) != 1 {
		t.Fatal(lerr, len(jobs))
	}
	want := "running"
	if well {
		want = "done"
	}
	if string(jobs[0].State) != want {
		t.Errorf("the job is %s, want %s", jobs[0].State, want)
	}
	s.empty(t)
	return err
}

// logged are the bodies of the entries that say what nodes did.
func (s *site) logged(t *testing.T) (out []string) {
	t.Helper()
	n := entries(t, s.d)
	for i := range n {
		_, e, err := s.d.Proof(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(e, []byte(`"job.nodes"`)) {
			out = append(out, string(e))
		}
	}
	return out
}

// open reads an envelope as a node does.
func (s *site) open(t *testing.T, name, run string) *spread.Envelope {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, spread.EnvelopeName(run)))
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.keys[name].OpenEnvelope(data, run, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// say lays an answer for the envelope's run on shared storage.
func (s *site) say(t *testing.T, key *spread.NodeKey, e *spread.Envelope, group int, walls []string, pieces ...[]byte) {
	t.Helper()
	s.lay(t, e.Run, sealed(t, key, e, group, walls, pieces...))
}

func sealed(t *testing.T, key *spread.NodeKey, e *spread.Envelope, group int, walls []string, pieces ...[]byte) []byte {
	t.Helper()
	data, err := key.SealAnswer(e, group, walls, pieces)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (s *site) lay(t *testing.T, run string, data []byte) {
	t.Helper()
	if err := s.at.Put(context.Background(), spread.NewAnswerName(run), bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
}

// firstTime calls f at the first attempt.
func firstTime(f func(run string)) func(int, string, int) bool {
	var o sync.Once
	return func(_ int, run string, _ int) bool { o.Do(func() { f(run) }); return false }
}

func wallNames(t *testing.T) []string {
	c := crew.New(nil)
	defer c.Close()
	w, err := c.Walls()
	if err != nil {
		t.Fatal(err)
	}
	return w.Names()
}

// TestNodeForges: answers of a stranger under a node's name, of a node behind
// fewer walls, of a node for another run, and what is no answer at all are as if
// they had not come. The log counts them.
func TestNodeForges(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	walls := wallNames(t)
	stranger, err := spread.NewNodeKey("n1", s.keys["n1"].Domain)
	if err != nil {
		t.Fatal(err)
	}
	s.before = firstTime(func(run string) {
		e := s.open(t, "n1", run)
		s.say(t, stranger, e, 0, walls, []byte("forged"))
		s.say(t, s.keys["n1"], e, 1, walls[:1], []byte("outside"))
		other := *e
		other.Run = "r-" + strings.Repeat("a", 26)
		s.lay(t, run, sealed(t, s.keys["n1"], &other, 2, walls, []byte("elsewhere")))
		s.lay(t, run, bytes.Repeat([]byte("noise"), 1000))
		// What a node signed and what is no partial aggregate: done again.
		s.say(t, s.keys["n2"], e, 3, walls, []byte("no partial"))
		s.say(t, s.keys["n2"], e, 1<<20, walls, []byte("no such group"))
		other = *e
		other.Run = "../../" + run
		s.lay(t, run, sealed(t, s.keys["n2"], &other, 2, walls, []byte("no run")))
	})
	s.ends(t, s.pipeline(), true)
	if log := s.logged(t); len(log) != 1 || !strings.Contains(log[0], `"refused":7`) {
		t.Errorf("logged %v", log)
	}
}

// TestNodeReplays: answers of one run, laid where another run looks, are sealed
// to a key that is gone.
func TestNodeReplays(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	var old [][]byte
	s.after = func(n int, run string, _ int) {
		if n == d.Parts {
			for _, b := range s.files(t, "answers") {
				old = append(old, b)
			}
		}
	}
	w, _ := s.work(t, p)
	want := answer(t, p, w)
	if len(old) == 0 {
		t.Fatal("nothing to replay")
	}
	s.after = nil
	s.before = firstTime(func(run string) {
		for _, b := range old {
			s.lay(t, run, b)
		}
	})
	w, r := s.work(t, p)
	if got := answer(t, p, w); got != want || r.refused != len(old) {
		t.Errorf("%d of %d refused, same: %v", r.refused, len(old), got == want)
	}
}

// TestNodeAnswersTwice: a node that answers every task twice, and an engine that
// has every task done twice, change nothing.
func TestNodeAnswersTwice(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	w, _ := s.work(t, p)
	want := answer(t, p, w)
	s.after = func(_ int, run string, task int) {
		for _, n := range s.nodes {
			_ = n.Task(context.Background(), run, task)
		}
	}
	w, r := s.work(t, p)
	if got := answer(t, p, w); got != want || r.refused != 0 {
		t.Errorf("%d refused, same: %v", r.refused, got == want)
	}
}

// TestNodeAnswersLate: an answer that comes when its run has ended is read by
// nobody, and a task of that run does no work.
func TestNodeAnswersLate(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	var late string
	var e *spread.Envelope
	s.before = firstTime(func(run string) { late, e = run, s.open(t, "n1", run) })
	w, _ := s.work(t, p)
	want := answer(t, p, w)
	if err := s.nodes[0].Task(t.Context(), late, 0); err == nil {
		t.Error("a node works for a run that is over")
	}
	s.say(t, s.keys["n1"], e, 0, wallNames(t), []byte("late"))
	w, r := s.work(t, p)
	if got := answer(t, p, w); got != want || r.refused != 0 {
		t.Errorf("%d refused, same: %v", r.refused, got == want)
	}
}

// TestNodeLies: two nodes that give different answers for one group fail the run.
// The log names both; nothing is released or charged again; without the liar the
// same job goes well.
func TestNodeLies(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	walls := wallNames(t)
	w, _ := s.work(t, p)
	var lies func(run string)
	// It has the form of an answer: that of no unit at all.
	nothing, err := w.job.Round().(*privacy.Plan).NewPartial().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	both := s.nodes
	s.nodes = both[:1]
	var lied sync.Once
	s.after = func(_ int, run string, _ int) {
		lied.Do(func() { lies(run) })
	}
	lies = func(run string) {
		e := s.open(t, "n2", run)
		for g := range d.Parts {
			s.say(t, s.keys["n2"], e, g, walls, nothing)
		}
	}
	err = s.ends(t, p, false)
	var lie *spread.Lie
	if !errors.As(err, &lie) || !strings.Contains(err.Error(), "n1") || !strings.Contains(err.Error(), "n2") {
		t.Fatalf("%v", err)
	}
	if log := s.logged(t); len(log) != 1 || !strings.Contains(log[0], `"differ":["n`) {
		t.Errorf("logged %v", log)
	}
	if n := count(t, d, domain.Releases); n != 0 {
		t.Errorf("%d releases", n)
	}
	if _, err := d.RevokeNode(t.Context(), user(t, d, "zhao"), "n2"); err != nil {
		t.Fatal(err)
	}
	s.nodes, s.after = both, nil
	s.ends(t, p, true)
}

// TestNodeRevokedMidRun: a node that loses its leave while it works takes the run
// with it, free of charge, and the next run is not sealed to it.
func TestNodeRevokedMidRun(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	var done sync.Once
	both := s.nodes
	s.nodes = both[:1] // all answers are n1's
	s.after = func(int, string, int) {
		done.Do(func() {
			if _, err := d.RevokeNode(context.Background(), user(t, d, "zhao"), "n1"); err != nil {
				t.Error(err)
			}
		})
	}
	err := s.ends(t, p, false)
	if !strings.Contains(err.Error(), "n1 was revoked") {
		t.Errorf("%v", err)
	}
	s.nodes, s.after = both, nil
	s.before = firstTime(func(run string) {
		data, err := os.ReadFile(filepath.Join(s.dir, spread.EnvelopeName(run)))
		if err != nil {
			t.Error(err)
		}
		if _, err := s.keys["n1"].OpenEnvelope(data, run, time.Now()); err == nil {
			t.Error("a revoked node opens the next run")
		}
	})
	s.ends(t, p, true)
}

// TestEngineLosesTasks: attempts that are lost, an engine that fails whole with
// half the tasks done, and one that says all went well and did nothing: what is
// left goes out again, and nothing counts twice.
func TestEngineLosesTasks(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	w, _ := s.work(t, p)
	want := answer(t, p, w)
	for name, prepare := range map[string]func(){
		"attempts": func() { s.before = func(n int, _ string, _ int) bool { return n%3 == 0 } },
		"half": func() {
			round := 0
			s.fails = func(ctx context.Context, run string, tasks []int) (bool, error) {
				if round++; round > 1 {
					return false, nil
				}
				for _, task := range tasks[:len(tasks)/2] {
					_ = s.nodes[0].Task(ctx, run, task)
				}
				return true, errors.New("the engine is gone")
			}
		},
		"nothing": func() {
			round := 0
			s.fails = func(context.Context, string, []int) (bool, error) { round++; return round < spread.Rounds, nil }
		},
	} {
		s.before, s.fails = nil, nil
		prepare()
		w, _ := s.work(t, p)
		if got := answer(t, p, w); got != want {
			t.Errorf("%s: another answer", name)
		}
	}
	s.before = nil
	s.fails = func(context.Context, string, []int) (bool, error) { return true, errors.New("no engine") }
	err := s.ends(t, p, false)
	if !strings.Contains(err.Error(), "no answer from any node") {
		t.Errorf("%v", err)
	}
	s.fails = nil
	s.ends(t, p, true)
}

// TestStorageAway: storage that goes away fails the run, before the charge where
// it is away from the start, and the same job runs when it is back. A part that
// somebody changed there is laid down again.
func TestStorageAway(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	moved := s.dir + "-away"
	s.before = firstTime(func(string) {
		for name := range s.files(t, "parts") {
			if err := os.WriteFile(filepath.Join(s.dir, name), []byte("something else"), 0o600); err != nil {
				t.Error(err)
			}
		}
	})
	s.ends(t, p, true)
	d, file = pumsDomain(t)
	s = testSite(t, d, file)
	p = s.pipeline()
	s.before = firstTime(func(string) {
		for _, folder := range []string{"parts", "answers", "runs"} {
			_ = os.Rename(filepath.Join(s.dir, folder), moved+folder)
			if err := os.WriteFile(filepath.Join(s.dir, folder), nil, 0o600); err != nil {
				t.Error(err)
			}
		}
	})
	if _, err := p.Run(t.Context(), submit(file), user(t, d, "wang")); err == nil {
		t.Fatal("a run without storage goes well")
	}
	if _, err := p.Run(t.Context(), submit(file), user(t, d, "wang")); err == nil || strings.Contains(err.Error(), "no answer") {
		t.Errorf("storage that is away at the start: %v", err)
	}
	for _, folder := range []string{"parts", "answers", "runs"} {
		if err := errors.Join(os.Remove(filepath.Join(s.dir, folder)), os.RemoveAll(moved+folder)); err != nil {
			t.Fatal(err)
		}
	}
	s.ends(t, p, true)
}

// TestEngineSeesNoData: neither the storage, while a job runs, nor what the engine
// is given holds a value of the data, a name of the job's, or a key.
func TestEngineSeesNoData(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	canaries := [][]byte{[]byte("income"), []byte("schooling"), []byte("pums"), []byte("PAR1"), []byte("AGE-SECRET-KEY"), []byte("high school")}
	looked := 0
	s.after = func(n int, run string, _ int) {
		if n != 4 {
			return
		}
		e := s.open(t, "n1", run)
		mine := slices.Clone(canaries)
		for _, inputs := range e.Files {
			mine = append(mine, inputs[0].Part.Key, inputs[0].Part.SHA256)
		}
		for name, b := range s.files(t, "") {
			looked++
			for _, c := range mine {
				if bytes.Contains(b, c) || bytes.Contains([]byte(name), c) {
					t.Errorf("%s holds %q", name, c)
				}
			}
		}
	}
	s.ends(t, p, true)
	if looked < d.Parts+2 {
		t.Fatalf("%d files were looked at", looked)
	}
	for _, c := range s.calls {
		if !spread.IsRun(c) {
			t.Errorf("the engine was given %q", c)
		}
	}
}

// TestChannelStorageSizes: on shared storage every file's size is one of a few
// classes, and two jobs with answers of different sizes leave the same sizes.
func TestChannelStorageSizes(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	seen := map[int64]bool{}
	s.after = func(n int, _ string, _ int) {
		for name, b := range s.files(t, "") {
			if strings.HasPrefix(name, "parts/") && spread.Class(int64(len(b))) != int64(len(b)) {
				t.Errorf("%s has %d bytes, which is no class", name, len(b))
			}
			if strings.HasPrefix(name, "answers/") {
				seen[int64(len(b))] = true
			}
		}
	}
	p := s.pipeline()
	w, _ := s.work(t, p)
	answer(t, p, w)
	if len(seen) != 1 {
		t.Errorf("answers have %d sizes", len(seen))
	}
}

// faulty is shared storage that fails as a test wants.
type faulty struct {
	storage.Storage
	put func(name string) error
	get func(ctx context.Context, name string) error
}

func (f *faulty) Put(ctx context.Context, name string, r io.Reader, size int64) error {
	if f.put != nil {
		if err := f.put(name); err != nil {
			return err
		}
	}
	return f.Storage.Put(ctx, name, r, size)
}

func (f *faulty) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if f.get != nil {
		if err := f.get(ctx, name); err != nil {
			return nil, err
		}
	}
	return f.Storage.Get(ctx, name)
}

// TestDiskFull: a storage without room for an answer loses an attempt; one
// without room for parts or envelopes fails the run, which goes well once there
// is room.
func TestDiskFull(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	full := atomic.Int32{}
	full.Store(3)
	at := &faulty{Storage: s.at, put: func(name string) error {
		if strings.HasPrefix(name, "answers/") && full.Add(-1) >= 0 {
			return syscall.ENOSPC
		}
		return nil
	}}
	for i, name := range []string{"n1", "n2"} {
		s.nodes[i] = node.New(s.keys[name], at, t.TempDir(), &node.Options{Workers: 1})
		t.Cleanup(s.nodes[i].Close)
	}
	p := New(d, &Options{Courier: func(domain.EngineDoc) (engine.Engine, storage.Storage, error) {
		return s, &faulty{Storage: s.at, put: func(string) error { return syscall.ENOSPC }}, nil
	}})
	s.ends(t, p, false)
	s.ends(t, s.pipeline(), true)
	if full.Load() > 0 {
		t.Error("no answer met a full disk")
	}
}

// TestNodeStopsWithItsRun: a node whose run's envelope is gone stops in the middle
// of a task, whatever the engine does; so a run is cancelled.
func TestNodeStopsWithItsRun(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	begun, ended := make(chan struct{}, 99), make(chan struct{}, 99)
	at := &faulty{Storage: s.at, get: func(ctx context.Context, name string) error {
		if strings.HasPrefix(name, "parts/") {
			begun <- struct{}{}
			<-ctx.Done() // a part that takes for ever
			ended <- struct{}{}
		}
		return ctx.Err()
	}}
	s.nodes = []*node.Service{node.New(s.keys["n1"], at, t.TempDir(), &node.Options{Workers: 1, Look: 20 * time.Millisecond})}
	t.Cleanup(s.nodes[0].Close)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel() // the core gives up
	}()
	if _, err := s.pipeline().Run(ctx, submit(file), user(t, d, "wang")); err == nil {
		t.Fatal("the run goes well")
	}
	<-ended
	s.empty(t)
}
