package node

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/internal/spread/storage"
	"glovebox.example/glovebox/internal/worker/crew"
)

// Words of the socket.
const (
	wordDone   = "done"
	wordFailed = "failed" // why is in the node's own log
)

// Bounds of the service.
const (
	maxLine    = 128 // bytes of what a task says
	maxCallers = 512 // at once
	// tick is what the time of a task is rounded up to, as its caller sees it.
	tick = 50 * time.Millisecond
)

// Options of New. The zero value is what the product uses.
type Options struct {
	// Workers is how many groups are worked on at once; zero: one a core.
	Workers int
	// Log takes what the node says of itself: names, numbers, no value and no
	// key. nil: nothing is said.
	Log *slog.Logger
	// Look is how often the service looks whether a run is still wanted; zero:
	// two seconds.
	Look time.Duration

	now func() time.Time
}

// Service is a node at work.
type Service struct {
	key   *spread.NodeKey
	at    storage.Storage
	cache string
	o     Options

	mu   sync.Mutex
	runs map[string]*run
}

// New makes the service of a node whose folder is dir: compiled modules are kept
// there.
func New(key *spread.NodeKey, at storage.Storage, dir string, o *Options) *Service {
	s := &Service{key: key, at: at, cache: filepath.Join(dir, "cache", "wasm"), runs: map[string]*run{}}
	if o != nil {
		s.o = *o
	}
	if s.o.Log == nil {
		s.o.Log = slog.New(slog.DiscardHandler)
	}
	if s.o.Look == 0 {
		s.o.Look = 2 * time.Second
	}
	if s.o.now == nil {
		s.o.now = time.Now
	}
	return s
}

// Serve takes tasks until the context ends. It closes the listener, and all
// workers.
func (s *Service) Serve(ctx context.Context, l net.Listener) error {
	defer s.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	var group sync.WaitGroup
	defer group.Wait()
	places := make(chan struct{}, maxCallers)
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case places <- struct{}{}:
			group.Go(func() {
				defer func() { <-places }()
				s.call(ctx, c)
			})
		default:
			_ = c.Close() // too many at once: its engine tries again
		}
	}
}

// call answers one task.
func (s *Service) call(ctx context.Context, c net.Conn) {
	defer c.Close()
	begun := time.Now()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r := bufio.NewReaderSize(c, maxLine)
	line, err := r.ReadSlice('\n')
	if err != nil {
		return
	}
	id, number, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
	task, err := strconv.Atoi(number)
	if !ok || err != nil || !spread.IsRun(id) {
		return
	}
	// The engine killed the task, or all of its machine: so the work ends too.
	go func() {
		_, _ = r.ReadByte()
		stop()
	}()
	word := wordDone
	if err := s.Task(ctx, id, task); err != nil {
		word = wordFailed
		s.o.Log.Warn("task failed", "node", s.key.Name, "run", id, "task", task, "why", err.Error())
	}
	// When it ends tells how much there was to do, in steps of a tick.
	t := time.NewTimer(tick - time.Since(begun)%tick)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	_, _ = io.WriteString(c, word+"\n") // who is gone needs no answer
}

// Task does one task of a run and lays the answer on shared storage.
func (s *Service) Task(ctx context.Context, id string, task int) error {
	r, err := s.run(ctx, id)
	if err != nil {
		return err
	}
	defer r.leave()
	return r.task(ctx, task)
}

// errOver is said of a run that is not wanted any more.
var errOver = errors.New("the run is over, or was never there")

// run opens a run's envelope, or takes the one that is open. It is read again for
// each task: one whose envelope is gone is over.
func (s *Service) run(ctx context.Context, id string) (*run, error) {
	data, err := storage.Read(ctx, s.at, spread.EnvelopeName(id), spread.MaxSealedEnvelope)
	if err != nil {
		return nil, errors.Join(errOver, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.runs[id]
	if r == nil {
		e, err := s.key.OpenEnvelope(data, id, s.o.now())
		if err != nil {
			return nil, err
		}
		r = s.open(e)
		s.runs[id] = r
		go s.watch(r)
	}
	r.enter()
	return r, nil
}

// watch ends a run whose envelope is gone, or whose lease is over.
func (s *Service) watch(r *run) {
	t := time.NewTicker(s.o.Look)
	defer t.Stop()
	var seen [32]byte
	until := r.e.Until
	for range t.C {
		if r.ctx.Err() != nil {
			return
		}
		data, err := storage.Read(r.ctx, s.at, spread.EnvelopeName(r.id), spread.MaxSealedEnvelope)
		if sum := sha256.Sum256(data); err == nil && sum != seen {
			var e *spread.Envelope
			if e, err = s.key.OpenEnvelope(data, r.id, s.o.now()); err == nil { // renewed
				seen, until = sum, e.Until
			}
		}
		if err != nil || !s.o.now().Before(until) {
			s.drop(r)
			return
		}
	}
}

// drop ends a run and all that works on it.
func (s *Service) drop(r *run) {
	s.mu.Lock()
	if s.runs[r.id] == r {
		delete(s.runs, r.id)
	}
	s.mu.Unlock()
	r.stop()
}

// Close ends all runs and their workers. Tasks that come later begin anew.
func (s *Service) Close() {
	s.mu.Lock()
	all := s.runs
	s.runs = map[string]*run{}
	s.mu.Unlock()
	for _, r := range all {
		r.stop()
	}
}

func (s *Service) open(e *spread.Envelope) *run {
	r := &run{s: s, e: e, id: e.Run, crew: crew.New(&crew.Options{Workers: s.o.Workers, Cache: s.cache})}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}
