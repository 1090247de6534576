package crew

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// run is one Run.
type run struct {
	c       *Crew
	t       *Task
	spec    *os.File
	silence time.Duration
	todo    chan group
	mu      sync.Mutex // around Done and left
	per     int        // parts of a group
	left    int
	done    chan struct{} // closed when all parts are done
}

// group is a group's number and how often its worker was lost.
type group struct{ number, lost int }

// lost is the end of a worker that did nothing for the job. Its group is done
// again.
type lost struct{ why string }

func (l *lost) Error() string { return l.why }

// Run works on all parts. It returns when all are done, or one cannot be, or
// the context ends.
func (c *Crew) Run(ctx context.Context, t *Task) error {
	r, err := c.newRun(t)
	if err != nil {
		return err
	}
	defer r.spec.Close()
	for i := range r.left {
		r.todo <- group{number: i}
	}
	if t.Parts == 0 {
		return nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var group sync.WaitGroup
	for i := range min(c.o.Workers, r.left) {
		group.Go(func() {
			if !r.wait(ctx, time.Duration(i)*secondAfter) {
				return
			}
			var ready *jail.Process
			if i == 0 {
				ready, c.ready = c.ready, nil
			}
			if err := r.work(ctx, ready); err != nil {
				stop(err)
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

func (c *Crew) newRun(t *Task) (*run, error) {
	spec, err := role.EncodeJob(t.Job, t.Manifests)
	if err != nil {
		return nil, err
	}
	per := t.Job.PartsPerGroup(t.Parts)
	return &run{c: c, t: t, spec: spec, silence: c.silence(t.Job), todo: make(chan group, t.Parts), per: per, left: t.Parts / per, done: make(chan struct{})}, nil
}

// Prepare starts the job's module in a worker, without any data, so that one
// that cannot be started costs nothing. The worker waits for Run, or Close. It
// fails with CodeModule if the module is at fault.
func (c *Crew) Prepare(ctx context.Context, t *Task) error {
	r, err := c.newRun(t)
	if err != nil {
		return err
	}
	defer r.spec.Close()
	for n := 1; ; n++ {
		p, err := r.begin(ctx)
		if err == nil {
			c.ready = p
			return nil
		}
		if p != nil {
			p.Close()
		}
		var gone *lost
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !errors.As(err, &gone):
			return err
		case gone.why == jail.FaultModule.String():
			return glovebox.Errorf(glovebox.CodeModule, "the module cannot be started: _initialize or gbx_buffers fails, or its memory does not hold the job's window").
				WithFix("try it on sample rows; docs/formats/guest-abi.md says what happens before the first unit")
		case n == c.o.Attempts:
			return glovebox.Errorf(glovebox.CodeInternal, "a worker was lost %d times before the job began: %s", n, gone.why).WithFix("`glovebox doctor` checks the machine")
		}
	}
}

// secondAfter is how long the first worker is alone: a small job is done
// before a second one would be up.
const secondAfter = 100 * time.Millisecond

// wait waits, and says whether there is still work then.
func (r *run) wait(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.done:
	case <-ctx.Done():
	}
	return false
}

// work takes parts until there are none, with one worker after another; p, if
// it is not nil, is the first.
func (r *run) work(ctx context.Context, p *jail.Process) error {
	defer func() {
		if p != nil {
			p.Close()
		}
	}()
	for {
		var one group
		select {
		case one = <-r.todo:
		case <-r.done:
			return nil
		case <-ctx.Done():
			return nil // Run knows the cause
		}
		var err error
		p, err = r.try(ctx, p, one.number, r.take)
		var gone *lost
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &gone):
			p.Close()
			p = nil
			if one.lost++; one.lost >= r.c.o.Attempts {
				// Not why: a worker that has had data could choose that by the data.
				return glovebox.Errorf(glovebox.CodeInternal, "a part of the job was tried %d times and each time its worker was lost", one.lost).
					WithFix("run the job again: it is charged already and costs nothing more; `glovebox doctor` checks the machine")
			}
			r.todo <- one
		default:
			return err
		}
	}
}
