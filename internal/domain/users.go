package domain

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/text"
)

// maxNameChars bounds the name of a person or an organisation, in characters.
const maxNameChars = 200

// userRule is the form of a user name: a login name, or the name that people
// have, in one word of any script.
var userRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\p{L}[\p{L}\p{M}\p{Nd}._·-]{0,31}$`) })

// userName says whether name can be a user's. Letters have no upper case, so
// that no two users differ in that alone.
func userName(name string) bool {
	return userRule().MatchString(name) && text.Name(name) == "" && name == strings.ToLower(name) && name != Owner
}

// AddUser registers a person with a role, or gives a known person one more. Name
// is what they act by; full, if not empty, is the person's name for people to
// read.
// The directory's owner calls it; who that is, is the host's business.
func (d *Domain) AddUser(ctx context.Context, by *By, name, full string, role glovebox.Role, org string) (glovebox.User, error) {
	var u glovebox.User
	if !userName(name) {
		return u, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "NAME", Msg: "not a user name"}).
			WithFix("use a login name, such as zhangsan or 张三: a letter, then letters, digits and . _ · -, at most 32 characters, none upper-case; any other form of the name goes into --full-name; %q is taken", Owner)
	}
	for field, s := range map[string]string{"--full-name": full, "--org": org} {
		if wrong := text.Name(s); s != "" && (wrong != "" || utf8.RuneCountInString(s) > maxNameChars) {
			e := glovebox.Errorf(glovebox.CodeInvalid, "longer than %d characters", maxNameChars)
			if wrong != "" {
				e = glovebox.Errorf(glovebox.CodeInvalid, "the name %s", wrong)
			}
			e.Field = field
			return u, e.WithFix(text.Advice)
		}
	}
	if !slices.Contains(glovebox.Roles, role) {
		return u, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--role", Msg: "not a role"}).
			WithFix("use provider, authority, operator, developer or auditor")
	}
	if role == glovebox.RoleProvider && org == "" {
		return u, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--org", Msg: "a provider needs an organisation"}).
			WithFix("pass --org as the `provider` of its dataset records")
	}
	err := d.Effect(ctx, by, func(tx *store.Tx) error {
		known, err := tx.Has(store.User, name)
		if err != nil {
			return err
		}
		u = glovebox.User{Name: name}
		if known {
			err = tx.Get(store.User, name, &u)
		} else {
			err = u.To(glovebox.UserActive)
		}
		if err != nil {
			return err
		}
		if slices.Contains(u.Roles, role) {
			return glovebox.Errorf(glovebox.CodeConflict, "%s is already %s", name, role)
		}
		if org != "" && u.Org != "" && u.Org != org {
			return glovebox.Errorf(glovebox.CodeConflict, "%s already belongs to another organisation", name).WithFix("add the person under another name")
		}
		if full != "" && u.Full != "" && u.Full != full {
			return glovebox.Errorf(glovebox.CodeConflict, "%s already has another full name", name).WithFix("add the person under another name")
		}
		u.Roles = append(u.Roles, role)
		if full != "" {
			u.Full = full
		}
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
	if u.State != glovebox.UserActive {
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
