package domain

import (
	"context"
	"regexp"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

var userRule = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,31}$`)

// AddUser registers a person with a role, or gives a known person one more.
// The directory's owner calls it; who that is, is the host's business.
func (d *Domain) AddUser(ctx context.Context, name string, role glovebox.Role, org string) (glovebox.User, error) {
	var u glovebox.User
	if !userRule.MatchString(name) || name == Owner {
		return u, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "NAME", Msg: "not a user name"}).
			WithFix("use a lower-case letter, then lower-case letters, digits, dots, dashes, at most 32; %q is taken", Owner)
	}
	if !slices.Contains(glovebox.Roles, role) {
		return u, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--role", Msg: "not a role"}).
			WithFix("use provider, authority, operator, developer or auditor")
	}
	if role == glovebox.RoleProvider && org == "" {
		return u, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--org", Msg: "a provider needs an organisation"}).
			WithFix("pass --org as the `provider` of its dataset records")
	}
	err := d.Effect(ctx, Owner, func(tx *store.Tx) error {
		known, err := tx.Has(store.User, name)
		if err != nil {
			return err
		}
		u = glovebox.User{Name: name, State: "active"}
		if known {
			if err := tx.Get(store.User, name, &u); err != nil {
				return err
			}
		}
		if slices.Contains(u.Roles, role) {
			return glovebox.Errorf(glovebox.CodeConflict, "%s is already %s", name, role)
		}
		if org != "" && u.Org != "" && u.Org != org {
			return glovebox.Errorf(glovebox.CodeConflict, "%s already belongs to another organisation", name).WithFix("add the person under another name")
		}
		u.Roles = append(u.Roles, role)
		if org != "" {
			u.Org = org
		}
		return tx.Put("user.add", store.User, name, u, map[string]any{"role": role})
	})
	return u, err
}

// Users lists the people of the domain.
func (d *Domain) Users(ctx context.Context) (out []glovebox.User, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		out, err = store.List[glovebox.User](tx, store.User)
		return err
	})
	return out, err
}

// ActiveUser returns a known, active user.
func (d *Domain) ActiveUser(ctx context.Context, name string) (glovebox.User, error) {
	var u glovebox.User
	err := d.Store.View(ctx, func(tx *store.Tx) error { return tx.Get(store.User, name, &u) })
	if err != nil {
		if glovebox.CodeOf(err) == glovebox.CodeNotFound {
			return u, glovebox.Errorf(glovebox.CodeNotFound, "no user %q in this domain", name).WithFix("`glovebox user add %s --role ROLE` adds one", name)
		}
		return u, err
	}
	if u.State != "active" {
		return u, glovebox.Errorf(glovebox.CodeDenied, "user %q is suspended", name)
	}
	return u, nil
}

// require fails with CodeDenied unless u plays the role.
func require(u glovebox.User, r glovebox.Role, what string) error {
	if slices.Contains(u.Roles, r) {
		return nil
	}
	return glovebox.Errorf(glovebox.CodeDenied, "%s is not %s and may not %s", u.Name, r, what).
		WithFix("act as a user with role %s", r)
}
