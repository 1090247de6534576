package pipeline

import (
	"context"
	"errors"
	"maps"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/internal/request"
	"glovebox.example/glovebox/policy"
)

// ReleaseView is a release as people of the domain see it.
type ReleaseView struct {
	Release job.ReleaseDoc   `json:"release"`
	Content *release.Content `json:"content"`
}

// view reads a stored release through the type that only this package builds:
// its decision, its receipt and its audit index have to be there.
func (p *Pipeline) view(ctx context.Context, id string) (*ReleaseView, error) {
	v := &ReleaseView{}
	err := p.d.Store.View(ctx, func(tx *store.Tx) error {
		if err := domain.Releases.Get(tx, id, &v.Release); err != nil {
			return err
		}
		made, err := domain.Releases.Indexes(tx, id, "release.make")
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
// still missing and that the user holds. Two words that come at once are both
// kept: the later one is decided on again, with the earlier in place.
func (p *Pipeline) Approve(ctx context.Context, by *domain.By, id string, role glovebox.Role) (*job.ReleaseDoc, error) {
	return onNews(func() (*job.ReleaseDoc, error) { return p.approve(ctx, by, id, role) })
}

func (p *Pipeline) approve(ctx context.Context, by *domain.By, id string, role glovebox.Role) (*job.ReleaseDoc, error) {
	doc, in, seen, err := p.underReview(ctx, by, id, func(doc *job.ReleaseDoc) (err error) {
		role, err = speaks(by.User, role, doc)
		if err == nil {
			doc.Approvals = append(doc.Approvals, job.Approval{User: by.Name, Role: role, Org: by.Org, At: p.d.Stamp()})
		}
		return err
	})
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
		err := p.d.Effect(ctx, by, func(tx *store.Tx) error {
			return errors.Join(tx.Same(seen), keep(tx, d), domain.Releases.Record(tx, "release.approve_refused", id, body))
		})
		if err != nil {
			return nil, err
		}
		return nil, d.Denied()
	}
	doc.Needed = approvers(d.Decision)
	next := job.Pending
	if complete(doc, in) {
		next = job.Approved
	}
	if err := doc.To(next); err != nil {
		return nil, err
	}
	return doc, p.d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := errors.Join(tx.Same(seen), keep(tx, d)); err != nil {
			return err
		}
		return domain.Releases.Put(tx, "release.approve", id, *doc, body)
	})
}

// speaks is the role in which u approves a release: the one that is asked for,
// or for "" one that is missing and that u holds.
func speaks(u glovebox.User, role glovebox.Role, doc *job.ReleaseDoc) (glovebox.Role, error) {
	if doc.State != job.Pending && doc.State != job.Returned {
		return "", glovebox.Errorf(glovebox.CodeConflict, "release %s is %s: there is nothing to approve", doc.ID, doc.State)
	}
	if role == "" {
		for _, r := range doc.Needed {
			if slices.Contains(u.Roles, r) {
				role = r
			}
		}
	}
	if role == "" {
		return "", glovebox.Errorf(glovebox.CodeDenied, "%s holds none of the roles that approve release %s: %v", u.Name, doc.ID, doc.Needed).WithFix("somebody who holds one of them approves it")
	}
	if !slices.Contains(doc.Needed, role) {
		return "", glovebox.Errorf(glovebox.CodeDenied, "release %s asks for no approval by role %s, but by %v", doc.ID, role, doc.Needed).WithFix("leave --role out, or name one of these")
	}
	return role, nil
}

// underReview reads a release and all that a decision about it depends on in one
// transaction, and what that saw. change may refuse, or say what is to become of
// the document.
func (p *Pipeline) underReview(ctx context.Context, by *domain.By, id string, change func(*job.ReleaseDoc) error) (doc *job.ReleaseDoc, in *policy.Input, seen store.Seen, err error) {
	doc = &job.ReleaseDoc{}
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		if err := domain.Releases.Get(tx, id, doc); err != nil {
			return err
		}
		if err := change(doc); err != nil {
			return err
		}
		if in, err = p.releaseInput(tx, by, doc); err != nil {
			return err
		}
		seen = tx.Seen()
		return nil
	})
	return doc, in, seen, err
}

