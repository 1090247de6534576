package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

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

// identifier turns one column of ids into tokens, one batch at a time.
type identifier struct {
	prf    *prf
	format string
	ids    []string // normalised; "" means none
	tokens *array.FixedSizeBinaryBuilder
}

// normalise reads the ids of a batch.
func (id *identifier) normalise(col arrow.Array) {
	id.ids = id.ids[:0]
	for i := range col.Len() {
		s := ""
		if col.IsValid(i) {
			switch c := col.(type) {
			case *array.String:
				s = source.NormaliseID(id.format, c.Value(i))
			case *array.Int32:
				s = strconv.Itoa(int(c.Value(i)))
			case *array.Int64:
				s = strconv.FormatInt(c.Value(i), 10)
			}
		}
		id.ids = append(id.ids, s)
	}
}

// append appends the token of the i-th id, a null for none or a rejected row.
func (id *identifier) append(i int, accepted bool) {
	if !accepted || id.ids[i] == "" {
		id.tokens.AppendNull()
		return
	}
	id.tokens.Append(id.prf.token([]byte(id.ids[i])))
}

// last returns the token that was appended last.
func (id *identifier) last() []byte { return id.prf.sum[:column.TokenBytes] }
