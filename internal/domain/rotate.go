package domain

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/fault"
)

// Kinds of key that RotateKey replaces.
const (
	SigningKey  = "signing" // signs log, bundles and envelopes
	IdentityKey = "domain"  // opens the keys of everything else
	UnitKey     = "unit"    // turns identifiers of a unit space into tokens
)

// KeysDoc is what the domain says of its own keys, once one was replaced. Which
// held when, the log says.
type KeysDoc struct {
	Signing   string   `json:"signing,omitempty"`   // name+hash+key; "": still the first
	Former    []string `json:"former,omitempty"`    // those that signed before, oldest first
	Turning   bool     `json:"turning,omitempty"`   // the change of the signing key is not finished
	Recipient string   `json:"recipient,omitempty"` // age1pq1…: of the identity; "": still the first
	Since     string   `json:"since"`               // RFC 3339, UTC: of the last change
	By        string   `json:"by"`
}

// Rotated is what RotateKey did.
type Rotated struct {
	Key string `json:"key"`
	// To is the new key: name+hash+key of one that signs, age1pq1… of an identity,
	// the number of the generation of a unit space's.
	To string `json:"to"`
	// Reload are datasets whose rows stand under the key before, until they are
	// loaded again.
	Reload []string `json:"reload,omitempty"`
}

// RotateKey replaces a key of the domain. A registrar does it, or the owner of the
// directory. One that was stopped is finished when the domain is opened, or by the
// same call.
func (d *Domain) RotateKey(ctx context.Context, by *By, kind, space string) (*Rotated, error) {
	if err := d.custodian(by, "replace a key of the domain"); err != nil {
		return nil, err
	}
	switch {
	case kind == SigningKey && space == "":
		return d.rotateSigner(ctx, by)
	case kind == IdentityKey && space == "":
		return d.rotateIdentity(ctx, by)
	case kind == UnitKey && space != "":
		return d.rotateUnits(ctx, by, space)
	}
	return nil, glovebox.Errorf(glovebox.CodeInvalid, "not a key that can be replaced").WithFix("name signing, domain, or unit with --space NAME")
}

// custodian fails unless by keeps the keys: a registrar, or the owner of a
// directory that is not served.
func (d *Domain) custodian(by *By, what string) error {
	if by.IsOwner() {
		return nil
	}
	return require(by.User, glovebox.RoleRegistrar, what)
}

// keysDoc is what the domain says of its keys.
func (d *Domain) keysDoc(tx *store.Tx) (KeysDoc, error) {
	doc, err := DomainKeys.Find(tx, d.Name)
	if doc == nil {
		doc = &KeysDoc{}
	}
	return *doc, err
}

// rotateSigner makes the next signing key, has both sign the link between them,
// records it under the old one and goes on under the new one.
func (d *Domain) rotateSigner(ctx context.Context, by *By) (*Rotated, error) {
	s, err := d.Enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.End()
	if err := d.finishSigner(ctx); err != nil {
		return nil, err
	}
	next, err := d.Vault.NextSigner()
	if err != nil {
		return nil, err
	}
	fault.Point("signer-made")
	to, err := audit.NewKey(d.Name, next)
	if err != nil {
		return nil, err
	}
	from := d.verifier()
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		nodes, err := NodeDocs.List(tx)
		if err != nil {
			return err
		}
		for _, n := range nodes {
			if n.State == NodeTrusted {
				return glovebox.Errorf(glovebox.CodeConflict, "node %s was made for the present key, and would take no work under another", n.Name).
					WithFix("`glovebox node revoke %s` first; afterwards `glovebox node init` there with the new key, and `glovebox node trust`", n.Name)
			}
		}
		index, err := tx.Recorded()
		if err != nil {
			return err
		}
		l := verify.Link{Index: index, From: from, To: to.Verifier()}
		if l.Endorsed, err = signLink(d.Vault.Signer(), d.Name, &l); err == nil {
			l.Accepted, err = signLink(next, d.Name, &l)
		}
		if err != nil {
			return err
		}
		doc, err := d.keysDoc(tx)
		if err != nil {
			return err
		}
		doc.Signing, doc.Former, doc.Turning, doc.Since, doc.By = l.To, append(doc.Former, from), true, d.Stamp(), by.Name
		return DomainKeys.Put(tx, "domain.rotate", d.Name, doc, map[string]any{"key": SigningKey, "link": l})
	})
	if err != nil {
		return nil, err
	}
	return &Rotated{Key: SigningKey, To: to.Verifier()}, d.finishSigner(ctx)
}

