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

// userRule is the form of a user name: a login name, or the name that people
// have, in one word of any script.
var userRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\p{L}[\p{L}\p{M}\p{Nd}._·-]{0,31}$`) })

// userName says whether name can be a user's. Letters have no upper case, so
// that no two users differ in that alone.
func userName(name string) bool {
	return userRule().MatchString(name) && text.Name(name) == "" && name == strings.ToLower(name) && name != Owner
}

// NewUser is a person to register, or a role to give to a known one.
type NewUser struct {
	Name          string        `json:"name"`                // what they act by
	Full          string        `json:"full_name,omitempty"` // for people to read
	Role          glovebox.Role `json:"role"`
	Org           string        `json:"org,omitempty"`
	Filing        string        `json:"filing,omitempty"`
	Qualification string        `json:"qualification,omitempty"`
}

// AddUser registers a person with a role, or gives a known person one more. In a
// domain that is served the role waits for a second person's word; elsewhere
// the owner of the directory gives it, and who that is, is the host's business.
func (d *Domain) AddUser(ctx context.Context, by *By, n NewUser) (u glovebox.User, err error) {
	if err := n.check(); err != nil {
		return u, err
	}
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		served, err := Served.Has(tx, servedID)
		if err != nil {
			return err
		}
		known, err := Users.Has(tx, n.Name)
		if err != nil {
			return err
		}
		u = glovebox.User{Name: n.Name, Roles: []glovebox.Role{}}
		if known {
			err = Users.Get(tx, n.Name, &u)
		} else {
			err = u.To(glovebox.UserActive)
		}
		if err != nil {
			return err
		}
		if err := n.into(&u); err != nil {
			return err
		}
		if err := apart(&u, n.Role); err != nil {
			return err
		}
		if served {
			if err := registered(tx, u.Org); err != nil {
				return err
			}
			u.Asked = append(u.Asked, glovebox.RoleAsked{Role: n.Role, By: by.Name})
		} else {
			u.Roles = append(u.Roles, n.Role)
		}
		body := map[string]any{"role": n.Role}
		if u.Org != "" {
			body["org"] = u.Org
		}
		return Users.Put(tx, "user.add", n.Name, u, body)
	})
	return u, err
}

// check fails with CodeInvalid for what cannot be a person's record.
func (n *NewUser) check() error {
	if !userName(n.Name) {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "NAME", Msg: "not a user name"}).
			WithFix("use a login name, such as zhangsan or 张三: a letter, then letters, digits and . _ · -, at most 32 characters, none upper-case; any other form of the name goes into --full-name; %q is taken", Owner)
	}
	for field, s := range map[string]string{"--full-name": n.Full, "--org": n.Org, "--filing": n.Filing, "--qualification": n.Qualification} {
		if err := shown(field, s); err != nil {
			return err
		}
	}
	if !slices.Contains(glovebox.Roles, n.Role) {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--role", Msg: "not a role"}).
			WithFix("use provider, authority, operator, developer, auditor or registrar")
	}
	if n.Role == glovebox.RoleProvider && n.Org == "" {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--org", Msg: "a provider needs an organisation"}).
			WithFix("pass --org as the `provider` of its dataset records")
	}
	return nil
}

// shown fails with CodeInvalid for a text that people could not read, or misread.
func shown(field, s string) error {
	wrong := text.Name(s)
	if s == "" || wrong == "" && utf8.RuneCountInString(s) <= maxNameChars {
		return nil
	}
	e := glovebox.Errorf(glovebox.CodeInvalid, "longer than %d characters", maxNameChars)
	if wrong != "" {
		e = glovebox.Errorf(glovebox.CodeInvalid, "the name %s", wrong)
	}
	e.Field = field
	return e.WithFix(text.Advice)
}

// into completes a record, and changes nothing that it says already.
func (n *NewUser) into(u *glovebox.User) error {
	if slices.Contains(u.Roles, n.Role) || slices.ContainsFunc(u.Asked, func(a glovebox.RoleAsked) bool { return a.Role == n.Role }) {
		return glovebox.Errorf(glovebox.CodeConflict, "%s is already %s", n.Name, n.Role)
	}
	for _, f := range []struct {
		to   *string
		from string
		err  *glovebox.Error
	}{
		{&u.Org, n.Org, glovebox.Errorf(glovebox.CodeConflict, "%s already belongs to another organisation", n.Name)},
		{&u.Full, n.Full, glovebox.Errorf(glovebox.CodeConflict, "%s already has another full name", n.Name)},
		{&u.Filing, n.Filing, glovebox.Errorf(glovebox.CodeConflict, "%s already has another filing reference", n.Name)},
		{&u.Qualification, n.Qualification, glovebox.Errorf(glovebox.CodeConflict, "%s already has another qualification", n.Name)},
	} {
		if f.from == "" {
			continue
		}
		if *f.to != "" && *f.to != f.from {
			return f.err.WithFix("add the person under another name")
		}
		*f.to = f.from
	}
	return nil
}

// apart keeps the three offices apart (三员分立): who registers people neither
// audits nor operates.
func apart(u *glovebox.User, role glovebox.Role) error {
	office := []glovebox.Role{glovebox.RoleRegistrar, glovebox.RoleAuditor, glovebox.RoleOperator}
	if !slices.Contains(office, role) {
		return nil
	}
	held := slices.Clone(u.Roles)
	for _, a := range u.Asked {
		held = append(held, a.Role)
	}
	for _, r := range held {
		if r != role && slices.Contains(office, r) && (r == glovebox.RoleRegistrar || role == glovebox.RoleRegistrar) {
			return glovebox.Errorf(glovebox.CodeDenied, "%s is %s and cannot be %s: who registers people neither audits nor operates", u.Name, r, role).
				WithFix("give the role to another person")
		}
	}
	return nil
}

// registered fails unless the institution is known and active.
func registered(tx *store.Tx, org string) error {
	if org == "" {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--org", Msg: "in a domain that is served everybody belongs to an institution"}).
			WithFix("register it first: `glovebox org add NAME --kind KIND`")
	}
	var o glovebox.Org
	if err := Orgs.Get(tx, org, &o); err != nil {
		return about(err, "--org")
	}
	if o.State != glovebox.OrgActive {
		return about(glovebox.Errorf(glovebox.CodeConflict, "institution %q is %s", org, o.State), "--org")
	}
	return nil
}
