package crew

import (
	"context"
	"errors"
	"os"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
)

// Update makes a step of mode train in a worker of its own, which gets no data.
// ok is false if the module failed at it. A worker that is lost is tried again,
// Options.Attempts times in all: the step is a function of public numbers.
func (c *Crew) Update(ctx context.Context, j *work.Job, u *work.Update, code *os.File) (next []float64, ok bool, err error) {
	spec, err := role.EncodeUpdate(u)
	if err != nil {
		return nil, false, err
	}
	defer spec.Close()
	files := []*os.File{spec}
	if code != nil {
		files = append(files, code)
	}
	for n := 1; ; n++ {
		next, ok, err = c.update(ctx, c.stepSilence(j, u), len(u.State), files)
		var gone *lost
		switch {
		case ctx.Err() != nil:
			return nil, false, context.Cause(ctx)
		case !errors.As(err, &gone):
			return next, ok, err
		case n == c.o.Attempts:
			return nil, false, glovebox.Errorf(glovebox.CodeInternal, "an update was tried %d times and each time its worker was lost: %s", n, gone.why).
				WithFix("run the job again: it is charged already and costs nothing more; `glovebox doctor` checks the machine")
		}
	}
}

func (c *Crew) update(ctx context.Context, silence time.Duration, size int, files []*os.File) ([]float64, bool, error) {
	p, err := c.worker()
	if err != nil {
		return nil, false, err
	}
	defer p.Close()
	stop := kill(ctx, p)
	defer stop()
	if p.Send(role.MessageUpdate, nil, files...) != nil {
		return nil, false, &lost{jail.ErrGone.Error()}
	}
	for _, want := range []jail.Kind{jail.Sealed, role.FrameUpdated} {
		f, err := p.Next(silence)
		switch {
		case err != nil:
			return nil, false, &lost{err.Error()}
		case f.Kind == jail.Failure:
			return nil, false, failure(f)
		case f.Kind != want:
			return nil, false, &lost{jail.ErrFrame.Error()}
		case want == role.FrameUpdated && len(f.Payload) == 0:
			return nil, false, nil
		case want == role.FrameUpdated:
			next, ok := work.Numbers(f.Payload, size)
			if !ok {
				return nil, false, &lost{jail.ErrFrame.Error()}
			}
			return next, true, nil
		}
	}
	return nil, false, &lost{jail.ErrFrame.Error()}
}
