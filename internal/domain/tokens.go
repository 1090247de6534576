package domain

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// TokenScopes are what a program's token lets it do, each all that those before it
// do: read looks; submit hands in files, asks for checks and sends acts about one's
// own jobs; act sends any act. Acts carry their own signature all the same.
var TokenScopes = []string{"read", "submit", "act"}

// How long a token lasts at most, and how many a person may have.
const (
	MaxTokenDays = 366
	maxTokens    = 32
)

// TokenDoc is a token of a program. Its secret is told once, and kept nowhere.
type TokenDoc struct {
	ID    string `json:"id"` // TokenID of its secret
	User  string `json:"user"`
	Label string `json:"label"`
	Scope string `json:"scope"`
	Added string `json:"added"` // RFC 3339, UTC
	Until string `json:"until"` // RFC 3339, UTC
	Ended bool   `json:"ended,omitempty"`
	Key   string `json:"key"` // that signed for it: revoked, it ends the token
}

// tokenPrefix begins the secrets of tokens, so that scanners find one that lies
// about.
const tokenPrefix = "gbt_"

// IsToken says whether a secret has the form of a token's.
func IsToken(secret string) bool {
	return strings.HasPrefix(secret, tokenPrefix) && len(secret) == len(tokenPrefix)+43
}

// TokenID is the name of the token of a secret, of 256 random bits: the name does
// not tell the secret.
func TokenID(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return "t-" + hex.EncodeToString(h[:20])
}

// AddToken gives its person a token for a program, good for days.
func (d *Domain) AddToken(ctx context.Context, by *By, label, scope string, days int64) (doc TokenDoc, secret string, err error) {
	if err := shown("--label", label); err != nil {
		return doc, "", err
	}
	switch {
	case label == "":
		return doc, "", glovebox.Invalid("--label", "is missing").WithFix("say which program the token is for")
	case !slices.Contains(TokenScopes, scope):
		return doc, "", glovebox.Invalid("--scope", "is not one of a token").WithFix("use read, submit or act")
	case days < 1 || days > MaxTokenDays:
		return doc, "", glovebox.Invalid("--days", "is not from 1 to %d", MaxTokenDays).WithFix("a token ends on a day; make another one then")
	case by.signed == nil:
		return doc, "", glovebox.Errorf(glovebox.CodeDenied, "the act is not signed").WithFix("sign it with your key or passkey")
	}
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	secret = tokenPrefix + base64.RawURLEncoding.EncodeToString(b)
	now := d.Now().UTC()
	doc = TokenDoc{ID: TokenID(secret), User: by.Name, Label: label, Scope: scope,
		Added: now.Format(time.RFC3339), Until: now.AddDate(0, 0, int(days)).Format(time.RFC3339), Key: by.signed.envelope.Key()}
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		n := 0
		if err := Tokens.Each(tx, func(_ string, t TokenDoc) error {
			if t.User == by.Name && !t.over(now) {
				n++
			}
			return nil
		}); err != nil {
			return err
		}
		if n >= maxTokens {
			return glovebox.Errorf(glovebox.CodeConflict, "%s has %d tokens, and may have no more", by.Name, n).WithFix("end one: `glovebox token end ID`")
		}
		return Tokens.Put(tx, "token.add", doc.ID, doc, nil)
	})
	return doc, secret, err
}

// over says whether a token is good for nothing any more.
func (t *TokenDoc) over(now time.Time) bool {
	until, err := time.Parse(time.RFC3339, t.Until)
	return t.Ended || err != nil || !now.Before(until)
}

// EndToken ends a token: its person, or a registrar.
func (d *Domain) EndToken(ctx context.Context, by *By, id string) (doc TokenDoc, err error) {
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Tokens.Get(tx, id, &doc); err != nil {
			return err
		}
		if by.Name != doc.User {
			if err := require(by.User, glovebox.RoleRegistrar, "end a token of another person"); err != nil {
				return err
			}
		}
		if doc.Ended {
			return glovebox.Errorf(glovebox.CodeConflict, "the token is ended already")
		}
		doc.Ended = true
		return Tokens.Put(tx, "token.end", id, doc, map[string]any{"user": doc.User})
	})
	return doc, err
}

// Tokens lists the tokens of a person; of everybody for "".
func (d *Domain) Tokens(ctx context.Context, user string) (out []TokenDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		return Tokens.Each(tx, func(_ string, t TokenDoc) error {
			if user == "" || t.User == user {
				out = append(out, t)
			}
			return nil
		})
	})
	return out, err
}

// TokenOf is the live token of a secret; nil: there is none.
func TokenOf(tx *store.Tx, secret string, now time.Time) (*TokenDoc, error) {
	if !IsToken(secret) {
		return nil, nil
	}
	t, err := Tokens.Find(tx, TokenID(secret))
	if err != nil || t == nil || t.over(now) {
		return nil, err
	}
	return t, nil
}

// KeyCounts says whether a key of a person is active.
func KeyCounts(tx *store.Tx, user, id string) (bool, error) {
	k, err := Keys.Find(tx, id)
	return err == nil && k != nil && k.User == user && k.State == KeyActive, err
}

// EndedSession records that a session was ended by somebody's act: its own person
// or a registrar.
func (d *Domain) EndedSession(ctx context.Context, by *By, id, user string) error {
	if by.Name != user {
		if err := require(by.User, glovebox.RoleRegistrar, "end a session of another person"); err != nil {
			return err
		}
	}
	return d.Effect(ctx, by, func(tx *store.Tx) error {
		return Sessions.Record(tx, "session.end", id, map[string]any{"user": user})
	})
}
