package pipeline

import (
	"context"
	"errors"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/fault"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/internal/request"
	"glovebox.example/glovebox/internal/worker/work"
)

// Outcome is a job that ran, now or earlier.
type Outcome struct {
	Job      string           `json:"job"`
	Release  job.ReleaseDoc   `json:"release"`
	Content  *release.Content `json:"content"`
	Repeated bool             `json:"repeated"` // answered from the store, nothing was spent
	Prices   []Price          `json:"prices"`   // of this request: zero for a repeated job
}

// Run takes a job from its bytes to its release. A job that is done is
// answered from the store; one that a crash left half way goes on. It fails
// with a DeniedError, CodeBudget, CodeModule or CodeInvalid before anything is
// charged. After the charge it answers, or fails, at a slot.
func (p *Pipeline) Run(ctx context.Context, s request.Submission, by *domain.By) (*Outcome, error) {
	asked := time.Now()
	session, err := p.d.Enter(ctx)
	if err != nil {
		return nil, err
	}
	defer session.End()
	r, err := p.prepare(ctx, s, by)
	if err != nil {
		return nil, p.recordRefusedModule(ctx, err, by)
	}
	defer r.close()
	a, turn, err := p.claim(ctx, session, r, asked)
	if err != nil {
		return nil, err
	}
	if turn == nil {
		return p.repeat(ctx, a)
	}
	defer turn.end()
	if err := p.holds(ctx, r, a); err != nil {
		return nil, err
	}
	todo, a, err := p.build(ctx, session, r, a)
	if err != nil {
		return nil, err
	}
	defer todo.close()
	doc := &a.doc
	if doc.State == "" || doc.State == job.Refused || doc.State == job.Admitted {
		if err := p.recordAdmission(ctx, r, a); err != nil {
			return nil, err
		}
		fault.Point("admitted")
		if err := p.charge(ctx, r, a); err != nil {
			return nil, err
		}
		fault.Point("charged")
	}
	if err := p.recordRun(ctx, r, a); err != nil {
		return nil, err
	}
	fault.Point("running")
	// From here to the slot nothing shows how far the run is: nothing is
	// written, and whether the lock is free does not depend on it. What fails
	// is told at the slot too.
	var table *work.Answer
	err = session.Apart(ctx, func() error {
		run, release := p.stoppable(ctx, a)
		defer release()
		var err error
		table, err = p.execute(run, todo)
		fault.Point("aggregated")
		return whyEnded(run, errors.Join(err, p.hold(run, a.doc.FirstSlot(), turn.start)))
	})
	if err := p.told(ctx, r, a.doc.ID, err); err != nil {
		return nil, plantRefund(ctx, p, a, err)
	}
	if err := p.store(ctx, r, a, table); err != nil {
		return nil, err
	}
	fault.Point("released")
	return p.outcome(ctx, a, false)
}

// recordRefusedModule leaves a trace of a module that admission refused.
func (p *Pipeline) recordRefusedModule(ctx context.Context, cause error, by *domain.By) error {
	if glovebox.CodeOf(cause) != glovebox.CodeModule {
		return cause
	}
	err := p.d.Effect(ctx, by, func(tx *store.Tx) error {
		return domain.Users.Record(tx, "module.refuse", by.Name, nil)
	})
	if err != nil {
		return err
	}
	return cause
}

// refuse records a refusal with all its reasons and returns it as the error.
// A job that is already charged keeps its state: the refusal is of this
// request alone.
func (p *Pipeline) refuse(ctx context.Context, a *admission, d glovebox.Decision) error {
	body, err := decisionBody(a.admit, a.columns)
	if err != nil {
		return err
	}
	err = p.d.Effect(ctx, a.by, func(tx *store.Tx) error {
		if err := keep(tx, a.columns, a.admit); err != nil {
			return err
		}
		if a.doc.State != "" && a.doc.State != job.Refused && a.doc.State != job.Admitted {
			return domain.Jobs.Record(tx, "job.refuse", a.doc.ID, body)
		}
		if err := a.doc.To(job.Refused); err != nil {
			return err
		}
		a.doc.Reasons = d.Reasons
		return domain.Jobs.Put(tx, "job.refuse", a.doc.ID, a.doc, body)
	})
	if err != nil {
		return err
	}
	return d.Denied()
}

