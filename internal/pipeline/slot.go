package pipeline

import (
	"context"
	"time"

	"glovebox"
)

// FirstSlot is the first moment after a request at which its result can show,
// unless the job declares a deadline.
const FirstSlot = 100 * time.Millisecond

// slot is when a run shows that it ended, counted from its request: the first
// of base, 2*base, 4*base, ... that is not before it took. With base FirstSlot,
// the number of the slot is all that the time of a run tells of the data. With
// a declared deadline as base it tells nothing where the deadline is kept.
func slot(base, took time.Duration) time.Duration {
	for base < took && base < 1<<62 {
		base *= 2
	}
	return base
}

// base is the first slot of a job.
func base(r glovebox.ReleaseDef) time.Duration {
	if r.Deadline > 0 {
		return time.Duration(r.Deadline * float64(time.Second))
	}
	return FirstSlot
}

// hold waits for the slot of a run that began at start. It fails only if the
// caller is interrupted, which is the caller's own doing.
func (p *Pipeline) hold(ctx context.Context, r glovebox.ReleaseDef, start time.Time) error {
	left := slot(base(r), p.o.since(start)) - p.o.since(start)
	if left <= 0 {
		return ctx.Err()
	}
	return p.o.sleep(ctx, left)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