// signLink signs the statement that one key ends at an entry and another begins.
func signLink(s crypto.Signer, name string, l *verify.Link) (string, error) {
	text := "glovebox key v1\n" + name + "\n" + strconv.FormatUint(l.Index, 10) + "\n" + l.From + "\n" + l.To + "\n"
	sig, err := s.Sign(rand.Reader, []byte(text), crypto.Hash(0))
	if err != nil {
		return "", glovebox.Errorf(glovebox.CodeInternal, "a key cannot sign").Because(err)
	}
	return base64.StdEncoding.EncodeToString(sig), nil
}

// finishSigner takes the signing key that the log names into use, where a change
// was begun: the old key signs the log up to the entry that ends it, then is
// destroyed. The caller is in a session.
func (d *Domain) finishSigner(ctx context.Context) error {
	var doc KeysDoc
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		doc, err = d.keysDoc(tx)
		return err
	})
	if err != nil || !doc.Turning {
		return err
	}
	if err := d.turnLog(ctx, &doc); err != nil {
		return err
	}
	return d.Effect(ctx, systemBy(), func(tx *store.Tx) error {
		doc, err := d.keysDoc(tx)
		if err != nil || !doc.Turning {
			return err
		}
		doc.Turning = false
		return DomainKeys.Put(tx, "domain.rotated", d.Name, doc, map[string]any{"key": SigningKey})
	})
}

// turnLog closes the log under the old key and opens it under the new one.
func (d *Domain) turnLog(ctx context.Context, doc *KeysDoc) (err error) {
	d.turning.Lock()
	defer d.turning.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() {
		if err != nil { // whoever enters next takes the lock and opens the log anew
			err = errors.Join(err, d.give())
		}
	}()
	if d.logKey.Load().Verifier() != doc.Signing {
		n, err := d.log.Size(ctx)
		if err != nil {
			return err
		}
		if _, err := d.log.Checkpoint(ctx, n); err != nil {
			return err
		}
		fault.Point("log-signed")
	}
	if err := d.log.Close(ctx); err != nil {
		return err
	}
	d.log = nil
	pub, err := publicKey(doc.Signing)
	if err != nil {
		return err
	}
	if err := d.Vault.TakeSigner(pub); err != nil {
		return err
	}
	if err := d.setLogKey(doc.Former); err != nil {
		return err
	}
	d.log, err = audit.Open(ctx, d.LogDir(), d.logKey.Load(), nil)
	return err
}

// openKeys takes the signing key that the vault holds.
func (d *Domain) openKeys(ctx context.Context) error {
	var doc KeysDoc
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		doc, err = d.keysDoc(tx)
		return err
	})
	if glovebox.CodeOf(err) == glovebox.CodeInternal {
		err = nil // a database that somebody changed: audit verify says how
	}
	if err != nil {
		return err
	}
	return d.setLogKey(doc.Former)
}

// finishKeys ends changes of keys that were stopped.
func (d *Domain) finishKeys(ctx context.Context) error {
	if err := d.Vault.Settle(); err != nil {
		return err
	}
	s, err := d.Enter(ctx)
	if err != nil {
		return err
	}
	defer s.End()
	return d.finishSigner(ctx)
}

// setLogKey makes the signing key of the vault the log's.
func (d *Domain) setLogKey(former []string) error {
	k, err := audit.NewKey(d.Name, d.Vault.Signer(), former...)
	if err == nil {
		d.logKey.Store(k)
	}
	return err
}

