package domain

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/domain/store"
)

// servedID is the one document of kind served.
const servedID = "domain"

// Enrolled is a person whose key a domain begins to be served with.
type Enrolled struct {
	User string  `json:"user"`
	Full string  `json:"full_name,omitempty"`
	Org  string  `json:"org"`
	Key  act.Key `json:"key"`
}

// ServedDoc says since when a domain is served, and by whose keys it began.
type ServedDoc struct {
	Served   bool       `json:"served"`
	Since    string     `json:"since"` // RFC 3339, UTC
	Enrolled []Enrolled `json:"enrolled"`
}

// Serve makes the domain one that takes signed acts alone, once and for good. Its
// owner does so, and enrols the first registrar and the first authority, who are
// two people with a key each. People that it had keep their roles; they act when
// they have keys.
func (d *Domain) Serve(ctx context.Context, registrar, authority Enrolled) (doc ServedDoc, err error) {
	both := []struct {
		Enrolled
		role glovebox.Role
	}{{registrar, glovebox.RoleRegistrar}, {authority, glovebox.RoleAuthority}}
	for _, e := range both {
		n := NewUser{Name: e.User, Full: e.Full, Role: e.role, Org: e.Org}
		if err := n.check(); err != nil {
			return doc, err
		}
		if err := e.Key.Check(); err != nil {
			return doc, err
		}
	}
	switch {
	case registrar.User == authority.User:
		return doc, glovebox.Errorf(glovebox.CodeInvalid, "the first registrar and the first authority are one person").WithFix("name two people")
	case registrar.Key.ID == authority.Key.ID:
		return doc, glovebox.Errorf(glovebox.CodeInvalid, "the first registrar and the first authority have one key").WithFix("each makes a key of their own: `glovebox user key new`")
	}
	doc = ServedDoc{Served: true, Since: d.Stamp(), Enrolled: []Enrolled{registrar, authority}}
	err = d.Effect(ctx, OwnerBy(), func(tx *store.Tx) error {
		for _, e := range both {
			if err := d.enrol(tx, e.Enrolled, e.role); err != nil {
				return err
			}
		}
		if err := askAgain(tx, registrar.Key.ID, authority.Key.ID); err != nil {
			return err
		}
		return Served.Put(tx, "domain.serve", servedID, doc, map[string]any{"served": true, "enrolled": doc.Enrolled})
	})
	return doc, err
}

// askAgain has all keys but the enrolled ones wait for a second person: so far
// they were the word of whoever holds the directory.
func askAgain(tx *store.Tx, enrolled ...string) error {
	all, err := Keys.List(tx)
	if err != nil {
		return err
	}
	for _, k := range all {
		if k.State != KeyActive || slices.Contains(enrolled, k.Key.ID) {
			continue
		}
		k.State, k.By = KeyAsked, Owner
		if err := Keys.Put(tx, "user.key_ask", k.Key.ID, k, map[string]any{"user": k.User, "key_id": k.Key.ID}); err != nil {
			return err
		}
	}
	return nil
}

// enrol gives a person role and key in the change that begins the serving.
func (d *Domain) enrol(tx *store.Tx, e Enrolled, role glovebox.Role) error {
	u := glovebox.User{Name: e.User}
	known, err := Users.Has(tx, e.User)
	switch {
	case err == nil && known:
		err = Users.Get(tx, e.User, &u)
	case err == nil:
		err = u.To(glovebox.UserActive)
	}
	if err != nil {
		return err
	}
	if e.Org != "" {
		if known, err := Orgs.Has(tx, e.Org); err != nil {
			return err
		} else if !known {
			o := glovebox.Org{Name: e.Org, Kind: "bureau", State: glovebox.OrgActive}
			if err := Orgs.Put(tx, "org.add", e.Org, o, nil); err != nil {
				return err
			}
		}
	}
	n := NewUser{Name: e.User, Full: e.Full, Role: role, Org: e.Org}
	if !holds(u, role) {
		if err := n.into(&u); err != nil {
			return err
		}
		if err := apart(&u, role); err != nil {
			return err
		}
		u.Roles = append(u.Roles, role)
		if err := Users.Put(tx, "user.add", e.User, u, map[string]any{"role": role}); err != nil {
			return err
		}
	}
	if known, err := Keys.Has(tx, e.Key.ID); err != nil {
		return err
	} else if known {
		var old KeyDoc
		if err := Keys.Get(tx, e.Key.ID, &old); err != nil {
			return err
		}
		if old.User != e.User || old.State == KeyRevoked {
			return glovebox.Errorf(glovebox.CodeConflict, "the key of %s is one of somebody else, or was revoked", e.User).WithFix("make another one: `glovebox user key new`")
		}
	}
	k := KeyDoc{Key: e.Key, User: e.User, State: KeyActive, Added: d.Stamp(), By: Owner, Confirmed: Owner}
	return Keys.Put(tx, "user.key_enrol", e.Key.ID, k, map[string]any{"user": e.User, "key": e.Key})
}

// Served says whether the domain takes signed acts alone.
func (d *Domain) Served(ctx context.Context) (served bool, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		served, err = Served.Has(tx, servedID)
		return err
	})
	return served, err
}

// Local says that the domain is not served.
func Local(tx *store.Tx) (bool, error) {
	served, err := Served.Has(tx, servedID)
	return !served, err
}
