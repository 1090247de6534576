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

// A token is AES-256-CMAC (NIST SP 800-38B) of the value under a derived key.
// CMAC is a pseudorandom function for messages of any length as long as AES is
// one: over 2^48 blocks under one key an attacker's advantage stays below 2^-29
// (Nandi 2009). On a vault token, which is one block, it is even a permutation,
// so two never share a token. It costs a fifth of HMAC-SHA-256 (BenchmarkToken).
// Who holds the key can undo it for tokens; that is the domain, which holds the
// vault as well.
//
// A shared token is that of the value, under the scenario's key. Any other is of
// the unit's own token and the value, under the job's key: the first block is the
// leading bits of the unit's token, so that a value's tokens in two units are
// independent, and say nothing of the value or of one another.

const tokenBytes = 16

var tokenType = &arrow.FixedSizeBinaryType{ByteWidth: tokenBytes}

// tokenKeys derives a key for each kind of value, so that a text of 16 bytes and
// a token of the same bytes are not the same.
type tokenKeys struct {
	scenario, job [32]byte
	prefix        [tokenBytes]byte // bits of a unit's token that tell units apart
}

// prefixOf is a mask of the first bits of a unit's token; nil: of all.
func prefixOf(bits *int) (p [tokenBytes]byte) {
	n := 8 * tokenBytes
	if bits != nil {
		n = max(0, min(*bits, n))
	}
	for i := range n {
		p[i/8] |= 0x80 >> (i % 8)
	}
	return p
}

func (k *tokenKeys) mask(column string, t glovebox.Type, m glovebox.Mask) (mask, error) {
	shared := m.Shared
	from, label := k.job, "glovebox masking token of a unit 1 "
	if shared {
		from, label = k.scenario, "glovebox masking token 1 "
	}
	switch m.Hash {
	case "":
	case HashSM3:
		label = HashSM3 + " " + label
	default:
		return nil, invalid(column, "mask token has a hash that it does not know").WithFix("leave hash out, or set it to sm3")
	}
	if from == [32]byte{} {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "there is a token mask but no token key")
	}
	kind := string(t)
	if t == glovebox.Int32 || t == glovebox.Int64 {
		kind = "integer" // the same number has the same token, however wide
	}
	key, err := hkdf.Expand(sha256.New, from[:], label+kind, 32)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a token key cannot be derived").Because(err)
	}
	if m.Hash == HashSM3 {
		return func(mem memory.Allocator, a, units arrow.Array) (arrow.Array, error) {
			u, ok := units.(*array.FixedSizeBinary)
			if shared {
				u = nil
			} else if !ok || u.NullN() > 0 || u.Len() != a.Len() {
				return nil, glovebox.Errorf(glovebox.CodeInternal, "rows without the tokens of their units cannot be given tokens")
			}
			return tokenise(mem, a, sm3Sum(key, u, k.prefix)), nil
		}, nil
	}
	c, err := newCMAC(key)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a token key cannot be used").Because(err)
	}
	if shared {
		return func(mem memory.Allocator, a, _ arrow.Array) (arrow.Array, error) {
			return tokenise(mem, a, func(_ int, slot, msg []byte) { c.sum(slot, msg) }), nil
		}, nil
	}
	return func(mem memory.Allocator, a, units arrow.Array) (arrow.Array, error) {
		u, ok := units.(*array.FixedSizeBinary)
		if !ok || u.NullN() > 0 || u.Len() != a.Len() {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "rows without the tokens of their units cannot be given tokens")
		}
		start := c.starts(u, k.prefix)
		return tokenise(mem, a, func(i int, slot, msg []byte) {
			start(i, slot)
			c.sum(slot, msg)
		}), nil
	}, nil
}

// starts puts what comes before a row's value, the prefix of its unit's token,
// through the cipher. Rows of a unit follow one another: each is done once.
func (c *cmac) starts(units *array.FixedSizeBinary, prefix [tokenBytes]byte) func(int, []byte) {
	var unit, last, state [tokenBytes]byte
	known := false
	return func(i int, dst []byte) {
		for j, b := range units.Value(i) {
			unit[j] = b & prefix[j]
		}
		if !known || unit != last {
			c.block.Encrypt(state[:], unit[:])
			last, known = unit, true
		}
		copy(dst, state[:])
	}
}

// tokenise makes a column of tokens. Nulls stay null, and zero. sum writes the
// token of a row's value into its place, which is zero.
func tokenise(mem memory.Allocator, a arrow.Array, sum func(row int, slot, msg []byte)) arrow.Array {
	out := newColumn(mem, a, tokenBytes, 0)
	slots := out.slots.Bytes()
	put := func(i int, msg []byte) {
		sum(i, slots[i*tokenBytes:(i+1)*tokenBytes], msg)
	}
	number := make([]byte, 8)
	switch a := a.(type) {
	case *array.FixedSizeBinary:
		for i := range a.Len() {
			if a.IsValid(i) {
				put(i, a.Value(i))
			}
		}
	case *array.String:
		var text []byte
		for i := range a.Len() {
			if a.IsValid(i) {
				text = append(text[:0], a.Value(i)...)
				put(i, text)
			}
		}
	case *array.Int32:
		for i, v := range a.Int32Values() {
			if a.IsValid(i) {
				binary.LittleEndian.PutUint64(number, uint64(int64(v)))
				put(i, number)
			}
		}
	case *array.Int64:
		for i, v := range a.Int64Values() {
			if a.IsValid(i) {
				binary.LittleEndian.PutUint64(number, uint64(v))
				put(i, number)
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

// sum writes the tag of msg into dst: 16 zero bytes, or the state after a first
// block that comes before every message. It keeps its state there, so it needs no
// memory of its own.
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
