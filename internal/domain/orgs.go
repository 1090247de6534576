package domain

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// orgKinds are the kinds of institution.
var orgKinds = []string{"bureau", "operator", "firm", "auditor", "other"}

// AddOrg registers an institution.
func (d *Domain) AddOrg(ctx context.Context, by *By, o glovebox.Org) (_ glovebox.Org, err error) {
	for field, s := range map[string]string{"NAME": o.Name, "--district": o.District, "--filing": o.Filing} {
		if err := shown(field, s); err != nil {
			return o, err
		}
	}
	switch {
	case o.Name == "":
		return o, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "NAME", Msg: "an institution without a name"}).WithFix("name it as dataset records name their provider")
	case !slices.Contains(orgKinds, o.Kind):
		return o, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--kind", Msg: "not a kind of institution"}).WithFix("use bureau, operator, firm, auditor or other")
	}
	if err := o.To(glovebox.OrgActive); err != nil {
		return o, err
	}
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		if known, err := Orgs.Has(tx, o.Name); err != nil || known {
			if err == nil {
				err = glovebox.Errorf(glovebox.CodeConflict, "institution %q exists", o.Name)
			}
			return err
		}
		return Orgs.Put(tx, "org.add", o.Name, o, nil)
	})
	return o, err
}

// SuspendOrg stops an institution: none of its people may do anything, from now on.
func (d *Domain) SuspendOrg(ctx context.Context, by *By, name, reason string) (glovebox.Org, error) {
	return d.orgTo(ctx, by, "org.suspend", name, reason, glovebox.OrgSuspended)
}

// ResumeOrg lets its people act again.
func (d *Domain) ResumeOrg(ctx context.Context, by *By, name, reason string) (glovebox.Org, error) {
	return d.orgTo(ctx, by, "org.resume", name, reason, glovebox.OrgActive)
}

// EndOrg takes an institution's part in the domain from it, for good (取消资格).
func (d *Domain) EndOrg(ctx context.Context, by *By, name, reason string) (glovebox.Org, error) {
	return d.orgTo(ctx, by, "org.end", name, reason, glovebox.OrgEnded)
}

// orgTo moves an institution to a state: somebody of another one does, so that no
// institution shuts all others out, and itself, by one slip.
func (d *Domain) orgTo(ctx context.Context, by *By, action, name, reason string, s glovebox.OrgState) (o glovebox.Org, err error) {
	return o, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Orgs.Get(tx, name, &o); err != nil {
			return err
		}
		if by.Org == name {
			return glovebox.Errorf(glovebox.CodeDenied, "%s belongs to institution %q: somebody of another one does this", by.Name, name).WithFix("ask a registrar or the authority of another institution")
		}
		if err := o.To(s); err != nil {
			return err
		}
		body := map[string]any{"reason": reason}
		switch action {
		case "org.resume":
			return Orgs.Put(tx, "org.resume", name, o, body)
		case "org.end":
			err = Orgs.Put(tx, "org.end", name, o, body)
		default:
			err = Orgs.Put(tx, "org.suspend", name, o, body)
		}
		if err != nil {
			return err
		}
		people, err := peopleOf(tx, name)
		if err != nil {
			return err
		}
		return stopped(tx, Orgs.Subject(name), func(j *job.Doc) bool { return people[j.Submitter] && j.State != job.Done })
	})
}

// peopleOf are the people of an institution.
func peopleOf(tx *store.Tx, org string) (map[string]bool, error) {
	out := map[string]bool{}
	return out, Users.Each(tx, func(name string, u glovebox.User) error {
		if u.Org == org {
			out[name] = true
		}
		return nil
	})
}

// Orgs lists the institutions.
func (d *Domain) Orgs(ctx context.Context) (out []glovebox.Org, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		out, err = Orgs.List(tx)
		return err
	})
	return out, err
}

// District is the district of an institution; "" where it has none, or is not
// registered.
func District(tx *store.Tx, org string) (string, error) {
	if org == "" {
		return "", nil
	}
	known, err := Orgs.Has(tx, org)
	if err != nil || !known {
		return "", err
	}
	var o glovebox.Org
	err = Orgs.Get(tx, org, &o)
	return o.District, err
}
