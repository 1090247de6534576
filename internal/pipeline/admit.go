package pipeline

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/policy"
	"glovebox.example/glovebox/privacy/accounting"
)

// admission is a request with the policy's answers, its price and its identity.
type admission struct {
	by      *domain.By // who asks now; doc.Submitter may be another developer
	admit   decided
	columns decided
	charges []glovebox.Charge
	caps    []store.Cap
	prices  []Price
	doc     job.Doc // as it would be or is
	stored  bool    // the job is done: its release is there
}

// decision is what the user is told: all reasons of both points, each once.
func (a *admission) decision() glovebox.Decision {
	d := a.admit.Decision
	d.Allow = a.admit.Allow && a.columns.Allow
	if a.admit.Allow {
		d.Reasons = append(slices.Clone(d.Reasons), a.columns.Reasons...)
	}
	return d
}

// masks are the columns decision's demands, by dataset and column.
func (a *admission) masks() map[string]job.MaskPlan {
	out := map[string]job.MaskPlan{}
	for _, o := range a.columns.Obligations {
		if o.Kind != "mask" || o.Mask == nil {
			continue
		}
		if out[o.Dataset] == nil {
			out[o.Dataset] = job.MaskPlan{}
		}
		out[o.Dataset][o.Column] = *o.Mask
	}
	return out
}

// admit prices the job, finds its identity and asks both decision points. It
// changes nothing. A job that is paid for asks the ledgers for nothing more.
func (p *Pipeline) admit(ctx context.Context, r *ask) (*admission, error) {
	a := &admission{by: r.by}
	in, err := p.input(ctx, r, a)
	if err != nil {
		return nil, err
	}
	in.Point = glovebox.PointColumns
	if a.columns, err = p.decide(ctx, in); err != nil {
		return nil, err
	}
	if err := p.divide(ctx, r, a, in); err != nil {
		return nil, err
	}
	if err := p.identify(ctx, r, a); err != nil {
		return nil, err
	}
	in.Job.Paid = a.paid()
	in.Point = glovebox.PointAdmit
	a.admit, err = p.decide(ctx, in)
	return a, err
}

// paid says whether the job was charged before.
func (a *admission) paid() bool {
	return a.doc.State == job.Charged || a.doc.State == job.Running || a.doc.State == job.Done
}

// identify digests what the job's answer depends on and looks whether the
// domain knows that job.
func (p *Pipeline) identify(ctx context.Context, r *ask, a *admission) error {
	spec := basis(r.Request)
	spec.Snapshots, spec.Versions, spec.Policy, spec.Masks = map[string]string{}, map[string]int{}, p.d.Policy.Revision(), a.masks()
	for code, doc := range r.Datasets {
		if doc.Snapshot != nil {
			spec.Snapshots[code], spec.Versions[code] = doc.Snapshot.Digest, doc.Snapshot.Version
		}
	}
	identity, err := spec.Identity()
	if err != nil {
		return err
	}
	a.doc = job.Doc{ID: job.IDOf(identity), Identity: identity, Scenario: r.Job.Scenario, Product: r.Job.Product,
		Submitter: r.by.Name, Submitted: p.d.Stamp(), Basis: spec, Prices: map[string]glovebox.Charge{}}
	for _, c := range a.charges {
		if c.Space != "" {
			a.doc.Spaces = append(a.doc.Spaces, c)
		} else {
			a.doc.Prices[c.Dataset] = c
		}
	}
	return p.d.Store.View(ctx, func(tx *store.Tx) error {
		old, err := domain.Jobs.Find(tx, a.doc.ID)
		if err != nil || old == nil {
			return err
		}
		if old.Identity != identity {
			return glovebox.Errorf(glovebox.CodeInternal, "two jobs have the short name %s", a.doc.ID)
		}
		a.stored = old.State == job.Done
		if old.State == job.Refused || old.State == job.Admitted {
			// Nobody has paid for it yet: it is the job of whoever asks now.
			old.Submitter, old.Submitted = a.doc.Submitter, a.doc.Submitted
		}
		a.doc = *old
		return nil
	})
}

