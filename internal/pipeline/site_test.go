package pipeline

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/node"
	"glovebox.example/glovebox/internal/spread/storage"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/jail"
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

// files are all whole files below the shared storage: others are written and
// removed by the other tasks meanwhile.
func (s *site) files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(filepath.Join(s.dir, folder), func(path string, e os.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".tmp-") {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
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
	jobs, lerr := p.Jobs(t.Context(), user(t, s.d, "wang").User, "", 0)
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
	// Names are looked at in their order: what a test lays comes first, whatever
	// has come by then.
	name := spread.NewAnswerName(run)
	at := strings.LastIndex(name, "/") + 1
	name = name[:at] + "2222" + name[at+4:]
	if err := s.at.Put(context.Background(), name, bytes.NewReader(data), int64(len(data))); err != nil {
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
