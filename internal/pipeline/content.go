package pipeline

import (
	"context"
	"encoding/json"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/policy"
	"glovebox.example/glovebox/privacy"
)

// Facts say how a release was made. They are the predicate of its statement;
// docs/formats/release-bundle.md lists the fields.
type Facts struct {
	Domain   string                `json:"domain"`
	Job      string                `json:"job"`
	Identity string                `json:"identity"` // digest of everything the answer depends on
	Scenario string                `json:"scenario"`
	Purpose  glovebox.Text         `json:"purpose"`
	Grant    GrantFacts            `json:"grant"`
	Product  glovebox.Product      `json:"product"`
	Module   ModuleFacts           `json:"module"`
	Params   map[string]any        `json:"params,omitempty"`
	Inputs   map[string]InputFacts `json:"inputs"`
	Files    map[string]string     `json:"files,omitempty"` // public references and key lists: digests
	Policy   string                `json:"policy"`          // revision
	Privacy  privacy.Facts         `json:"privacy"`
	Charges  []glovebox.Charge     `json:"charges"`
	Mode     string                `json:"mode"`
	Output   glovebox.Output       `json:"output,omitzero"`  // mode map
	Blocks   *glovebox.Blocks      `json:"blocks,omitempty"` // mode blocks
	Train    *glovebox.Train       `json:"train,omitempty"`  // mode train
	// FailedUpdates are the steps of mode train at which the module failed.
	FailedUpdates int                           `json:"failed_updates,omitempty"`
	Guarantee     map[string]map[string]float64 `json:"guarantee"` // by ledger, CODE or space/NAME: what the charge means
	// Group is how many units of the job whoever is protected stands in, where
	// that is more than one: charges and guarantee are for that many.
	Group int64 `json:"group,omitempty"`
}

// GrantFacts are the grant that a release stands on.
type GrantFacts struct {
	By    string `json:"by"`
	From  string `json:"from"`
	Until string `json:"until"`
}

// ModuleFacts are the code that ran.
type ModuleFacts struct {
	Digest    string `json:"digest"`
	Name      string `json:"name"`
	Version   string `json:"version"`
	Function  string `json:"function"`
	Rewritten string `json:"rewritten"`
	Rewriter  string `json:"rewriter"`
}

// InputFacts are what was read of one dataset. The filter's text is the job
// author's and is shown; the data behind it is not.
type InputFacts struct {
	Snapshot string                   `json:"snapshot"`
	Version  int                      `json:"version"`
	Columns  []string                 `json:"columns"`
	Unit     string                   `json:"unit,omitempty"` // unit column that the job is about, where it is not the default
	Where    string                   `json:"where,omitempty"`
	Masks    map[string]glovebox.Mask `json:"masks,omitempty"`
	MaxRows  int                      `json:"max_rows,omitempty"` // rows of one unit that the module saw at most
	Period   string                   `json:"period,omitempty"`   // column of the periods: what is promised is promised to a unit in a period
}

// store makes the release of a table: asks the policy, and puts bytes, release
// and the finished job into the database as one change.
func (p *Pipeline) store(ctx context.Context, r *ask, a *admission, t *work.Answer) error {
	doc := job.ReleaseDoc{ID: job.ReleaseID(a.doc.ID), Job: a.doc.ID, Scenario: a.doc.Scenario, Product: a.doc.Product,
		State: job.Pending, Approvals: []job.Approval{}, Made: p.d.Stamp()}
	var in *policy.Input
	err := p.d.Store.View(ctx, func(tx *store.Tx) (err error) {
		in, err = p.releaseInput(tx, r.by, &doc)
		return err
	})
	if err != nil {
		return err
	}
	in.Point = glovebox.PointRelease
	d, err := p.decide(ctx, in)
	if err != nil {
		return err
	}
	doc.Decision = d.Decision
	body, err := decisionBody(d)
	if err != nil {
		return err
	}
	if !doc.Decision.Allow {
		err := p.d.Effect(ctx, r.by, func(tx *store.Tx) error {
			if err := keep(tx, d); err != nil {
				return err
			}
			return domain.Jobs.Record(tx, "release.refuse", a.doc.ID, body)
		})
		if err != nil {
			return err
		}
		return doc.Decision.Denied()
	}
	doc.Needed, doc.State = approvers(d.Decision), ""
	first := job.Pending
	if len(doc.Needed) == 0 {
		first = job.Approved
	}
	if err := doc.To(first); err != nil {
		return err
	}
	return p.d.Effect(ctx, r.by, func(tx *store.Tx) error {
		if err := stands(tx, a); err != nil {
			return err
		}
		content, err := p.content(tx, r, a, t)
		if err != nil {
			return err
		}
		data, digest, err := content.Encode()
		if err != nil {
			return err
		}
		if _, err := tx.PutBlob(data); err != nil {
			return err
		}
		doc.Content = digest
		if err := keep(tx, d); err != nil {
			return err
		}
		if err := domain.Releases.Put(tx, "release.make", doc.ID, doc, map[string]any{"content": digest, "decision": doc.Decision}); err != nil {
			return err
		}
		if err := a.doc.To(job.Done); err != nil {
			return err
		}
		a.doc.Release, a.doc.Room = doc.ID, 0
		return domain.Jobs.Put(tx, "job.done", a.doc.ID, a.doc, map[string]any{"release": doc.ID})
	})
}

