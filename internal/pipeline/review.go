package pipeline

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/policy"
)

// ReleaseView is a release as people of the domain see it.
type ReleaseView struct {
	Release job.ReleaseDoc   `json:"release"`
	Content *release.Content `json:"content"`
}

// Release returns a release to a user who may see its job.
func (p *Pipeline) Release(ctx context.Context, u glovebox.User, id string) (*ReleaseView, error) {
	v, err := p.view(ctx, id)
	if err != nil {
		return nil, err
	}
	if _, err := p.Job(ctx, u, v.Release.Job); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "no release %q in this domain", id).WithFix("`glovebox release list` shows yours")
	}
	return v, nil
}

// Releases lists the releases that a user may see: those of the jobs that the
// user may see.
func (p *Pipeline) Releases(ctx context.Context, u glovebox.User) (out []job.ReleaseDoc, err error) {
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		jobs, err := store.List[job.Doc](tx, store.Job)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if j.Release == "" || !maySee(u, j.Submitter) {
				continue
			}
			var r job.ReleaseDoc
			if err := tx.Get(store.Release, j.Release, &r); err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// view reads a stored release through the type that only this package builds:
// its decision, its receipt and its audit index have to be there.
func (p *Pipeline) view(ctx context.Context, id string) (*ReleaseView, error) {
	v := &ReleaseView{}
	err := p.d.Store.View(ctx, func(tx *store.Tx) error {
		if err := tx.Get(store.Release, id, &v.Release); err != nil {
			return err
		}
		made, err := tx.Indexes(store.Release+"/"+id, "release.make")
		if err != nil {
			return err
		}
		if len(made) != 1 {
			return glovebox.Errorf(glovebox.CodeInternal, "release %s has no entry in the log", id).WithFix("run `glovebox audit verify`")
		}
		rel, err := p.load(tx, &v.Release, v.Release.Decision, made[0])
		if err != nil {
			return err
		}
		v.Content, err = rel.Take()
		return err
	})
	if glovebox.CodeOf(err) == glovebox.CodeNotFound {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "no release %q in this domain", id).WithFix("`glovebox release list` shows what there is")
	}
	return v, err
}

// load builds the release from its stored bytes, a decision and the index of
// the log entry that recorded the decision.
func (p *Pipeline) load(tx *store.Tx, doc *job.ReleaseDoc, d glovebox.Decision, index uint64) (*release.Release, error) {
	data, err := tx.Blob(doc.Content)
	if err != nil {
		return nil, err
	}
	c, err := release.Decode(data)
	if err != nil {
		return nil, err
	}
	receipt, err := tx.Receipt(doc.Job)
	if err != nil {
		return nil, err
	}
	return release.New(d, receipt, index, *c)
}

// Approve adds one person's word to a release. role "" means the role that is
// still missing and that the user holds.
func (p *Pipeline) Approve(ctx context.Context, u glovebox.User, id string, role glovebox.Role) (*job.ReleaseDoc, error) {
	var doc job.ReleaseDoc
	if err := p.d.Store.View(ctx, func(tx *store.Tx) error { return tx.Get(store.Release, id, &doc) }); err != nil {
		return nil, err
	}
	if doc.State != job.Pending {
		return nil, glovebox.Errorf(glovebox.CodeConflict, "release %s is %s: there is nothing to approve", id, doc.State)
	}
	if role == "" {
		for _, r := range doc.Needed {
			if slices.Contains(u.Roles, r) {
				role = r
			}
		}
	}
	if role == "" {
		return nil, glovebox.Errorf(glovebox.CodeDenied, "%s holds none of the roles that approve release %s: %v", u.Name, id, doc.Needed).WithFix("somebody who holds one of them approves it")
	}
	if !slices.Contains(doc.Needed, role) {
		return nil, glovebox.Errorf(glovebox.CodeDenied, "release %s asks for no approval by role %s, but by %v", id, role, doc.Needed).WithFix("leave --role out, or name one of these")
	}
	doc.Approvals = append(doc.Approvals, job.Approval{User: u.Name, Role: role, Org: u.Org, At: p.d.Stamp()})
	in, err := p.releaseInput(ctx, u, &doc)
	if err != nil {
		return nil, err
	}
	in.Point = glovebox.PointRelease
	d, err := p.decide(ctx, in)
	if err != nil {
		return nil, err
	}
	body, err := decisionBody(d)
	if err != nil {
		return nil, err
	}
	if !d.Allow {
		err := p.d.Effect(ctx, u.Name, func(tx *store.Tx) error {
			return tx.Record("release.approve_refused", store.Release+"/"+id, body)
		})
		if err != nil {
			return nil, err
		}
		return nil, d.Denied()
	}
	doc.Needed = approvers(d)
	next := job.Pending
	if complete(&doc, in) {
		next = job.Approved
	}
	if err := doc.To(next); err != nil {
		return nil, err
	}
	return &doc, p.d.Effect(ctx, u.Name, func(tx *store.Tx) error {
		return tx.Put("release.approve", store.Release, id, doc, body)
	})
}

