package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/source"
)

// A prf is HMAC-SHA-256 (RFC 2104) under one key. The first byte of every
// input says what the output is for, so that one key serves two uses. It is
// for one goroutine.
type prf struct {
	mac hash.Hash
	sum [sha256.Size]byte
}

const (
	prfToken    = 1 // an id to its token
	prfRowOrder = 2 // the key of the row order, from the key of the unit space
)

func newPRF(key [32]byte) *prf { return &prf{mac: hmac.New(sha256.New, key[:])} }

func (p *prf) eval(use byte, in []byte) []byte {
	p.mac.Reset()
	_, _ = p.mac.Write([]byte{use})
	_, _ = p.mac.Write(in)
	return p.mac.Sum(p.sum[:0])
}

// token returns the token of a normalised id; it is valid until the next call.
// 16 bytes of a PRF: among a billion ids two meet with chance 1.5e-21.
func (p *prf) token(id []byte) []byte { return p.eval(prfToken, id)[:column.TokenBytes] }

// UnitToken is the token that Load gives to a unit's id, under the same key, in
// a unit column of that format. It serves whoever has id and key anyway, such
// as a run on sample data that tells units by their names.
func UnitToken(key [32]byte, format, id string) (t [column.TokenBytes]byte) {
	copy(t[:], newPRF(key).token([]byte(source.NormaliseID(format, id))))
	return t
}

// rowOrder makes the PRF that orders the rows of one unit.
func (p *prf) rowOrder() *prf {
	var key [32]byte
	copy(key[:], p.eval(prfRowOrder, []byte("row order")))
	return newPRF(key)
}

// order returns a row's place among the rows of its unit; row is the unit's token
// and the row's values.
func (p *prf) order(row []byte) uint64 {
	return binary.BigEndian.Uint64(p.eval(prfRowOrder, row))
}
