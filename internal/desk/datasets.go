package desk

import (
	"slices"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/domain"
)

// dueOf is the day on which a dataset's next load is due: that on which it was
// registered, where it has no snapshot yet.
func dueOf(x *domain.DatasetDoc) string {
	switch {
	case x.State != glovebox.DatasetActive:
		return ""
	case x.Snapshot != nil:
		return x.Record.Due(x.Snapshot.Loaded)
	case x.Record.Due(x.Added) == "":
		return ""
	}
	return due(x.Added, 0)
}

func lookDatasets(q *question) (any, error) {
	all, err := q.d.Datasets(q)
	for i := range all {
		q.told(&all[i])
	}
	return listed(all, err)
}

func lookDataset(q *question) (any, error) {
	x, err := q.d.Dataset(q, q.look.ID)
	q.told(&x)
	return x, err
}

// told completes what is answered about a dataset, and takes out what is not for
// who asks: the owner of the directory, who has no name, sees all.
func (q *question) told(x *domain.DatasetDoc) {
	x.Due = dueOf(x)
	if u := q.u; u != nil && !slices.ContainsFunc(u.Roles, func(r glovebox.Role) bool {
		return r == glovebox.RoleAuthority || r == glovebox.RoleProvider && u.Org == x.Record.Provider
	}) {
		x.Alike = nil
	}
}

// loads are the datasets of a provider's organisation whose next load is due.
func loads(q *question, v *access.Viewer) (out []api.Todo, err error) {
	if !may(v, "dataset.load") {
		return nil, nil
	}
	all, err := q.d.Datasets(q)
	today := due(q.d.Now().Format(time.RFC3339), 0)
	for i := range all {
		x := &all[i]
		day := dueOf(x)
		if day == "" || day > today || x.Record.Provider != v.Org {
			continue
		}
		t := api.Todo{Kind: "load", Act: "dataset.load", Subject: "dataset/" + x.Record.Code, About: x.Record.Code, Since: x.Added, Due: day}
		if x.Snapshot != nil {
			t.Since = x.Snapshot.Loaded
		}
		out = append(out, t)
	}
	return out, err
}
