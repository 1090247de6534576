package crew

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
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

// try works on one group, with the worker p or a new one if it is nil, and gives
// its answer to take. It returns the worker, which is nil only if none was
// started.
func (r *run) try(ctx context.Context, p *jail.Process, number int, take func(partial []byte, number int, pieces *pieces) error) (*jail.Process, error) {
	if p == nil {
		var err error
		if p, err = r.begin(ctx); err != nil {
			return p, err
		}
	}
	stop := kill(ctx, p)
	defer stop()
	pieces := &pieces{make: r.t.Spool}
	defer pieces.close()
	var answer []byte
	for i := range r.per {
		var err error
		if answer, err = r.part(ctx, p, number*r.per+i, i == r.per-1, pieces); err != nil {
			return p, err
		}
	}
	return p, take(answer, number, pieces)
}

// patience is how long a worker may show no progress.
func (r *run) patience(p *jail.Process) time.Duration {
	if r.c.o.patience != nil {
		return r.c.o.patience(p)
	}
	return r.silence
}

// part hands a part to a worker and waits for its answer: a partial aggregate
// after the last part of a group, nothing after the others.
func (r *run) part(ctx context.Context, p *jail.Process, part int, last bool, pieces *pieces) ([]byte, error) {
	var files []work.Files
	defer func() {
		for _, f := range files {
			for _, x := range []*os.File{f.Part, f.Sealed} {
				if x != nil {
					_ = x.Close() // a file in memory
				}
			}
		}
	}()
	for _, name := range r.t.Job.Part(r.t.Inputs, part) {
		f, err := r.t.Open(ctx, name)
		files = append(files, f)
		if err != nil {
			return nil, err
		}
	}
	data, list := role.PartData(part, files)
	if p.Send(role.MessagePart, data, list...) != nil {
		return nil, &lost{jail.ErrGone.Error()}
	}
	for range maxBeats {
		f, err := p.Next(r.patience(p))
		switch {
		case err != nil:
			return nil, &lost{err.Error()}
		case f.Kind == jail.Beat:
			continue
		case f.Kind == jail.Failure:
			return nil, failure(f)
		case f.Kind == role.FrameReady && !last:
			return nil, nil
		case f.Kind == role.FramePiece && r.per == 1:
			if err := pieces.add(f.Payload, part); err != nil {
				return nil, err
			}
			continue
		case f.Kind == role.FramePartial && last:
			if rest, ok := ofPart(f.Payload, part); ok {
				return rest, nil
			}
		}
		return nil, &lost{jail.ErrFrame.Error()}
	}
	return nil, &lost{jail.ErrHang.Error()}
}

// take hands a group's answer on.
func (r *run) take(partial []byte, number int, pieces *pieces) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := pieces.handOver(number, partial, r.t); err != nil {
		return err
	}
	if r.left--; r.left == 0 {
		close(r.done)
	}
	return nil
}

// ofPart returns the partial aggregate in a frame.
func ofPart(payload []byte, part int) ([]byte, bool) {
	if len(payload) < 4 || binary.LittleEndian.Uint32(payload) != uint32(part) {
		return nil, false
	}
	return payload[4:], true
}

// begin makes a worker ready for parts.
func (r *run) begin(ctx context.Context) (*jail.Process, error) {
	p, err := r.c.worker()
	if err != nil {
		return nil, err
	}
	stop := kill(ctx, p)
	defer stop()
	files := []*os.File{r.spec}
	if r.t.Code != nil {
		files = append(files, r.t.Code)
	}
	if p.Send(role.MessageJob, nil, files...) != nil {
		return p, &lost{jail.ErrGone.Error()}
	}
	f, err := p.Next(r.patience(p))
	switch {
	case err != nil:
		return p, &lost{err.Error()}
	case f.Kind == jail.Failure:
		return p, failure(f)
	case f.Kind != jail.Sealed:
		return p, &lost{jail.ErrFrame.Error()}
	}
	f, err = p.Next(r.patience(p))
	switch {
	case err != nil:
		return p, &lost{err.Error()}
	case f.Kind == jail.Failure:
		return p, failure(f)
	case f.Kind != role.FrameReady:
		return p, &lost{jail.ErrFrame.Error()}
	}
	return p, nil
}

// failure is what a worker says about itself, in words of ours. It is believed
// only as far as a lost worker is: the same part may go well with another.
func failure(f jail.Frame) error {
	if why := jail.Fault(f.Payload[0]); why.Known() {
		return &lost{why.String()}
	}
	return &lost{jail.ErrFrame.Error()}
}
