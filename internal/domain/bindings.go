package domain

import (
	"context"
	"net/url"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/text"
)

// BindingState is where it stands that an account of an identity provider is a
// person's.
type BindingState string

const (
	BindingAsked  BindingState = "asked"  // exits: BindingActive, BindingEnded
	BindingActive BindingState = "active" // a second person confirmed it; exits: BindingEnded
	BindingEnded  BindingState = "ended"  // exits: BindingAsked
)

// BindingDoc says whose an account of an identity provider is. What the provider
// says of roles counts for nothing.
type BindingDoc struct {
	ID      string       `json:"id"`
	Issuer  string       `json:"issuer"`
	Subject string       `json:"subject"`
	User    string       `json:"user"`
	State   BindingState `json:"state"`
	Added   string       `json:"added"` // RFC 3339, UTC
	// By asked for it, Confirmed said that it is so: two people.
	By        string `json:"by"`
	Confirmed string `json:"confirmed,omitempty"`
}

const (
	maxIssuer  = 255 // bytes
	maxSubject = 255 // bytes, as OpenID Connect has it
)

// account fails with CodeInvalid for what cannot be an account of a provider.
func account(issuer, subject string) error {
	u, err := url.Parse(issuer)
	if err != nil || len(issuer) > maxIssuer || text.Printed(issuer) != issuer || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		return glovebox.Invalid("--issuer", "is not the address of an identity provider").
			WithFix("write it as the provider's tokens say it, https://HOST[/PATH]")
	}
	if subject == "" || len(subject) > maxSubject || text.Printed(subject) != subject {
		return glovebox.Invalid("--subject", "is not the subject of an account").
			WithFix("write what the provider's tokens call the person in `sub`: at most 255 bytes that show")
	}
	return nil
}

// Bind asks for an account of an identity provider to be a person's: a registrar.
// In a domain that is served it waits for a second person; elsewhere it is active
// at once.
func (d *Domain) Bind(ctx context.Context, by *By, user, issuer, subject string) (doc BindingDoc, err error) {
	if err := account(issuer, subject); err != nil {
		return doc, err
	}
	id := access.BindingID(issuer, subject)
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		var u glovebox.User
		if err := Users.Get(tx, user, &u); err != nil {
			return err
		}
		old, err := Bindings.Find(tx, id)
		if err != nil {
			return err
		}
		if old != nil && old.State != BindingEnded {
			return glovebox.Errorf(glovebox.CodeConflict, "this account is bound already").WithFix("look at it: `glovebox user bindings`; `glovebox user unbind` ends it")
		}
		served, err := Served.Has(tx, servedID)
		if err != nil {
			return err
		}
		doc = BindingDoc{ID: id, Issuer: issuer, Subject: subject, User: user, State: BindingAsked, Added: d.Stamp(), By: by.Name}
		if !served {
			doc.State = BindingActive
		}
		return Bindings.Put(tx, "user.bind", id, doc, map[string]any{"user": user, "issuer": issuer, "subject": subject})
	})
	return doc, err
}

// ConfirmBinding says that an account is user's: somebody other than that person
// and whoever asked for it.
func (d *Domain) ConfirmBinding(ctx context.Context, by *By, user, id string) (doc BindingDoc, err error) {
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Bindings.Get(tx, id, &doc); err != nil {
			return err
		}
		switch {
		case doc.User != user:
			return glovebox.Errorf(glovebox.CodeDenied, "the account was asked for as that of somebody else").WithFix("look at it again: `glovebox user bindings`")
		case doc.State != BindingAsked:
			return glovebox.Errorf(glovebox.CodeConflict, "the binding is %s: there is nothing to confirm", doc.State)
		case by.Name == doc.User || by.Name == doc.By:
			return glovebox.Errorf(glovebox.CodeDenied, "a binding is confirmed by somebody other than its person and whoever asked for it").
				WithFix("ask a registrar or the authority who is neither")
		}
		doc.State, doc.Confirmed = BindingActive, by.Name
		return Bindings.Put(tx, "user.bind_confirm", id, doc, map[string]any{"user": doc.User})
	})
	return doc, err
}

// Unbind ends a binding: its person, or a registrar. Sessions that it opened end
// with it.
func (d *Domain) Unbind(ctx context.Context, by *By, id string) (doc BindingDoc, err error) {
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Bindings.Get(tx, id, &doc); err != nil {
			return err
		}
		if by.Name != doc.User && by.Name != Owner {
			if err := require(by.User, glovebox.RoleRegistrar, "end a binding of another person"); err != nil {
				return err
			}
		}
		if doc.State == BindingEnded {
			return glovebox.Errorf(glovebox.CodeConflict, "the binding is %s already", doc.State)
		}
		doc.State = BindingEnded
		return Bindings.Put(tx, "user.unbind", id, doc, map[string]any{"user": doc.User})
	})
	return doc, err
}

// Bindings lists the bindings of a person; of everybody for "".
func (d *Domain) Bindings(ctx context.Context, user string) (out []BindingDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		return Bindings.Each(tx, func(_ string, b BindingDoc) error {
			if user == "" || b.User == user {
				out = append(out, b)
			}
			return nil
		})
	})
	return out, err
}

// BoundLogin is the person whose an account is, who may act now. The login is in
// the log: key is the thumbprint of the provider's key that vouched for it. It
// fails with CodeDenied, in the same words whatever the reason.
func (d *Domain) BoundLogin(ctx context.Context, issuer, subject, key string) (user, binding string, err error) {
	binding = access.BindingID(issuer, subject)
	err = d.Effect(ctx, systemBy(), func(tx *store.Tx) error {
		b, err := Bindings.Find(tx, binding)
		if err != nil {
			return err
		}
		if b == nil || b.State != BindingActive {
			return notBound()
		}
		if err := Active(tx, b.User); err != nil {
			return notBound().Because(err)
		}
		user = b.User
		return Sessions.Record(tx, "session.login", user, map[string]any{"scope": "read", "binding": binding, "issuer": issuer, "provider_key": key})
	})
	return user, binding, err
}

func notBound() *glovebox.Error {
	return glovebox.Errorf(glovebox.CodeDenied, "this account is not one of an active person of this domain").
		WithFix("have a registrar bind it: `glovebox user bind NAME --issuer URL --subject SUBJECT`")
}

// Active fails with CodeDenied unless a person may act now: known, not suspended,
// and of an institution that is not.
func Active(tx *store.Tx, name string) error {
	var u glovebox.User
	if err := Users.Get(tx, name, &u); err != nil {
		return err
	}
	return active(tx, &u)
}
