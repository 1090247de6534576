package domain

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// maxNameChars bounds the name of a person or an organisation, in characters.
const maxNameChars = 200

// ConfirmRole gives a person a role that somebody else asked for.
func (d *Domain) ConfirmRole(ctx context.Context, by *By, name string, role glovebox.Role) (u glovebox.User, err error) {
	err = d.changeUser(ctx, by, name, &u, func(tx *store.Tx) error {
		i := slices.IndexFunc(u.Asked, func(a glovebox.RoleAsked) bool { return a.Role == role })
		if i < 0 {
			return glovebox.Errorf(glovebox.CodeConflict, "nobody asked for %s to be %s", name, role).WithFix("`glovebox user add %s --role %s` asks for it", name, role)
		}
		if by.Name == name || by.Name == u.Asked[i].By {
			return glovebox.Errorf(glovebox.CodeDenied, "a role is confirmed by somebody other than its person and whoever asked for it").
				WithFix("ask a registrar or the authority who is neither")
		}
		u.Asked = slices.Delete(u.Asked, i, i+1)
		if len(u.Asked) == 0 {
			u.Asked = nil
		}
		u.Roles = append(u.Roles, role)
		return Users.Put(tx, "user.role_confirm", name, u, map[string]any{"role": role})
	})
	return u, err
}

// RemoveRole takes a role, or the request for it, away from a person.
func (d *Domain) RemoveRole(ctx context.Context, by *By, name string, role glovebox.Role) (u glovebox.User, err error) {
	err = d.changeUser(ctx, by, name, &u, func(tx *store.Tx) error {
		roles := slices.DeleteFunc(slices.Clone(u.Roles), func(r glovebox.Role) bool { return r == role })
		asked := slices.DeleteFunc(slices.Clone(u.Asked), func(a glovebox.RoleAsked) bool { return a.Role == role })
		if len(roles) == len(u.Roles) && len(asked) == len(u.Asked) {
			return glovebox.Errorf(glovebox.CodeConflict, "%s is not %s", name, role)
		}
		if len(asked) == 0 {
			asked = nil
		}
		u.Roles, u.Asked = roles, asked
		return Users.Put(tx, "user.role_remove", name, u, map[string]any{"role": role})
	})
	return u, err
}

// SuspendUser stops a person: nothing that the person signs counts, from now on.
func (d *Domain) SuspendUser(ctx context.Context, by *By, name, reason string) (u glovebox.User, err error) {
	err = d.changeUser(ctx, by, name, &u, func(tx *store.Tx) error {
		if err := u.To(glovebox.UserSuspended); err != nil {
			return err
		}
		if err := Users.Put(tx, "user.suspend", name, u, map[string]any{"reason": reason}); err != nil {
			return err
		}
		return stopped(tx, Users.Subject(name), func(j *job.Doc) bool { return j.Submitter == name && j.State != job.Done })
	})
	return u, err
}

// ResumeUser ends a suspension: somebody other than that person.
func (d *Domain) ResumeUser(ctx context.Context, by *By, name, reason string) (u glovebox.User, err error) {
	err = d.changeUser(ctx, by, name, &u, func(tx *store.Tx) error {
		if by.Name == name {
			return glovebox.Errorf(glovebox.CodeDenied, "%s cannot end a suspension of their own", name).WithFix("ask another registrar or the authority")
		}
		if err := u.To(glovebox.UserActive); err != nil {
			return err
		}
		return Users.Put(tx, "user.resume", name, u, map[string]any{"reason": reason})
	})
	return u, err
}

// EndUser ends a person's part in the domain for good: somebody other than that
// person. What the person did stays.
func (d *Domain) EndUser(ctx context.Context, by *By, name, reason string) (u glovebox.User, err error) {
	err = d.changeUser(ctx, by, name, &u, func(tx *store.Tx) error {
		if by.Name == name {
			return glovebox.Errorf(glovebox.CodeDenied, "%s cannot end their own part", name).WithFix("ask another registrar or the authority")
		}
		if err := u.To(glovebox.UserEnded); err != nil {
			return err
		}
		if err := Users.Put(tx, "user.end", name, u, map[string]any{"reason": reason}); err != nil {
			return err
		}
		return stopped(tx, Users.Subject(name), func(j *job.Doc) bool { return j.Submitter == name && j.State != job.Done })
	})
	return u, err
}

func (d *Domain) changeUser(ctx context.Context, by *By, name string, u *glovebox.User, change func(*store.Tx) error) error {
	return d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Users.Get(tx, name, u); err != nil {
			return err
		}
		return change(tx)
	})
}

// Users lists the people of the domain.
func (d *Domain) Users(ctx context.Context) (out []glovebox.User, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		out, err = Users.List(tx)
		return err
	})
	return out, err
}

// ActiveUser returns a known, active user.
func (d *Domain) ActiveUser(ctx context.Context, name string) (glovebox.User, error) {
	var u glovebox.User
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		if err := Users.Get(tx, name, &u); err != nil {
			return err
		}
		return active(tx, &u)
	})
	if err != nil {
		if glovebox.CodeOf(err) == glovebox.CodeNotFound {
			return u, glovebox.Errorf(glovebox.CodeNotFound, "no user %q in this domain", name).WithFix("`glovebox user add %s --role ROLE` adds one", name)
		}
		return u, err
	}
	return u, nil
}

func holds(u glovebox.User, r glovebox.Role) bool { return slices.Contains(u.Roles, r) }

// require fails with CodeDenied unless u plays the role.
func require(u glovebox.User, r glovebox.Role, what string) error {
	if holds(u, r) {
		return nil
	}
	return glovebox.Errorf(glovebox.CodeDenied, "%s is not %s and may not %s", u.Name, r, what).
		WithFix("act as a user with role %s", r)
}

// LoggedIn records a login.
func (d *Domain) LoggedIn(ctx context.Context, by *By, scope string) error {
	return d.Effect(ctx, by, func(tx *store.Tx) error {
		return Sessions.Record(tx, "session.open", by.Name, map[string]any{"scope": scope})
	})
}
