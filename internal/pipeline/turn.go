package pipeline

import (
	"context"
	"time"

	"glovebox/internal/domain"
	"glovebox/internal/job"
	"glovebox/internal/store"
)

// turn is a run's right to go on: the job is its own, and it has a place.
type turn struct {
	claim *domain.Claim
	place *domain.Place
	start time.Time // of its slots: the request, or the end of its waiting
}

func (t *turn) end() {
	t.place.Release()
	t.claim.Release()
}

// claim asks whether the job may run, and takes it and a place if it may;
// without a turn the stored answer is there. A job that another process runs is
// waited for, and so is a place, without the domain's lock and without workers;
// then everything is asked anew. A place is given back at the end of a run, so
// that how long others wait for it follows from slots and deadlines.
func (p *Pipeline) claim(ctx context.Context, s *domain.Session, r *request, asked time.Time) (*admission, *turn, error) {
	for told := false; ; {
		a, err := p.admit(ctx, r)
		if err != nil {
			return nil, nil, err
		}
		if d := a.decision(); !d.Allow {
			return nil, nil, p.refuse(ctx, a, d)
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
				place.Release()
			}
			claim.Release()
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
		known, err := tx.Has(store.Job, doc.ID)
		if err != nil || !known {
			same = doc.State == ""
			return err
		}
		var now job.Doc
		err = tx.Get(store.Job, doc.ID, &now)
		same = now.State == doc.State && now.Slot == doc.Slot
		return err
	})
	return same, err
}

// wait waits apart, and without workers. What may have changed meanwhile is
// read again.
func (p *Pipeline) wait(ctx context.Context, s *domain.Session, r *request, until func() error) error {
	r.crew.Close()
	r.reader.Close()
	if err := s.Apart(ctx, until); err != nil {
		return err
	}
	r.crew = p.crew()
	if err := p.readCatalogue(ctx, r); err != nil {
		return err
	}
	return r.readWalls()
}