// onNews takes a step again as long as what it was decided on changed before it
// was taken: each time somebody else's step was, so that there is no end to it
// only while others get theirs done.
func onNews[T any](step func() (T, error)) (out T, err error) {
	for range 100 {
		if out, err = step(); !store.IsChanged(err) {
			return out, err
		}
	}
	return out, err
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

// filtered are the columns of a dataset that a job read for its row filter alone:
// those with a mask that it did not give its module.
func filtered(j *job.Doc, code string) []string {
	out := []string{}
	for _, name := range slices.Sorted(maps.Keys(j.Basis.Masks[code])) {
		if !slices.Contains(j.Basis.Job.Inputs[code].Columns, name) {
			out = append(out, name)
		}
	}
	return out
}

// releaseInput is what the policy is told of a release.
func (p *Pipeline) releaseInput(tx *store.Tx, by *domain.By, doc *job.ReleaseDoc) (*policy.Input, error) {
	in := &policy.Input{Time: p.d.LocalTime(), User: by.User, Act: policy.Act{Proof: string(by.Proof())}, Product: doc.Product, Datasets: map[string]policy.Dataset{},
		Job: policy.Job{Inputs: map[string]policy.JobInput{}}, Release: &policy.Release{ID: doc.ID, State: string(doc.State), Product: doc.Product}}
	var j job.Doc
	if err := domain.Jobs.Get(tx, doc.Job, &j); err != nil {
		return nil, err
	}
	in.People.Submitter, in.Walls = j.Submitter, j.Walls
	author, err := domain.Users.Find(tx, j.Submitter)
	if err != nil {
		return nil, err
	}
	if author != nil {
		in.People.SubmitterOrg = author.Org
	}
	if in.Local, err = domain.Local(tx); err != nil {
		return nil, err
	}
	in.Module = policy.Module{Digest: j.Basis.Module, Admitted: true}
	asked, err := j.Basis.Asked()
	if err == nil {
		err = p.readListed(tx, in, asked)
	}
	if err != nil {
		return nil, err
	}
	in.Job.Mode = j.Basis.Job.Mode
	r := j.Basis.Job.Release
	in.Job.Release = policy.Method{Method: r.Method, Epsilon: r.Epsilon, Rho: r.Rho, Delta: r.Delta}
	if err := readScenario(tx, j.Scenario, in); err != nil {
		return nil, err
	}
	if err := readInstitutions(tx, in); err != nil {
		return nil, err
	}
	local, err := domain.Local(tx)
	if err != nil {
		return nil, err
	}
	in.Local = local
	for code, x := range j.Basis.Job.Inputs {
		in.Job.Inputs[code] = policy.JobInput{Columns: x.Columns, FilterColumns: filtered(&j, code)}
		var kept domain.DatasetDoc
		if err := domain.Datasets.Get(tx, code, &kept); err != nil {
			return nil, err
		}
		d := request.Dataset{Record: kept.Record, State: kept.State, Snapshot: kept.Snapshot}
		about, _, _ := d.About(x.Unit) // a job that names no unit column was refused
		if err := readDataset(tx, code, &about, in, j.Scenario, j.Submitter); err != nil {
			return nil, err
		}
	}
	for _, a := range doc.Approvals {
		var who glovebox.User
		if err := domain.Users.Get(tx, a.User, &who); err != nil {
			return nil, err
		}
		in.People.Approvals = append(in.People.Approvals, policy.Approval{User: a.User, Role: a.Role, Roles: who.Roles, Org: who.Org, State: who.State})
	}
	return in, nil
}
