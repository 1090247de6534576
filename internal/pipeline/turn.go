package pipeline

import (
	"context"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// turn is a run's right to go on: the job is its own, and it has a place.
type turn struct {
	claim *domain.Claim
	place *domain.Place
	start time.Time // of its slots: the request, or the end of its waiting
}

func (t *turn) end() {
	t.place.Close()
	t.claim.Close()
}

// claim asks whether the job may run, and takes it and a place if it may;
// without a turn the stored answer is there. A job that another process runs is
// waited for, and so is a place, without the domain's lock and without workers;
// then everything is asked anew. A place is given back at the end of a run, so
// that how long others wait for it follows from slots and deadlines.
func (p *Pipeline) claim(ctx context.Context, s *domain.Session, r *ask, asked time.Time) (*admission, *turn, error) {
	for told := false; ; {
		a, err := p.admit(ctx, r)
		if err != nil {
			return nil, nil, err
		}
		if d := a.decision(); !d.Allow {
			return nil, nil, p.refuse(ctx, a, d)
		}
		if err := over(&a.doc); err != nil {
			return nil, nil, err
		}
		if a.stored {
			return a, nil, nil
		}
		if p.o.admitted != nil {
			p.o.admitted()
		}
		wait := func() error { return p.d.AwaitClaim(ctx, a.doc.ID) }
		claim, err := p.d.Claim(a.doc.ID)
		if err != nil {
			return nil, nil, err
		}
		if claim != nil {
			place, err := p.d.Place()
			var same bool
			if err == nil {
				same, err = p.same(ctx, &a.doc)
			}
			if err == nil && place != nil && same {
				return a, &turn{claim, place, asked}, nil
			}
			if place != nil {
				place.Close()
			}
			claim.Close()
			switch {
			case err != nil:
				return nil, nil, err
			case !same:
				continue
			}
			if wait = func() error { return p.d.AwaitPlace(ctx) }; !told && p.o.Waiting != nil {
				p.o.Waiting(p.d.MaxRuns)
			}
			told = true
		}
		if err := p.wait(ctx, s, r, wait); err != nil {
			return nil, nil, err
		}
		asked = time.Now()
	}
}

// same says whether the job is still where it was when it was admitted. Now
// that it is claimed it stays there.
func (p *Pipeline) same(ctx context.Context, doc *job.Doc) (same bool, err error) {
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		now, err := domain.Jobs.Find(tx, doc.ID)
		if err != nil || now == nil {
			same = doc.State == ""
			return err
		}
		same = now.State == doc.State && now.Slot == doc.Slot
		return nil
	})
	return same, err
}

// wait waits apart, and without workers. What may have changed meanwhile is
// read again.
func (p *Pipeline) wait(ctx context.Context, s *domain.Session, r *ask, until func() error) error {
	r.runner.Close()
	r.Rest()
	if err := s.Apart(ctx, until); err != nil {
		return err
	}
	if err := r.start(ctx, p); err != nil {
		return err
	}
	return p.readAgain(ctx, r)
}

// readAgain reads what may have changed while the request was apart.
func (p *Pipeline) readAgain(ctx context.Context, r *ask) (err error) {
	if r.by.User, err = p.d.ActiveUser(ctx, r.by.Name); err != nil {
		return err
	}
	known, err := p.datasets(ctx, r.Codes())
	if err == nil {
		err = r.Take(known)
	}
	if err != nil {
		return err
	}
	return r.readWalls()
}

// build makes the work of an admitted job apart: compiling a module and starting
// it can take seconds, and the lock is not its author's to hold. If others could
// write meanwhile, the job is admitted anew; it has to be the same one still,
// since the work was made for it.
func (p *Pipeline) build(ctx context.Context, s *domain.Session, r *ask, a *admission) (w *jobWork, _ *admission, err error) {
	err = s.Apart(ctx, func() error {
		if p.o.building != nil {
			p.o.building()
		}
		var err error
		w, err = p.newWork(ctx, r, a)
		return err
	})
	if err == nil && s.Left() {
		a, err = p.readmit(ctx, r, a)
	}
	if err != nil && w != nil {
		w.close()
	}
	return w, a, err
}

// readmit admits a claimed job again.
func (p *Pipeline) readmit(ctx context.Context, r *ask, before *admission) (*admission, error) {
	if err := p.readAgain(ctx, r); err != nil {
		return nil, err
	}
	a, err := p.admit(ctx, r)
	if err != nil {
		return nil, err
	}
	if d := a.decision(); !d.Allow {
		return nil, p.refuse(ctx, a, d)
	}
	if a.doc.ID != before.doc.ID || a.stored {
		return nil, glovebox.Errorf(glovebox.CodeConflict, "data, masks or policy changed while the job was prepared; nothing was charged").
			WithFix("run it again")
	}
	return a, nil
}