// approvers are the roles that a release decision demands.
func approvers(d glovebox.Decision) (out []glovebox.Role) {
	for _, o := range d.Obligations {
		if o.Kind == "approvals" {
			out = append(out, o.Roles...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// complete says whether every role has spoken, and every provider of an input
// where providers are asked. The export decision checks the same again.
func complete(doc *job.ReleaseDoc, in *policy.Input) bool {
	for _, role := range doc.Needed {
		if !slices.ContainsFunc(doc.Approvals, func(a job.Approval) bool { return a.Role == role }) {
			return false
		}
	}
	if !slices.Contains(doc.Needed, glovebox.RoleProvider) {
		return true
	}
	for code := range in.Job.Inputs {
		org := in.Datasets[code].Provider
		if !slices.ContainsFunc(doc.Approvals, func(a job.Approval) bool { return a.Role == glovebox.RoleProvider && a.Org == org }) {
			return false
		}
	}
	return true
}

// releaseInput is what the policy is told of a release.
func (p *Pipeline) releaseInput(ctx context.Context, u glovebox.User, doc *job.ReleaseDoc) (*policy.Input, error) {
	in := &policy.Input{Time: p.d.LocalTime(), User: u, Product: doc.Product, Datasets: map[string]policy.Dataset{},
		Job: policy.Job{Inputs: map[string]policy.JobInput{}}, Release: &policy.Release{ID: doc.ID, State: string(doc.State), Product: doc.Product}}
	return in, p.d.Store.View(ctx, func(tx *store.Tx) error {
		var j job.Doc
		if err := tx.Get(store.Job, doc.Job, &j); err != nil {
			return err
		}
		in.People.Submitter, in.Walls = j.Submitter, j.Walls
		in.Module = policy.Module{Digest: j.Spec.Module, Admitted: true}
		in.Job.Mode = j.Spec.Job.Mode
		r := j.Spec.Job.Release
		in.Job.Release = policy.Method{Method: r.Method, Epsilon: r.Epsilon, Rho: r.Rho, Delta: r.Delta}
		if err := readScenario(tx, j.Scenario, in); err != nil {
			return err
		}
		for code, x := range j.Spec.Job.Inputs {
			in.Job.Inputs[code] = policy.JobInput{Columns: x.Columns}
			d, err := dataset(tx, code)
			if err != nil {
				return err
			}
			about, _, _ := d.About(x.Unit) // a job that names no unit column was refused
			if err := readDataset(tx, code, &about, in, j.Scenario, j.Submitter); err != nil {
				return err
			}
		}
		for _, a := range doc.Approvals {
			var who glovebox.User
			if err := tx.Get(store.User, a.User, &who); err != nil {
				return err
			}
			in.People.Approvals = append(in.People.Approvals, policy.Approval{User: a.User, Role: a.Role, Roles: who.Roles, Org: who.Org, State: who.State})
		}
		return nil
	})
}