// input is what the policy is told of a request.
func (p *Pipeline) input(ctx context.Context, r *ask, a *admission) (*policy.Input, error) {
	facts := r.Mode.Facts() // a job that declares no output touches one answer
	in := &policy.Input{
		Time: p.d.LocalTime(), User: r.by.User, Product: r.Job.Product, Walls: r.walls,
		Module: policy.Module{Digest: r.Module.Digest(), Admitted: true},
		People: policy.People{Submitter: r.by.Name}, Act: policy.Act{Proof: string(r.by.Proof())},
		Job: policy.Job{
			Inputs: map[string]policy.JobInput{}, Mode: r.Job.Mode, Blocks: facts.Blocks, Rounds: facts.Rounds,
			Output:  policy.Output{MaxKeysPerUnit: max(1, r.Job.Output.MaxKeysPerUnit), MaxRecordsPerKey: r.Job.Output.MaxRecordsPerKey},
			Exact:   facts.BarelyNoised(),
			Release: policy.Method{Method: r.Job.Release.Method, Epsilon: r.Job.Release.Epsilon, Rho: r.Job.Release.Rho, Delta: r.Job.Release.Delta},
		},
		Datasets: map[string]policy.Dataset{}, Spaces: map[string]policy.Space{},
	}
	for _, m := range r.Job.Output.Metrics {
		in.Job.Output.Kinds = append(in.Job.Output.Kinds, m.Kind)
	}
	for _, k := range r.Job.Output.Key {
		in.Job.Output.KeyTypes = append(in.Job.Output.KeyTypes, k.Type)
		in.Job.Output.PrivateKeys = in.Job.Output.PrivateKeys || k.Private
	}
	for code, x := range r.Job.Inputs {
		ji := policy.JobInput{Columns: x.Columns}
		if f := r.Filters[code]; f != nil {
			ji.FilterColumns = f.Columns
		}
		in.Job.Inputs[code] = ji
	}
	spec := basis(r.Request)
	asked, err := spec.Asked()
	if err != nil {
		return nil, err
	}
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		var err error
		if in.Local, err = domain.Local(tx); err != nil {
			return err
		}
		if err := p.readListed(tx, in, asked); err != nil {
			return err
		}
		if err := readScenario(tx, r.Job.Scenario, in); err != nil {
			return err
		}
		if err := readInstitutions(tx, in); err != nil {
			return err
		}
		for code, d := range r.Datasets {
			if err := readDataset(tx, code, &d, in, r.Job.Scenario, r.by.Name); err != nil {
				return err
			}
			ds, err := in.Datasets[code], error(nil)
			if ds.Cost, err = r.Mode.Cost(ds.Ledger.Kind); err == nil {
				ds.Cost, err = accounting.Group(ds.Ledger.Kind, ds.Cost, r.Group())
			}
			if err != nil {
				return r.Blame(err, "release")
			}
			a.caps = append(a.caps, capsOf(code, r.by.Name, ds)...)
			a.charges = append(a.charges, glovebox.Charge{Dataset: code, Kind: ds.Ledger.Kind, Amount: ds.Cost})
			a.prices = append(a.prices, Price{Dataset: code, Kind: ds.Ledger.Kind, Price: ds.Cost, Spent: ds.Ledger.Spent, Total: ds.Ledger.Total})
			in.Datasets[code] = ds
		}
		slices.SortFunc(a.charges, func(x, y glovebox.Charge) int { return strings.Compare(x.Dataset, y.Dataset) })
		slices.SortFunc(a.prices, func(x, y Price) int { return strings.Compare(x.Dataset, y.Dataset) })
		return a.chargeSpaces(tx, r, in)
	})
	return in, err
}

// chargeSpaces adds what the ledgers of the unit spaces pay, each once for the
// whole job, in their own kind.
func (a *admission) chargeSpaces(tx *store.Tx, r *ask, in *policy.Input) error {
	charges, err := domain.SpaceCharges(tx, r.About(), r.Mode.Cost)
	if err != nil {
		return r.Blame(err, "release")
	}
	charges = plantSpaces(charges)
	for i := range charges {
		c := &charges[i]
		b, err := tx.Reading(c)
		if err != nil {
			return err
		}
		s := policy.Space{Ledger: policy.Ledger{Kind: b.Kind, Total: b.Total, Spent: b.Spent}, Cost: c.Amount}
		if s.ProductSpent, s.MonthSpent, err = spentOn(tx, c.Account(), in.Product, in.Time); err != nil {
			return err
		}
		in.Spaces[c.Space] = s
		a.prices = append(a.prices, Price{Space: c.Space, Kind: b.Kind, Price: c.Amount, Spent: b.Spent, Total: b.Total, Assumed: b.Assumed})
	}
	a.charges = append(a.charges, charges...)
	return nil
}

// decisionBody is a decision as an audit entry holds it.
func decisionBody(ds ...decided) (json.RawMessage, error) {
	b, err := json.Marshal(map[string]any{"decisions": ds})
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a decision cannot be encoded").Because(err)
	}
	return b, nil
}
