package desk

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

// Look is a question about the domain.
type Look struct {
	Name  string            // one of looks
	ID    string            // of what is looked at; "" for a list
	Args  map[string]string // filters of a list
	Files Files             // what a question is about, such as a job that is checked
}

// question is a look on its way.
type question struct {
	context.Context
	*Desk
	u    *glovebox.User // nil: the owner of the directory, where it is not served
	look Look
}

// viewer is who asks, for access's rules.
func (q *question) viewer() (*access.Viewer, error) {
	v := &access.Viewer{User: *q.u}
	return v, q.d.Store.View(q, func(tx *store.Tx) (err error) {
		v.District, err = domain.District(tx, q.u.Org)
		return err
	})
}

// Look answers a question as far as u may know. nil is the owner of a directory
// that is not served: what everybody of the domain may know. It fails with
// CodeNotFound for what u may not see, as for what is not there.
func (k *Desk) Look(ctx context.Context, u *glovebox.User, l Look) (any, error) {
	see := looks[l.Name]
	if see == nil {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "there is no question %q", l.Name)
	}
	if u == nil && !ownerless(l.Name) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "no user given").WithFix("pass --as USER or set GLOVEBOX_USER; `glovebox user add` makes one")
	}
	q := &question{ctx, k, u, l}
	page := pages[l.Name]
	if page == nil {
		return see(q)
	}
	w, err := q.window()
	if err != nil {
		return nil, err
	}
	v, err := see(q)
	if err != nil {
		return nil, err
	}
	return page(v, w)
}

// looks are the questions and what answers them.
var looks = map[string]func(*question) (any, error){
	"inbox":       lookInbox,
	"domain":      func(q *question) (any, error) { return q.d.Info(), nil },
	"me":          func(q *question) (any, error) { return *q.u, nil },
	"users":       lookUsers,
	"user":        lookUser,
	"orgs":        func(q *question) (any, error) { return listed(q.d.Orgs(q)) },
	"keys":        lookKeys,
	"bindings":    lookBindings,
	"sessions":    lookSessions,
	"tokens":      lookTokens,
	"datasets":    lookDatasets,
	"dataset":     lookDataset,
	"spaces":      func(q *question) (any, error) { return listed(q.d.AllSpaces(q)) },
	"space":       func(q *question) (any, error) { return q.d.Space(q, q.look.ID) },
	"scenarios":   func(q *question) (any, error) { return listed(q.d.Scenarios(q)) },
	"scenario":    func(q *question) (any, error) { return q.d.Scenario(q, q.look.ID) },
	"snapshots":   func(q *question) (any, error) { return listed(q.d.AllSnapshots(q, q.look.ID)) },
	"freeze":      func(q *question) (any, error) { return q.d.FreezeState(q) },
	"products":    func(q *question) (any, error) { return listed(q.d.AllProducts(q)) },
	"product":     func(q *question) (any, error) { return q.d.Product(q, q.look.ID) },
	"tickets":     func(q *question) (any, error) { return listed(q.d.AllTickets(q)) },
	"modules":     func(q *question) (any, error) { return listed(q.d.AllModules(q)) },
	"incidents":   func(q *question) (any, error) { return listed(q.d.AllIncidents(q)) },
	"nodes":       lookNodes,
	"jobs":        lookJobs,
	"job":         func(q *question) (any, error) { return q.pipeline().Job(q, *q.u, q.look.ID) },
	"releases":    lookReleases,
	"release":     lookRelease,
	"budget":      func(q *question) (any, error) { return q.d.Budget(q, *q.u, q.look.ID) },
	"check":       lookCheck,
	"fit":         lookFit,
	"rows":        lookRows,
	"proof":       lookProof,
	"entries":     lookEntries,
	"entry":       lookEntry,
	"timeline":    lookTimeline,
	"holders":     lookHolders,
	"index":       lookIndex,
	"report":      lookReport,
	"state":       lookState,
	"checkpoint":  lookCheckpoint,
	"consistency": lookConsistency,
	"left":        lookLeft,
	"alerts":      lookAlerts,
	"explain":     lookExplain,
	"places":      lookPlaces,
	"versions":    lookVersions,
	"data":        lookData,
	"calls":       lookCalls,
}

