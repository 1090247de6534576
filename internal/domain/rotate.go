package domain

import (
	"context"
	"strconv"

	"glovebox.example/glovebox"
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
