package pipeline

import (
	"context"
	"time"

	"glovebox.example/glovebox"
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

// maxBase bounds first slots.
const maxBase = 366 * 24 * time.Hour

// again is the first slot of a run of a job whose run before, which was stopped
// or failed, had its first slot at before; 0: there was none. To run a job again
// is free, and each run tells whether its work is done at moments that its
// author chose (by the deadline, or by a delay before the work). Were they
// chosen freely, many runs would tell to the millisecond how long the work
// takes. As it is, the second run's moments begin where the first one's second
// was, and all runs of a job together tell at most in which of 21 runs and at
// which of 21 slots it ended.
func again(base, before time.Duration) time.Duration {
	return max(base, min(2*before, maxBase))
}

// hold waits for the slot of a run that began at start and whose first slot is
// base. It fails only if the caller is interrupted, which is the caller's own
// doing.
func (p *Pipeline) hold(ctx context.Context, base time.Duration, start time.Time) error {
	left := slot(base, p.o.since(start)) - p.o.since(start)
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