// public are the questions that the owner of a directory that is not served need
// not ask in somebody's name.
var public = map[string]bool{"products": true, "product": true, "tickets": true, "modules": true, "users": true, "user": true, "orgs": true, "keys": true, "bindings": true, "datasets": true, "dataset": true, "spaces": true, "space": true, "scenarios": true, "scenario": true, "freeze": true, "snapshots": true, "incidents": true, "nodes": true, "fit": true, "rows": true, "state": true, "checkpoint": true, "consistency": true}

// listed makes the JSON of no elements an empty list, not null.
func listed[T any](all []T, err error) (any, error) {
	if all == nil {
		all = []T{}
	}
	return all, err
}

func lookJobs(q *question) (any, error) {
	w, err := q.window()
	if err != nil {
		return nil, err
	}
	if w.after != "" {
		if _, err := q.pipeline().Job(q, *q.u, w.after); err != nil {
			return nil, lost()
		}
	}
	return listed(q.pipeline().Jobs(q, *q.u, w.after, w.most()))
}

func lookReleases(q *question) (any, error) {
	w, err := q.window()
	if err != nil {
		return nil, err
	}
	if w.after != "" {
		if _, err := q.pipeline().Release(q, *q.u, w.after); err != nil {
			return nil, lost()
		}
	}
	return listed(q.pipeline().Releases(q, *q.u, w.after, w.most()))
}

func lookUsers(q *question) (any, error) {
	all, err := q.d.Users(q)
	if err != nil || q.u == nil {
		return listed(all, err)
	}
	v, err := q.viewer()
	if err != nil {
		return nil, err
	}
	out := []glovebox.User{}
	for _, u := range all {
		if v.People() || u.Name == v.Name || v.Org != "" && u.Org == v.Org {
			out = append(out, u)
		}
	}
	return out, nil
}

func lookUser(q *question) (any, error) {
	all, err := lookUsers(q)
	if err != nil {
		return nil, err
	}
	for _, u := range all.([]glovebox.User) {
		if u.Name == q.look.ID {
			return u, nil
		}
	}
	return nil, glovebox.Errorf(glovebox.CodeNotFound, "no user %q in this domain", q.look.ID).WithFix("`glovebox user list` shows those whom you may see")
}

// State is the digest of a document as an act's state names it; "" where there
// is none.
type State struct {
	Subject string `json:"subject"`
	State   string `json:"state"`
}

// lookState is what an act about a subject has to name as the state that its
// person saw, for the kinds of document that acts are about. It tells of the digest
// and of nothing else, and of what its asker may not see not even that.
func lookState(q *question) (any, error) {
	kind, id := kindID(q.look.ID)
	if !slices.ContainsFunc(access.Acts, func(a access.Act) bool { return a.Kind() == kind }) {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "no act is about documents of this kind").WithFix("docs/access.md lists the subjects of acts")
	}
	s := State{Subject: q.look.ID}
	if q.u != nil {
		var err error
		switch kind {
		case string(domain.Jobs):
			_, err = q.pipeline().Job(q, *q.u, id)
		case string(domain.Releases):
			_, err = q.pipeline().Release(q, *q.u, id)
		case string(domain.Users):
			err = q.mayMeet(id)
		case string(domain.Bindings):
			err = mine(q, domain.Bindings, id, func(b *domain.BindingDoc) string { return b.User })
		case string(domain.Tokens):
			err = mine(q, domain.Tokens, id, func(t *domain.TokenDoc) string { return t.User })
		}
		if err != nil {
			return nil, err
		}
	}
	return s, q.d.Store.View(q, func(tx *store.Tx) (err error) {
		s.State, err = tx.Digest(kind, id)
		return err
	})
}

// mayMeet fails with CodeNotFound for a person whom the asker may not see. Whoever
// may see everybody may ask for somebody who is to be registered, too.
func (q *question) mayMeet(name string) error {
	v, err := q.viewer()
	if err != nil || v.People() {
		return err
	}
	_, err = lookUser(&question{q.Context, q.Desk, q.u, Look{ID: name}})
	return err
}
