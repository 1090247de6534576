package privacy

import "math/bits"

// sipState is the state of SipHash-2-4 (Aumasson and Bernstein, "SipHash: a
// fast short-input PRF", 2012), a pseudo-random function with a 128-bit key,
// fed in words of 8 bytes.
//
// It makes each unit's own hash of keys (Bounder.hasher) from the unit's token,
// under the job's secret: so which keys of a unit survive when there are too
// many is the same in every worker, and nobody outside the host can arrange it.
type sipState struct{ v0, v1, v2, v3 uint64 }

// newSip starts from the 128-bit key (k0, k1).
func newSip(k0, k1 uint64) sipState {
	return sipState{
		k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
		k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573,
	}
}

func (s *sipState) round() {
	s.v0 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v2 = bits.RotateLeft64(s.v2, 32)
}

// write absorbs one word.
func (s *sipState) write(m uint64) {
	s.v3 ^= m
	s.round()
	s.round()
	s.v0 ^= m
}

// sum returns the function's value for what was written, n words in all.
func (s sipState) sum(n int) uint64 {
	s.write(uint64(n*8) << 56)
	s.v2 ^= 0xff
	s.round()
	s.round()
	s.round()
	s.round()
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}
