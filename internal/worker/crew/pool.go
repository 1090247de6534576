package crew

import (
	"context"
	"errors"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
)

// Pool keeps the workers of one task between groups that somebody else hands
// out, one at a time and in any order. It is safe for concurrent use: at most
// Options.Workers groups are worked on at once, others wait.
type Pool struct {
	r      *run
	places chan struct{}
	mu     sync.Mutex
	idle   []*jail.Process
	closed bool
}

// Pool makes one. t.Done is not called: see Group.
func (c *Crew) Pool(t *Task) (*Pool, error) {
	r, err := c.newRun(t)
	if err != nil {
		return nil, err
	}
	return &Pool{r: r, places: make(chan struct{}, c.o.Workers)}, nil
}

// Groups is how many groups the task has.
func (p *Pool) Groups() int { return p.r.left }

// Group works on one group. A worker that is lost is replaced, Options.Attempts
// workers in all. done is what Task.Done is for Run. When the context ends, the
// worker is killed at once.
func (p *Pool) Group(ctx context.Context, number int, done func(partial []byte, last bool) error) error {
	if number < 0 || number >= p.r.left {
		return glovebox.Errorf(glovebox.CodeInvalid, "the task has no group %d", number)
	}
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	t := *p.r.t
	t.Done = func(_ int, partial []byte, last bool) error { return done(partial, last) }
	take := func(partial []byte, number int, pieces *pieces) error { return pieces.handOver(number, partial, &t) }
	for n := 1; ; n++ {
		w, err := p.r.try(ctx, p.take(), number, take)
		var gone *lost
		switch {
		case err == nil:
			p.keep(w)
			return nil
		case w != nil:
			w.Close() // it may be in the middle of something
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !errors.As(err, &gone):
			return err
		case n == p.r.c.o.Attempts:
			return glovebox.Errorf(glovebox.CodeInternal, "a part of the job was tried %d times and each time its worker was lost", n).WithFix("`glovebox doctor` checks the machine")
		}
	}
}

// take is an idle worker, or nil.
func (p *Pool) take() *jail.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	w := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return w
}

// keep keeps a worker for the next group.
func (p *Pool) keep(w *jail.Process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		w.Close()
		return
	}
	p.idle = append(p.idle, w)
}

// Close ends the idle workers. One that is at work ends when it is done, or with
// its context.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, w := range p.idle {
		w.Close()
	}
	p.idle = nil
	_ = p.r.spec.Close() // a file in memory
}
