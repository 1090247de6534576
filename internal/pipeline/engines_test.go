package pipeline

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/node"
	"glovebox.example/glovebox/internal/spread/storage"
)

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
// is given holds a value of the data, a name of the job's, or a key. What is
// looked for has six bytes or more: in ten million bytes that look random, one of
// six is found by chance in fewer than one of ten million runs.
func TestEngineSeesNoData(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	canaries := [][]byte{[]byte("income"), []byte("schooling"), []byte(`"pums"`), []byte("AGE-SECRET-KEY"), []byte("high school")}
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
			if strings.Contains(name, "pums") || bytes.HasPrefix(b, []byte("PAR1")) {
				t.Errorf("%s has the name of a dataset, or is Parquet", name)
			}
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
