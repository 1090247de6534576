package domain

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
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