// content is what the release holds: the answer and how it was made.
func (p *Pipeline) content(tx *store.Tx, r *ask, a *admission, t *work.Answer) (*release.Content, error) {
	c := &release.Content{ID: job.ReleaseID(a.doc.ID), Columns: t.Columns, Rows: t.Rows}
	facts, err := p.facts(tx, r, a, t)
	if err != nil {
		return nil, err
	}
	c.Facts, err = json.Marshal(facts)
	return c, err
}

func (p *Pipeline) facts(tx *store.Tx, r *ask, a *admission, t *work.Answer) (*Facts, error) {
	var s domain.ScenarioDoc
	var g glovebox.Grant
	if err := domain.Scenarios.Get(tx, a.doc.Scenario, &s); err != nil {
		return nil, err
	}
	if err := domain.Grants.Get(tx, a.doc.Scenario, &g); err != nil {
		return nil, err
	}
	m := r.Module.Manifest()
	f := &Facts{Domain: p.d.Name, Job: a.doc.ID, Identity: a.doc.Identity, Scenario: s.Code, Purpose: s.Purpose,
		Grant:  GrantFacts{By: g.By, From: g.From, Until: g.Until},
		Module: ModuleFacts{r.Module.Digest(), m.Name, m.Version, r.Function.Name, r.Module.RewrittenDigest(), a.doc.Basis.Rewriter},
		Params: r.Job.Params, Inputs: map[string]InputFacts{}, Files: r.Digests, Policy: a.doc.Basis.Policy, Privacy: r.Facts(t.Facts),
		Charges: a.charges, Mode: r.Job.Mode, Output: r.Job.Output, Blocks: r.Job.Blocks, Train: r.Job.Train, FailedUpdates: t.Failed, Guarantee: map[string]map[string]float64{}}
	for _, x := range s.Products {
		if x.Code == a.doc.Product {
			f.Product = x
			f.Product.Readers = nil // who its customers are is not the release's to tell
		}
	}
	if n := r.Group(); n > 1 {
		f.Group = n
	}
	for code, in := range r.Job.Inputs {
		f.Inputs[code] = InputFacts{Snapshot: a.doc.Basis.Snapshots[code], Version: a.doc.Basis.Versions[code], Columns: in.Columns, Unit: a.doc.Basis.Job.Inputs[code].Unit,
			Where: in.Where, Masks: a.doc.Basis.Masks[code], MaxRows: r.Datasets[code].Record.Unit.MaxRows, Period: r.Datasets[code].Record.Period}
	}
	for _, c := range a.charges {
		delta := float64(c.Amount.Delta) * glovebox.DeltaUnit
		if c.Kind == glovebox.LedgerPure {
			f.Guarantee[c.Account()] = map[string]float64{"epsilon": float64(c.Amount.Loss) * glovebox.LossUnit, "delta": delta}
		} else {
			f.Guarantee[c.Account()] = map[string]float64{"rho": float64(c.Amount.Loss) * glovebox.LossUnit, "delta": delta}
		}
	}
	return f, nil
}