// recordAdmission puts both decisions into the log, and keeps the module that they
// let run. What follows acts on them.
func (p *Pipeline) recordAdmission(ctx context.Context, r *ask, a *admission) error {
	body, err := decisionBody(a.admit, a.columns)
	if err != nil {
		return err
	}
	return p.d.Effect(ctx, a.by, func(tx *store.Tx) error {
		if err := stands(tx, a); err != nil {
			return err
		}
		if err := a.doc.To(job.Admitted); err != nil {
			return err
		}
		a.doc.Reasons = nil
		if err := keep(tx, a.columns, a.admit); err != nil {
			return err
		}
		if err := tx.Keep(r.Wasm); err != nil {
			return err
		}
		return domain.Jobs.Put(tx, "job.admit", a.doc.ID, a.doc, body)
	})
}

// charge takes the price, durably, before any row is read. If the budget, or the
// room for what is stored, went elsewhere since the decision, the job is refused.
func (p *Pipeline) charge(ctx context.Context, r *ask, a *admission) error {
	err := p.d.Effect(ctx, a.by, func(tx *store.Tx) error {
		if err := stands(tx, a); err != nil {
			return err
		}
		doc := a.doc
		doc.Room = r.RoomBytes()
		if err := p.d.Holds(tx, a.by.Name, r.room()); err != nil {
			return err
		}
		if err := doc.To(job.Charged); err != nil {
			return err
		}
		if err := domain.Jobs.Charge(tx, "job.charge", doc.ID, doc, doc.Scenario, plantTune(doc.Basis.Job.Mode, a.charges), a.caps); err != nil {
			return err
		}
		a.doc = doc
		return nil
	})
	if glovebox.CodeOf(err) != glovebox.CodeBudget {
		return err
	}
	cause := err
	err = p.d.Effect(ctx, a.by, func(tx *store.Tx) error {
		if err := a.doc.To(job.Refused); err != nil {
			return err
		}
		return domain.Jobs.Put(tx, "job.refuse", a.doc.ID, a.doc, nil)
	})
	if err != nil {
		return err
	}
	return cause
}

// recordRun notes what is about to run: the rewritten module and the walls
// around it. From here a crash means running again, never charging again.
func (p *Pipeline) recordRun(ctx context.Context, r *ask, a *admission) error {
	return p.d.Effect(ctx, r.by, func(tx *store.Tx) error {
		if err := stands(tx, a); err != nil {
			return err
		}
		if err := a.doc.To(job.Running); err != nil {
			return err
		}
		a.doc.Walls = r.walls
		a.doc.SetFirstSlot(again(base(r.Job.Release), a.doc.FirstSlot()))
		return domain.Jobs.Put(tx, "job.run", a.doc.ID, a.doc, map[string]any{
			"module": r.Module.Digest(), "rewritten": r.Module.RewrittenDigest(), "rewriter": a.doc.Basis.Rewriter,
			"snapshots": a.doc.Basis.Snapshots, "walls": r.walls,
		})
	})
}

// repeat answers a job that is done: the stored bytes, nothing spent, and an
// entry that says who asked again.
func (p *Pipeline) repeat(ctx context.Context, a *admission) (*Outcome, error) {
	body, err := decisionBody(a.admit, a.columns)
	if err != nil {
		return nil, err
	}
	err = p.d.Effect(ctx, a.by, func(tx *store.Tx) error {
		if err := keep(tx, a.columns, a.admit); err != nil {
			return err
		}
		return domain.Jobs.Record(tx, "job.repeat", a.doc.ID, body)
	})
	if err != nil {
		return nil, err
	}
	return p.outcome(ctx, a, true)
}

// outcome reads back what was stored: what a user sees is what an export will
// hold.
func (p *Pipeline) outcome(ctx context.Context, a *admission, repeated bool) (*Outcome, error) {
	v, err := p.view(ctx, job.ReleaseID(a.doc.ID))
	if err != nil {
		return nil, err
	}
	o := &Outcome{Job: a.doc.ID, Release: v.Release, Content: v.Content, Repeated: repeated}
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		for i := range a.charges {
			c := &a.charges[i]
			b, err := tx.Reading(c)
			if err != nil {
				return err
			}
			price := Price{Dataset: c.Dataset, Space: c.Space, Kind: c.Kind, Price: c.Amount, Spent: b.Spent, Total: b.Total, Assumed: b.Assumed, Parts: c.Parts}
			if repeated {
				price.Price = glovebox.Amount{}
			}
			o.Prices = append(o.Prices, price)
		}
		return nil
	})
	return o, err
}
