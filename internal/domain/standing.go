package domain

import (
	"context"
	"maps"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// Standing says whether a job may begin, or go on, by what it stands on: nobody
// stopped the domain, the scenario, the grant, a dataset, the person who asked or
// that person's institution, or cancelled the job itself. stop is why it may not;
// err is that nobody can tell. It asks no policy: what the policy allows was
// decided before. asker "" asks for what the job made, which is there whatever
// became of its author and of the snapshots that it read.
func Standing(tx *store.Tx, j *job.Doc, asker string) (stop *glovebox.Error, err error) {
	on, err := Frozen(tx)
	if err != nil || on {
		return ended("the domain is frozen"), err
	}
	now, err := Jobs.Find(tx, j.ID)
	if err != nil {
		return nil, err
	}
	if now != nil && now.State == job.Cancelled {
		return ended("the job was cancelled"), nil
	}
	s, err := Scenarios.Find(tx, j.Scenario)
	if err != nil {
		return nil, err
	}
	if s == nil || s.State != glovebox.ScenarioGranted {
		return ended("its scenario is not granted, or was stopped"), nil
	}
	if usesTakenBack(s, j) {
		return ended("a column that it reads was taken back by its provider"), nil
	}
	g, err := Grants.Find(tx, j.Scenario)
	if err != nil {
		return nil, err
	}
	if g == nil || g.State != glovebox.GrantActive {
		return ended("its grant is not active"), nil
	}
	for _, code := range slices.Sorted(maps.Keys(j.Basis.Job.Inputs)) {
		doc, err := Datasets.Find(tx, code)
		if err != nil {
			return nil, err
		}
		if doc == nil || doc.State != glovebox.DatasetActive {
			return ended("a dataset that it reads was paused or withdrawn"), nil
		}
		if asker == "" {
			continue
		}
		snap, err := Snapshots.Find(tx, snapshotID(code, j.Basis.Versions[code]))
		if err != nil {
			return nil, err
		}
		if snap != nil && snap.State == glovebox.SnapshotDestroyed {
			return ended("a snapshot that it reads was destroyed"), nil
		}
	}
	if asker == "" {
		return nil, nil
	}
	u, err := Users.Find(tx, asker)
	if err != nil || u == nil {
		return ended("nobody is known who asked for it"), err
	}
	if err := active(tx, u); err != nil {
		if glovebox.CodeOf(err) == glovebox.CodeDenied {
			return ended("whoever asked for it was suspended"), nil
		}
		return nil, err
	}
	return nil, nil
}

func ended(why string) *glovebox.Error {
	return glovebox.Errorf(glovebox.CodeDenied, "the job was stopped: %s; what was charged stays charged", why).WithFix("ask whoever stopped it: `glovebox scenario show` and `glovebox dataset show` say who did")
}

// active fails with CodeDenied unless the person may act now, and the institution
// too, where that is registered.
func active(tx *store.Tx, u *glovebox.User) error {
	if u.State != glovebox.UserActive {
		return glovebox.Errorf(glovebox.CodeDenied, "user %q is suspended", u.Name)
	}
	o, err := Orgs.Find(tx, u.Org)
	if err == nil && o != nil && o.State != glovebox.OrgActive {
		err = glovebox.Errorf(glovebox.CodeDenied, "the institution of user %q is %s", u.Name, o.State)
	}
	return err
}

// CancelJob ends a job for good: its developer, its operator, the authority. What
// was charged stays charged.
func (d *Domain) CancelJob(ctx context.Context, by *By, id string, b Brake) (doc job.Doc, err error) {
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Jobs.Get(tx, id, &doc); err != nil {
			return err
		}
		s, err := OfJob(tx, &doc)
		if err == nil {
			err = s.Answers(tx, by.User, b.Role)
		}
		if err == nil {
			err = openIncident(tx, b.Incident)
		}
		if err == nil {
			err = doc.To(job.Cancelled)
		}
		if err != nil {
			return err
		}
		return Jobs.Put(tx, "job.cancel", id, doc, b.said(by))
	})
}
