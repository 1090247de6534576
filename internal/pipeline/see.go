package pipeline

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// Jobs lists the jobs that a user may see, in order of id: those after the id
// after, and so many at most; 0: all.
func (p *Pipeline) Jobs(ctx context.Context, u glovebox.User, after string, most int) ([]job.Doc, error) {
	return p.JobsOf(ctx, u, after, most, func(*job.Doc) bool { return true })
}

// JobsOf lists those of them whose gist is wanted: see gistOf.
func (p *Pipeline) JobsOf(ctx context.Context, u glovebox.User, after string, most int, want func(*job.Doc) bool) (out []job.Doc, err error) {
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		return p.eachJob(tx, u, after, want, func(_ *job.Doc, load func() (*job.Doc, error)) (bool, error) {
			j, err := load()
			if err != nil {
				return false, err
			}
			out = append(out, *j)
			return most == 0 || len(out) < most, nil
		})
	})
	return out, err
}

// gistOf is what says of a job whose it is, what came of it, and where it stands.
func gistOf(j *job.Doc) *job.Doc {
	g := &job.Doc{ID: j.ID, State: j.State, Scenario: j.Scenario, Product: j.Product, Submitter: j.Submitter, Submitted: j.Submitted, Release: j.Release}
	g.Basis.Job.Inputs = make(map[string]glovebox.JobInput, len(j.Basis.Job.Inputs))
	for code := range j.Basis.Job.Inputs {
		g.Basis.Job.Inputs[code] = glovebox.JobInput{}
	}
	return g
}

// eachJob calls fn with the gists of the jobs that a user may see and that are
// wanted.
func (p *Pipeline) eachJob(tx *store.Tx, u glovebox.User, after string, want func(*job.Doc) bool, fn func(g *job.Doc, load func() (*job.Doc, error)) (more bool, err error)) error {
	s, err := newSight(tx, u)
	if err != nil {
		return err
	}
	return store.Sift(tx, domain.Jobs, &p.d.JobGists, after, gistOf, func(_ string, g *job.Doc, load func() (*job.Doc, error)) (bool, error) {
		if !want(g) {
			return true, nil
		}
		w, err := s.work(tx, g, nil)
		if err != nil || !s.viewer.Sees(w) {
			return true, err
		}
		return fn(g, load)
	})
}

// Job returns one job that a user may see.
func (p *Pipeline) Job(ctx context.Context, u glovebox.User, id string) (*job.Doc, error) {
	var j job.Doc
	var sees bool
	err := p.d.Store.View(ctx, func(tx *store.Tx) error {
		s, err := newSight(tx, u)
		if err == nil {
			err = domain.Jobs.Get(tx, id, &j)
		}
		if err != nil {
			return err
		}
		w, err := s.work(tx, &j, nil)
		sees = err == nil && s.viewer.Sees(w)
		return err
	})
	if err == nil && !sees || glovebox.CodeOf(err) == glovebox.CodeNotFound {
		err = glovebox.Errorf(glovebox.CodeNotFound, "no job %q in this domain", id).WithFix("`glovebox job list` shows yours")
	}
	if err != nil {
		return nil, err
	}
	return &j, nil
}

// Releases lists the releases that a user may see: those of the jobs that the
// user may see, in the order of these, after the release after, and so many at
// most; 0: all.
func (p *Pipeline) Releases(ctx context.Context, u glovebox.User, after string, most int) (out []job.ReleaseDoc, err error) {
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		last := ""
		if after != "" {
			r, err := domain.Releases.Find(tx, after)
			if err != nil || r == nil {
				return err
			}
			last = r.Job
		}
		made := func(g *job.Doc) bool { return g.Release != "" }
		return p.eachJob(tx, u, last, made, func(j *job.Doc, _ func() (*job.Doc, error)) (bool, error) {
			var r job.ReleaseDoc
			if err := domain.Releases.Get(tx, j.Release, &r); err != nil {
				return false, err
			}
			out = append(out, r)
			return most == 0 || len(out) < most, nil
		})
	})
	return out, err
}

