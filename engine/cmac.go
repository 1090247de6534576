package engine

import (
	"crypto/aes"
	"crypto/cipher"

	"glovebox.example/glovebox"
)

// cmac is AES-256-CMAC (NIST SP 800-38B, RFC 4493) under one key, for one
// goroutine.
type cmac struct {
	c      cipher.Block
	k1, k2 [aes.BlockSize]byte
	x, out [aes.BlockSize]byte
}

func newCMAC(key *[32]byte) *cmac {
	c, err := aes.NewCipher(key[:])
	if err != nil { // never: the key has the right length
		panic(glovebox.Errorf(glovebox.CodeInternal, "a key cannot be made"))
	}
	m := &cmac{c: c}
	var l [aes.BlockSize]byte
	c.Encrypt(l[:], l[:])
	m.k1 = doubled(l)
	m.k2 = doubled(m.k1)
	return m
}

// doubled is the product of a block, as a polynomial, and x.
func doubled(in [aes.BlockSize]byte) (out [aes.BlockSize]byte) {
	for i := range in {
		out[i] = in[i] << 1
		if i+1 < len(in) {
			out[i] |= in[i+1] >> 7
		}
	}
	if in[0]&0x80 != 0 {
		out[len(out)-1] ^= 0x87
	}
	return out
}

// sum is the CMAC of a text; it is valid until the next call.
func (m *cmac) sum(p []byte) []byte {
	m.x = [aes.BlockSize]byte{}
	for ; len(p) > aes.BlockSize; p = p[aes.BlockSize:] {
		for i, c := range p[:aes.BlockSize] {
			m.x[i] ^= c
		}
		m.c.Encrypt(m.x[:], m.x[:])
	}
	last := &m.k1
	for i, c := range p {
		m.x[i] ^= c
	}
	if len(p) < aes.BlockSize {
		m.x[len(p)] ^= 0x80
		last = &m.k2
	}
	for i, c := range last {
		m.x[i] ^= c
	}
	m.c.Encrypt(m.out[:], m.x[:])
	return m.out[:]
}
