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