// ReleasesIn lists, of the releases that a user may see, those in some states.
func (p *Pipeline) ReleasesIn(ctx context.Context, u glovebox.User, states ...job.ReleaseState) (out []job.ReleaseDoc, err error) {
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		s, err := newSight(tx, u)
		if err != nil {
			return err
		}
		state := func(r *job.ReleaseDoc) job.ReleaseState { return r.State }
		return store.Sift(tx, domain.Releases, &p.d.ReleaseGists, "", state, func(_ string, at job.ReleaseState, load func() (*job.ReleaseDoc, error)) (bool, error) {
			if !slices.Contains(states, at) {
				return true, nil
			}
			r, err := load()
			if err != nil {
				return false, err
			}
			var j job.Doc
			if err := domain.Jobs.Get(tx, r.Job, &j); err != nil {
				return false, err
			}
			w, err := s.work(tx, &j, nil)
			if err == nil && s.viewer.Sees(w) {
				out = append(out, *r)
			}
			return true, err
		})
	})
	return out, err
}

// Release returns a release with its figures to a user who may read them.
// Whoever may see the job alone gets the release without: Content is nil.
func (p *Pipeline) Release(ctx context.Context, u glovebox.User, id string) (*ReleaseView, error) {
	v, err := p.view(ctx, id)
	if err != nil {
		return nil, err
	}
	var sees, reads bool
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		s, err := newSight(tx, u)
		if err != nil {
			return err
		}
		var j job.Doc
		if err := domain.Jobs.Get(tx, v.Release.Job, &j); err != nil {
			return err
		}
		w, err := s.work(tx, &j, &v.Release)
		sees, reads = err == nil && s.viewer.Sees(w), err == nil && s.viewer.Reads(w)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !sees {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "no release %q in this domain", id).WithFix("`glovebox release list` shows yours")
	}
	if !reads {
		v.Content = nil
	}
	return v, nil
}

// sight is what one person may look at, within one transaction.
type sight struct {
	viewer    access.Viewer
	operators map[string]string // scenario: its operator
	providers map[string]string // dataset: its provider
	districts map[string]string // institution: its district
}

func newSight(tx *store.Tx, u glovebox.User) (*sight, error) {
	district, err := domain.District(tx, u.Org)
	return &sight{access.Viewer{User: u, District: district}, map[string]string{}, map[string]string{}, map[string]string{}}, err
}

// work is what a job, and its release if r is not nil, belongs to.
func (s *sight) work(tx *store.Tx, j *job.Doc, r *job.ReleaseDoc) (*access.Work, error) {
	w := &access.Work{Submitter: j.Submitter}
	if r != nil {
		w.Needed, w.Out = r.Needed, r.Out()
	}
	var err error
	w.Operator, err = once(s.operators, j.Scenario, func() (string, error) {
		var sc domain.ScenarioDoc
		err := domain.Scenarios.Get(tx, j.Scenario, &sc)
		return sc.Operator, known(err)
	})
	for code := range j.Basis.Job.Inputs {
		org, e := once(s.providers, code, func() (string, error) {
			var d domain.DatasetDoc
			err := domain.Datasets.Get(tx, code, &d)
			return d.Record.Provider, known(err)
		})
		if e != nil {
			return nil, e
		}
		district, e := once(s.districts, org, func() (string, error) { return domain.District(tx, org) })
		if e != nil {
			return nil, e
		}
		w.Providers, w.Districts = append(w.Providers, org), append(w.Districts, district)
	}
	slices.Sort(w.Providers)
	return w, err
}

// known lets pass that a job names what the domain does not have: such a job was
// refused, and is its submitter's.
func known(err error) error {
	if glovebox.CodeOf(err) == glovebox.CodeNotFound {
		return nil
	}
	return err
}

func once[V any](m map[string]V, key string, read func() (V, error)) (V, error) {
	if v, ok := m[key]; ok {
		return v, nil
	}
	v, err := read()
	if err == nil {
		m[key] = v
	}
	return v, err
}
