package domain

import (
	"context"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/domain/store"
)

// KeyState is where a person's key stands.
type KeyState string

const (
	KeyAsked   KeyState = "asked"   // handed in; exits: KeyActive, KeyRevoked
	KeyActive  KeyState = "active"  // a second person confirmed it; exits: KeyRevoked, KeyAsked as the domain begins to be served
	KeyRevoked KeyState = "revoked" // for good
)

// KeyDoc is a key of a person: what acts are checked with.
type KeyDoc struct {
	Key   act.Key  `json:"key"`
	User  string   `json:"user"`
	State KeyState `json:"state"`
	Added string   `json:"added"` // RFC 3339, UTC
	// By handed it in, Confirmed said that it is that person's: two people.
	By        string `json:"by"`
	Confirmed string `json:"confirmed,omitempty"`
}

// AddKey hands in a key of a person: the person, or a registrar. In a domain that
// is served it waits for a second person; elsewhere it is active at once.
func (d *Domain) AddKey(ctx context.Context, by *By, user string, k act.Key) (doc KeyDoc, err error) {
	if err := k.Check(); err != nil {
		return doc, err
	}
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		var u glovebox.User
		if err := Users.Get(tx, user, &u); err != nil {
			return err
		}
		if err := d.keeper(tx, by, user); err != nil {
			return err
		}
		if known, err := Keys.Has(tx, k.ID); err != nil || known {
			if err == nil {
				err = handedIn()
			}
			return err
		}
		if err := oneCredential(tx, &k); err != nil {
			return err
		}
		served, err := Served.Has(tx, servedID)
		if err != nil {
			return err
		}
		doc = KeyDoc{Key: k, User: user, State: KeyAsked, Added: d.Stamp(), By: by.Name}
		body := map[string]any{"user": user, "key": k}
		if !served {
			doc.State = KeyActive
		}
		return Keys.Put(tx, "user.key_add", k.ID, doc, body)
	})
	return doc, err
}

// oneCredential fails where another key has the name that a passkey gave itself:
// browsers say by it which passkey signed.
func oneCredential(tx *store.Tx, k *act.Key) error {
	if k.Credential == "" {
		return nil
	}
	return Keys.Each(tx, func(_ string, o KeyDoc) error {
		if o.Key.Credential == k.Credential {
			return handedIn()
		}
		return nil
	})
}

func handedIn() error {
	return glovebox.Errorf(glovebox.CodeConflict, "this key was handed in before").WithFix("make another one: `glovebox user key new`")
}

// maxOffered bounds the keys of a person that wait for somebody to confirm them.
const maxOffered = 8

// OfferKey records that somebody who is logged in as a person handed in a passkey
// of that person, whose login proved itself by proof. Nobody signed for that, so
// the entry is the program's own, and the key signs nothing before a second person
// confirms it.
func (d *Domain) OfferKey(ctx context.Context, user string, k act.Key, proof access.Proof) (doc KeyDoc, err error) {
	if err := k.Check(); err != nil {
		return doc, err
	}
	err = d.Effect(ctx, systemBy(), func(tx *store.Tx) error {
		if err := Active(tx, user); err != nil {
			return err
		}
		waiting := 0
		if err := Keys.Each(tx, func(_ string, o KeyDoc) error {
			if o.User == user && o.State == KeyAsked {
				waiting++
			}
			return nil
		}); err != nil {
			return err
		}
		known, err := Keys.Has(tx, k.ID)
		if err == nil && known {
			err = handedIn()
		}
		if err == nil {
			err = oneCredential(tx, &k)
		}
		if err != nil {
			return err
		}
		if waiting >= maxOffered {
			return glovebox.Errorf(glovebox.CodeConflict, "%d keys of %s wait to be confirmed, and there may be no more", waiting, user).WithFix("revoke those that are not needed: `glovebox user key revoke`")
		}
		doc = KeyDoc{Key: k, User: user, State: KeyAsked, Added: d.Stamp(), By: user}
		return Keys.Put(tx, "user.key_offer", k.ID, doc, map[string]any{"user": user, "key": k, "session": proof})
	})
	return doc, err
}

// ConfirmKey says that a key is user's: somebody other than that person and
// whoever handed it in, who has looked at both. The key alone does not say whose it
// is, so who confirms it does.
func (d *Domain) ConfirmKey(ctx context.Context, by *By, user, id string) (doc KeyDoc, err error) {
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Keys.Get(tx, id, &doc); err != nil {
			return err
		}
		switch {
		case doc.User != user:
			return glovebox.Errorf(glovebox.CodeDenied, "the key was handed in as that of somebody else").WithFix("look at it again: `glovebox user key list`")
		case doc.State != KeyAsked:
			return glovebox.Errorf(glovebox.CodeConflict, "the key is %s: there is nothing to confirm", doc.State)
		case by.Name == doc.User || by.Name == doc.By:
			return glovebox.Errorf(glovebox.CodeDenied, "a key is confirmed by somebody other than its person and whoever handed it in").
				WithFix("ask a registrar or the authority who is neither")
		}
		doc.State, doc.Confirmed = KeyActive, by.Name
		return Keys.Put(tx, "user.key_confirm", id, doc, map[string]any{"user": doc.User, "confirms": id})
	})
	return doc, err
}

// RevokeKey ends a key for good: its person, or a registrar.
func (d *Domain) RevokeKey(ctx context.Context, by *By, id string) (doc KeyDoc, err error) {
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Keys.Get(tx, id, &doc); err != nil {
			return err
		}
		if err := d.keeper(tx, by, doc.User); err != nil {
			return err
		}
		if doc.State == KeyRevoked {
			return glovebox.Errorf(glovebox.CodeConflict, "the key is %s already", doc.State)
		}
		doc.State = KeyRevoked
		return Keys.Put(tx, "user.key_revoke", id, doc, map[string]any{"user": doc.User, "key_id": id})
	})
	return doc, err
}

// keeper fails unless by is the person, a registrar or, where the domain is not
// served, the owner of its directory.
func (d *Domain) keeper(tx *store.Tx, by *By, user string) error {
	if by.Name == user || by.Name == Owner {
		return nil
	}
	return require(by.User, glovebox.RoleRegistrar, "change the keys of another person")
}

// Keys lists the keys of a person; of everybody for "".
func (d *Domain) Keys(ctx context.Context, user string) (out []KeyDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		all, err := Keys.List(tx)
		for _, k := range all {
			if user == "" || k.User == user {
				out = append(out, k)
			}
		}
		return err
	})
	return out, err
}
