package masking

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"math/bits"
)

// ff1 is format-preserving encryption FF1 (NIST SP 800-38G) of words of digits in
// one radix. A half of a word is held as a number below 2^63, so a word has at
// most maxDigits; the recommendation's least domain, a million words, is for the
// caller to hold it to.
type ff1 struct {
	block cipher.Block
	radix uint64
	pow   [maxHalf + 1]uint64 // of the radix
	half  int                 // the longest half whose number is below 2^63
}

const (
	// maxHalf is the longest half in any radix from 10 on.
	maxHalf = 18
	// leastDomain is how many words there must be (SP 800-38G revision 1).
	leastDomain = 1_000_000
	rounds      = 10
)

func newFF1(key []byte, radix int) (*ff1, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	f := &ff1{block: b, radix: uint64(radix)}
	f.pow[0] = 1
	for i := 1; i <= maxHalf && f.pow[i-1] <= (1<<63-1)/f.radix; i++ {
		f.pow[i], f.half = f.pow[i-1]*f.radix, i
	}
	return f, nil
}

// fits says whether words of n digits can be encrypted: there are enough of them,
// and not too many.
func (f *ff1) fits(n int) bool {
	if n < 2 || n-n/2 > f.half {
		return false
	}
	words, hi := f.pow[n/2], uint64(0)
	hi, words = bits.Mul64(words, f.pow[n-n/2])
	return hi > 0 || words >= leastDomain
}

// ff1State is what words of one length under one tweak share.
type ff1State struct {
	mac  [16]byte // of what comes before the last block of each round
	n, b int
	tail []byte   // of the tweak, in the last block
	q    [16]byte // the block at work
}

// start starts words of n digits under a tweak, which must stay as it is.
func (f *ff1) start(s *ff1State, n int, tweak []byte) {
	s.n, s.tail = n, nil
	s.b = (bits.Len64(f.pow[n-n/2]-1) + 7) / 8
	p := &s.q
	p[0], p[1], p[2] = 1, 2, 1
	p[3], p[4], p[5] = byte(f.radix>>16), byte(f.radix>>8), byte(f.radix)
	p[6], p[7] = rounds, byte(n/2)
	binary.BigEndian.PutUint32(p[8:], uint32(n))
	binary.BigEndian.PutUint32(p[12:], uint32(len(tweak)))
	f.block.Encrypt(s.mac[:], p[:])
	// The last block of Q ends with the round and the number of a half; what of the
	// tweak comes before that block is the same in all rounds.
	last := 15 - s.b
	full := len(tweak) / 16 * 16
	for i := 0; i < full; i += 16 {
		subtle.XORBytes(s.mac[:], s.mac[:], tweak[i:i+16])
		f.block.Encrypt(s.mac[:], s.mac[:])
	}
	if s.tail = tweak[full:]; len(s.tail) > last { // it does not fit into the last block
		subtle.XORBytes(s.mac[:len(s.tail)], s.mac[:len(s.tail)], s.tail)
		f.block.Encrypt(s.mac[:], s.mac[:])
		s.tail = nil
	}
}

// encrypt encrypts a word of s.n digits, in place.
func (f *ff1) encrypt(s *ff1State, word []byte) {
	u := s.n / 2
	v := s.n - u
	a, b := f.number(word[:u]), f.number(word[u:])
	d := 4*((s.b+3)/4) + 4
	for i := range rounds {
		q := &s.q
		*q = s.mac
		for k, c := range s.tail {
			q[k] ^= c
		}
		q[15-s.b] ^= byte(i)
		// b has at most s.b bytes: those before them are zero.
		binary.BigEndian.PutUint64(q[8:], binary.BigEndian.Uint64(q[8:])^b)
		f.block.Encrypt(q[:], q[:])
		m := f.pow[v]
		if i%2 == 0 {
			m = f.pow[u]
		}
		a, b = b, (a+f.rest(q[:d], m))%m
	}
	f.put(word[:u], a)
	f.put(word[u:], b)
}

// rest is a number of at most 12 bytes, modulo m.
func (f *ff1) rest(y []byte, m uint64) uint64 {
	hi, lo := uint64(0), uint64(0)
	for _, c := range y[:len(y)-8] {
		hi = hi<<8 | uint64(c)
	}
	lo = binary.BigEndian.Uint64(y[len(y)-8:])
	return bits.Rem64(hi, lo, m)
}

func (f *ff1) number(digits []byte) (x uint64) {
	for _, d := range digits {
		x = x*f.radix + uint64(d)
	}
	return x
}

func (f *ff1) put(digits []byte, x uint64) {
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte(x % f.radix)
		x /= f.radix
	}
}
