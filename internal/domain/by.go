package domain

import (
	"context"
	"errors"
	"sync/atomic"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/domain/store"
)

// By is who takes a step, and what proves it. A signed By is good for one act:
// the first change that it makes takes the act's place in the log, and what
// follows from it refers to that.
type By struct {
	glovebox.User
	proof  access.Proof
	signed *signedAct
	system bool // a step of the program's own: the first entry, the end of a load

	used atomic.Bool // the act is in the log
}

// Proof is what shows that by acts; empty for one who may only look.
func (by *By) Proof() access.Proof { return by.proof }

// Key is the ID of the key that signed; "" where none did.
func (by *By) Key() string {
	if by.signed == nil {
		return ""
	}
	return by.signed.envelope.Key()
}

// Unused says whether by stands on a signature of which the log has nothing yet.
func (by *By) Unused() bool { return by.signed != nil && !by.used.Load() }

// Looking is By for somebody who changes nothing: what has to be asked in a
// person's name, such as the price of a job.
func Looking(u glovebox.User) *By { return &By{User: u} }

// Acting is By for a known, active user whom the owner of the directory names. A
// domain that is served knows no such word.
func (d *Domain) Acting(ctx context.Context, name string) (*By, error) {
	served, err := d.Served(ctx)
	if err == nil && served {
		err = byNameAlone()
	}
	if err != nil {
		return nil, err
	}
	u, err := d.ActiveUser(ctx, name)
	if err != nil {
		return nil, err
	}
	return &By{User: u, proof: access.ProofOwner}, nil
}

// OwnerBy is By for what the owner of the directory does without being a user of
// the domain: adding users to one that is not served.
func OwnerBy() *By { return &By{User: glovebox.User{Name: Owner}, proof: access.ProofOwner} }

// systemBy is By for what the program does of its own accord.
func systemBy() *By {
	return &By{User: glovebox.User{Name: Owner}, proof: access.ProofOwner, system: true}
}

// IsOwner says whether by is the owner of the directory, who is no user.
func (by *By) IsOwner() bool { return by.Name == Owner && by.proof == access.ProofOwner }

// Begin puts a signed act into the log before what it asks for is done: for what
// takes long, so that its time is that of its entry. It does nothing for an act
// that nobody signed.
func (d *Domain) Begin(ctx context.Context, by *By, name string) error {
	if by.signed == nil {
		return nil
	}
	return d.Effect(ctx, by, func(tx *store.Tx) error {
		return Users.Record(tx, "act.begin", by.Name, map[string]any{"asked": name})
	})
}

// Refused records an act that somebody may not take, under that person's name,
// and returns why. Whoever is not known leaves no entry.
func (d *Domain) Refused(ctx context.Context, by *By, name, subject string, why error) error {
	if by == nil || by.Name == "" {
		return why
	}
	as := &By{User: by.User, proof: by.proof, system: true}
	body := map[string]any{"asked": name, "code": glovebox.CodeOf(why), "proof": by.proof}
	if subject != "" {
		body["about"] = subject
	}
	if by.signed != nil {
		body["act"] = by.signed.envelope
	}
	err := d.Effect(ctx, as, func(tx *store.Tx) error { return Users.Record(tx, "act.refuse", by.Name, body) })
	return errors.Join(why, err)
}

// prove checks, in the transaction that makes the change, that by may make it
// now, and gives its proof to the entry that tells of it.
func (d *Domain) prove(tx *store.Tx, by *By) error {
	switch {
	case by.system:
		return nil
	case by.signed != nil:
		return d.proveSigned(tx, by)
	case by.proof != access.ProofOwner:
		return glovebox.Errorf(glovebox.CodeDenied, "the act is not signed").WithFix("sign it with your key or passkey")
	}
	served, err := Served.Has(tx, servedID)
	if err != nil || !served {
		return err
	}
	return byNameAlone()
}

func byNameAlone() error {
	return glovebox.Errorf(glovebox.CodeDenied, "this domain is served: nobody acts in it by name alone").
		WithFix("`glovebox login --server URL` with your key, then the same command without --as and --domain")
}
