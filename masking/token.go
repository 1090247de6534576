package masking

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// A token is AES-256-CMAC (NIST SP 800-38B) of the value under a key derived
// from the scenario's. CMAC is a pseudorandom function for messages of any
// length as long as AES is one: over 2^48 blocks under one key an attacker's
// advantage stays below 2^-29 (Nandi 2009). On a vault token, which is one block,
// it is even a permutation, so two units never share a token. It costs a fifth of
// HMAC-SHA-256 (BenchmarkToken). Who holds the key can undo it for tokens;
// that is the domain, which holds the vault as well.

const tokenBytes = 16

var tokenType = &arrow.FixedSizeBinaryType{ByteWidth: tokenBytes}

// tokenKeys derives a key for each kind of value, so that a text of 16 bytes and
// a token of the same bytes are not the same.
type tokenKeys struct{ scenario [32]byte }

func (k *tokenKeys) mask(t glovebox.Type) (mask, error) {
	if k.scenario == [32]byte{} {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "there is a token mask but no token key")
	}
	kind := string(t)
	if t == glovebox.Int32 || t == glovebox.Int64 {
		kind = "integer" // the same number has the same token, however wide
	}
	key, err := hkdf.Expand(sha256.New, k.scenario[:], "glovebox masking token 1 "+kind, 32)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a token key cannot be derived").Because(err)
	}
	c, err := newCMAC(key)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a token key cannot be used").Because(err)
	}
	return func(mem memory.Allocator, a arrow.Array) (arrow.Array, error) {
		return tokenise(mem, a, c), nil
	}, nil
}

// tokenise makes a column of tokens. Nulls stay null, and zero.
func tokenise(mem memory.Allocator, a arrow.Array, c *cmac) arrow.Array {
	out := newColumn(mem, a, tokenBytes, 0)
	slots := out.slots.Bytes()
	slot := func(i int) []byte { return slots[i*tokenBytes : (i+1)*tokenBytes] }
	number := make([]byte, 8)
	switch a := a.(type) {
	case *array.FixedSizeBinary:
		for i := range a.Len() {
			if a.IsValid(i) {
				c.sum(slot(i), a.Value(i))
			}
		}
	case *array.String:
		var text []byte
		for i := range a.Len() {
			if a.IsValid(i) {
				text = append(text[:0], a.Value(i)...)
				c.sum(slot(i), text)
			}
		}
	case *array.Int32:
		for i, v := range a.Int32Values() {
			if a.IsValid(i) {
				binary.LittleEndian.PutUint64(number, uint64(int64(v)))
				c.sum(slot(i), number)
			}
		}
	case *array.Int64:
		for i, v := range a.Int64Values() {
			if a.IsValid(i) {
				binary.LittleEndian.PutUint64(number, uint64(v))
				c.sum(slot(i), number)
			}
		}
	}
	return out.array(tokenType)
}

// cmac is AES-CMAC without truncation.
type cmac struct {
	block  cipher.Block
	k1, k2 [16]byte
}

func newCMAC(key []byte) (*cmac, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	c := &cmac{block: b}
	var l [16]byte
	b.Encrypt(l[:], l[:])
	c.k1 = double(l)
	c.k2 = double(c.k1)
	return c, nil
}

// double multiplies by x in GF(2^128).
func double(a [16]byte) (out [16]byte) {
	hi, lo := binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(a[8:])
	carry := hi >> 63
	binary.BigEndian.PutUint64(out[:8], hi<<1|lo>>63)
	binary.BigEndian.PutUint64(out[8:], lo<<1^carry*0x87)
	return out
}

// sum writes the tag of msg into dst, 16 zero bytes. It keeps its state there,
// so it needs no memory of its own.
func (c *cmac) sum(dst, msg []byte) {
	for len(msg) > 16 {
		subtle.XORBytes(dst, dst, msg[:16])
		c.block.Encrypt(dst, dst)
		msg = msg[16:]
	}
	subtle.XORBytes(dst, dst, msg)
	if len(msg) == 16 {
		subtle.XORBytes(dst, dst, c.k1[:])
	} else {
		dst[len(msg)] ^= 0x80
		subtle.XORBytes(dst, dst, c.k2[:])
	}
	c.block.Encrypt(dst, dst)
}
