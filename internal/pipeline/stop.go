package pipeline

import (
	"context"
	"errors"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// lookEvery is how often a run looks whether somebody stopped what it stands on:
// always the same, whatever the run does. A run ends within a second of a stop.
const lookEvery = 200 * time.Millisecond

// stands fails where the job may not begin, or go on, because somebody stopped
// what it stands on. It is asked in the transaction that makes each step of a run.
func stands(tx *store.Tx, a *admission) error {
	stop, err := domain.Standing(tx, &a.doc, a.by.Name)
	if err == nil && stop != nil {
		err = stop
	}
	return err
}

// stoppable is a context of a run that ends, with the reason as its cause, once
// somebody stops what the run stands on: in this process or in another one. A
// stop is public, and when it comes follows from no data.
func (p *Pipeline) stoppable(ctx context.Context, a *admission) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	before := p.stops(ctx, a)
	go func() {
		defer close(done)
		t := time.NewTicker(lookEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			err := p.d.Store.View(ctx, func(tx *store.Tx) error {
				stop, err := domain.Standing(tx, &a.doc, a.by.Name)
				if err == nil && stop != nil {
					cancel(stop)
				}
				return nil // where it cannot be read, the next look may tell, and the end of the run asks again
			})
			_ = err
			if p.stops(ctx, a) > before { // and somebody let go of it already
				cancel(glovebox.Errorf(glovebox.CodeDenied, "what the job stands on was stopped while it ran, and goes on now").WithFix("run the job again: it is paid for"))
			}
		}
	}()
	return ctx, func() { cancel(nil); <-done }
}

// stops is how often a run of the job was stopped: an entry tells of each, also of
// one that was let go of before anybody looked.
func (p *Pipeline) stops(ctx context.Context, a *admission) (n int) {
	_ = p.d.Store.View(ctx, func(tx *store.Tx) error { // as above
		all, err := domain.Jobs.Indexes(tx, a.doc.ID, "job.stop")
		n = len(all)
		return err
	})
	return n
}

// whyEnded is why a run ended: the stop, where there was one.
func whyEnded(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, ctx.Err()) {
			return cause
		}
	}
	return err
}

// over fails for a job that was cancelled: it is never run again.
func over(doc *job.Doc) error {
	if doc.State != job.Cancelled {
		return nil
	}
	d := *doc
	return d.To(job.Running)
}
