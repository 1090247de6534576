package privacy

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// sipBytes is SipHash-2-4 over bytes, written apart from the one over words so
// that it can be held to the paper's own test vector, of 15 bytes.
func sipBytes(key, msg []byte) uint64 {
	s := newSip(binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:]))
	padded := append([]byte(nil), msg...)
	for len(padded)%8 != 7 {
		padded = append(padded, 0)
	}
	padded = append(padded, byte(len(msg)))
	for ; len(padded) > 0; padded = padded[8:] {
		s.write(binary.LittleEndian.Uint64(padded))
	}
	s.v2 ^= 0xff
	for range 4 {
		s.round()
	}
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

func TestSipHash(t *testing.T) {
	var key, msg [32]byte
	for i := range key {
		key[i], msg[i] = byte(i), byte(i)
	}
	// Appendix A of the paper, and the first of its authors' vectors.
	if got := sipBytes(key[:16], msg[:15]); got != 0xa129ca6149be45e5 {
		t.Errorf("the paper's vector: %x", got)
	}
	if got := newSip(0x0706050403020100, 0x0f0e0d0c0b0a0908).sum(0); got != 0x726fdb47dd0e0e31 {
		t.Errorf("the empty message: %x", got)
	}
	r := rand.New(rand.NewPCG(7, 8))
	for n := range 5 {
		words := make([]byte, 0, 40)
		s := newSip(0x0706050403020100, 0x0f0e0d0c0b0a0908)
		for range n {
			w := r.Uint64()
			words = binary.LittleEndian.AppendUint64(words, w)
			s.write(w)
		}
		if got, want := s.sum(n), sipBytes(key[:16], words); got != want {
			t.Errorf("%d words: %x, want %x", n, got, want)
		}
	}
}