// publicKey is the Ed25519 key of a text name+hash+key that the domain wrote.
func publicKey(vkey string) (ed25519.PublicKey, error) {
	raw := []byte{}
	if i := lastPlus(vkey); i > 0 {
		raw, _ = base64.StdEncoding.DecodeString(vkey[i:])
	}
	if len(raw) != 1+ed25519.PublicKeySize {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the document of the domain's keys is damaged").WithFix("run `glovebox audit verify`")
	}
	return ed25519.PublicKey(raw[1:]), nil
}

// lastPlus is where the third part of name+hash+key begins: base64 may hold a
// plus of its own.
func lastPlus(vkey string) int {
	plus := 0
	for i := range vkey {
		if vkey[i] == '+' {
			if plus++; plus == 2 {
				return i + 1
			}
		}
	}
	return 0
}

func (d *Domain) rotateIdentity(ctx context.Context, by *By) (*Rotated, error) {
	s, err := d.Enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.End()
	to, err := d.Vault.RotateIdentity()
	if err != nil {
		return nil, err
	}
	return &Rotated{Key: IdentityKey, To: to}, d.Effect(ctx, by, func(tx *store.Tx) error {
		doc, err := d.keysDoc(tx)
		if err != nil {
			return err
		}
		doc.Recipient, doc.Since, doc.By = to, d.Stamp(), by.Name
		return DomainKeys.Put(tx, "domain.rotate", d.Name, doc, map[string]any{"key": IdentityKey, "to": to})
	})
}

// rotateUnits gives a unit space another key: what is loaded from now on has other
// tokens. Datasets that were loaded before and after cannot be joined.
func (d *Domain) rotateUnits(ctx context.Context, by *By, space string) (*Rotated, error) {
	var doc glovebox.Space
	if err := d.Store.View(ctx, func(tx *store.Tx) error { return Spaces.Get(tx, space, &doc) }); err != nil {
		return nil, err
	}
	next := doc.Key + 1
	if err := d.Vault.NewUnitKey(space, next); err != nil {
		return nil, err
	}
	fault.Point("unit-key-made")
	out := &Rotated{Key: UnitKey, To: strconv.Itoa(next)}
	return out, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Spaces.Get(tx, space, &doc); err != nil {
			return err
		}
		if doc.Key+1 != next {
			return store.Changed("space", space)
		}
		doc.Key = next
		v, err := spaceView(tx, space)
		if err != nil {
			return err
		}
		out.Reload = v.Datasets
		return Spaces.Put(tx, "space.rotate", space, doc, map[string]any{"key": UnitKey, "generation": next})
	})
}

// unitKeys are the generations of the keys of a record's unit spaces, in the order
// of its units; nil where all are the first.
func unitKeys(tx *store.Tx, rec *glovebox.Dataset) ([]int, error) {
	units := rec.Units()
	out, later := make([]int, len(units)), false
	for i, u := range units {
		doc, err := Spaces.Find(tx, u.Space)
		if err != nil {
			return nil, err
		}
		if doc != nil {
			out[i] = doc.Key
			later = later || doc.Key > 0
		}
	}
	if !later {
		return nil, nil
	}
	return out, nil
}

// verifier is the public half of the key that signs now.
func (d *Domain) verifier() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.logKey.Load().Verifier()
}

// KeyHistory is the domain's public key and, if it was ever replaced, a line for
// each change: what a bundle of earlier days, or a key that was handed out then,
// is held to.
func (d *Domain) KeyHistory(ctx context.Context) (string, error) {
	out := d.verifier() + "\n"
	err := d.Entries(ctx, func(e *verify.Entry) error {
		if e.Action != verify.RotateAction {
			return nil
		}
		var body struct {
			Link *verify.Link `json:"link"`
		}
		if err := json.Unmarshal(e.Body, &body); err != nil || body.Link == nil {
			return nil //nolint:nilerr // it is about another key, or audit verify says what is wrong with it
		}
		line, err := json.Marshal(body.Link)
		if err != nil {
			return err
		}
		out += string(line) + "\n"
		return nil
	})
	return out, err
}
