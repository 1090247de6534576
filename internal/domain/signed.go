package domain

import (
	"context"
	"slices"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// How far the clock of a signer may be from the domain's, each way.
const (
	maxAhead = 5 * time.Minute
	maxAge   = 10 * time.Minute
)

// signedAct is a step that its person signed.
type signedAct struct {
	act      *act.Act
	envelope *act.Envelope
	role     glovebox.Role
}

// Signed is By for the person who signed an envelope, with the act. The envelope
// is checked: the key, whose it is and that it is valid, the signature, the
// domain, the time, the person and the role. What changes with other acts is
// checked again in the transaction that makes the change: the key, the person,
// the state of the subject, and that the act was not taken before.
//
// It fails with CodeDenied or CodeInvalid. Where the signature is sound, By is
// there with the error, so that the refusal can be logged under the true name.
func (d *Domain) Signed(ctx context.Context, e *act.Envelope) (*By, *act.Act, error) {
	var k KeyDoc
	err := d.Store.View(ctx, func(tx *store.Tx) error { return Keys.Get(tx, e.Key(), &k) })
	if glovebox.CodeOf(err) == glovebox.CodeNotFound {
		return nil, nil, glovebox.Errorf(glovebox.CodeDenied, "the key that signed is not known in this domain").
			WithFix("hand in its public half: `glovebox user key add`")
	}
	if err != nil {
		return nil, nil, err
	}
	a, err := k.Key.Verify(e)
	if err != nil {
		return nil, nil, err
	}
	by := &By{proof: proofOf(k.Key.Scheme), signed: &signedAct{act: a, envelope: e}}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		if err := Users.Get(tx, k.User, &by.User); err != nil {
			return err
		}
		return d.valid(tx, by)
	})
	if err != nil {
		return by, a, err
	}
	row, ok := access.Find(a.Name)
	if !ok {
		return by, a, glovebox.Errorf(glovebox.CodeInvalid, "no act is called %q", a.Name).WithFix("docs/access.md lists them")
	}
	by.signed.role, err = row.Role(by.User, glovebox.Role(a.Role))
	return by, a, err
}

// valid says whether a signed act may be taken now, by what the domain knows.
func (d *Domain) valid(tx *store.Tx, by *By) error {
	a := by.signed.act
	if a.Domain != d.Name {
		return glovebox.Errorf(glovebox.CodeDenied, "the act was signed for another domain").WithFix("sign it for domain %s", d.Name)
	}
	at, err := time.Parse(act.TimeLayout, a.Time)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "the act has no time").Because(err)
	}
	if now := d.Now(); at.After(now.Add(maxAhead)) || at.Before(now.Add(-maxAge)) {
		return glovebox.Errorf(glovebox.CodeDenied, "the act was signed at a time too far from the domain's clock").WithFix("set the clock of your machine, and sign again")
	}
	var k KeyDoc
	if err := Keys.Get(tx, by.signed.envelope.Key(), &k); err != nil {
		return err
	}
	if k.State != KeyActive {
		return glovebox.Errorf(glovebox.CodeDenied, "the key that signed is %s", k.State).WithFix("sign with a key that is active: `glovebox user key list`")
	}
	var u glovebox.User
	if err := Users.Get(tx, k.User, &u); err != nil {
		return err
	}
	if err := active(tx, &u); err != nil {
		return err
	}
	if role := by.signed.role; role != "" && !slices.Contains(u.Roles, role) {
		return glovebox.Errorf(glovebox.CodeDenied, "%s is not %s", u.Name, role).WithFix("act in a role that you hold")
	}
	used, err := tx.Used(a.Nonce)
	if err == nil && used {
		err = glovebox.Errorf(glovebox.CodeDenied, "the act was taken before").WithFix("sign a new one")
	}
	return err
}

// proveSigned checks a signed act in the transaction that makes its change. The
// first change carries the act; those that follow from it name its nonce.
func (d *Domain) proveSigned(tx *store.Tx, by *By) error {
	a := by.signed.act
	if by.used.Load() {
		tx.Follow(a.Nonce)
		return nil
	}
	if err := d.valid(tx, by); err != nil {
		return err
	}
	if kind, id, ok := strings.Cut(a.Subject, "/"); ok {
		now, err := tx.Digest(kind, id)
		if err != nil {
			return err
		}
		if now != a.State {
			return store.Changed(kind, id)
		}
	}
	tx.Sign(a.Nonce, by.signed.envelope)
	return nil
}

// Unfinished is a job that was charged and is not done, with the act that asked
// for it.
type Unfinished struct {
	Job string
	Act *act.Act
	// Envelope is the act's, encoded.
	Envelope []byte
	By       *By
}

// Unfinished lists the jobs that a stop left half way, and records for each that
// it is taken up. Jobs that nobody signed for, and those of people who may not
// act now, stay as they are.
func (d *Domain) Unfinished(ctx context.Context) (out []Unfinished, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		jobs, err := Jobs.List(tx)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if j.State != job.Charged && j.State != job.Running {
				continue
			}
			u, err := d.asked(tx, j.ID)
			if err != nil {
				return err
			}
			if u != nil {
				out = append(out, *u)
			}
		}
		return nil
	})
	for _, u := range out {
		if err := d.Effect(ctx, u.By, func(tx *store.Tx) error { return Jobs.Record(tx, "job.resume", u.Job, nil) }); err != nil {
			return nil, err
		}
	}
	return out, err
}

// asked is the act by which a job was admitted last; nil where nobody signed one,
// or whoever did may not act now.
func (d *Domain) asked(tx *store.Tx, id string) (*Unfinished, error) {
	e, err := tx.SignedFor(Jobs.Subject(id), "job.admit")
	if err != nil || e == nil {
		return nil, err
	}
	env, err := act.DecodeEnvelope(e)
	if err != nil {
		return nil, err
	}
	a, err := env.Act()
	if err != nil {
		return nil, err
	}
	k, err := Keys.Find(tx, env.Key())
	if err != nil || k == nil || k.State != KeyActive {
		return nil, err
	}
	u, err := Users.Find(tx, k.User)
	if err != nil || u == nil {
		return nil, err
	}
	if err := active(tx, u); err != nil {
		if glovebox.CodeOf(err) == glovebox.CodeDenied {
			return nil, nil
		}
		return nil, err
	}
	by := &By{User: *u, proof: proofOf(k.Key.Scheme), signed: &signedAct{act: a, envelope: env, role: glovebox.Role(a.Role)}}
	by.used.Store(true)
	return &Unfinished{Job: id, Act: a, Envelope: e, By: by}, nil
}

func proofOf(scheme string) access.Proof {
	if scheme == act.WebAuthn {
		return access.ProofPasskey
	}
	return access.ProofKey
}
