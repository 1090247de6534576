package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/source"
)

// A prf makes tokens, and the order of the rows of a unit: AES-256-CMAC under
// two keys that are made of one. It is for one goroutine. docs/formats/snapshot.md
// says what snapshots of format 1 have; they are read and not written.
type prf struct{ tokens, orders *cmac }

// The keys of a prf are HMAC-SHA-256, under its own key, of these bytes.
const (
	useTokens = "\x03token"
	useOrders = "\x03row order"
)

func newPRF(key [32]byte) *prf {
	derive := func(use string) *cmac {
		mac := hmac.New(sha256.New, key[:])
		_, _ = mac.Write([]byte(use))
		return newCMAC((*[32]byte)(mac.Sum(nil)))
	}
	return &prf{derive(useTokens), derive(useOrders)}
}

// token returns the token of a normalised id; it is valid until the next call.
// Among a billion ids two meet with chance 1.5e-21, and whoever sees their tokens
// without the key tells them from random ones with less than 1e-19.
func (p *prf) token(id []byte) []byte { return p.tokens.sum(id) }

// order returns a row's place among the rows of its unit; row is the unit's token
// and the row's values.
func (p *prf) order(row []byte) uint64 { return binary.BigEndian.Uint64(p.orders.sum(row)) }

// UnitToken is the token that Load gives to a unit's id, under the same key, in
// a unit column of that format. It serves whoever has id and key anyway, such
// as a run on sample data that tells units by their names.
func UnitToken(key [32]byte, format, id string) (t [column.TokenBytes]byte) {
	copy(t[:], newPRF(key).token([]byte(source.NormaliseID(format, id))))
	return t
}
