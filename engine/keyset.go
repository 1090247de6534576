package engine

import "hash/maphash"

// keySet remembers which keys it has seen, as 128-bit hashes under random
// seeds: 16 bytes a key at a load of at most 3/4. Among a billion keys a false
// hit has a chance of 1.5e-21 and would reject one row too many.
type keySet struct {
	seeds [2]maphash.Seed
	slots [][2]uint64 // {0, 0} is free
	n     int
}

func newKeySet() *keySet {
	return &keySet{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, slots: make([][2]uint64, 1024)}
}

// add puts a key in and says whether it was new.
func (s *keySet) add(key []byte) bool {
	h := [2]uint64{maphash.Bytes(s.seeds[0], key), maphash.Bytes(s.seeds[1], key)}
	if h == [2]uint64{} {
		h[1] = 1
	}
	if 4*s.n >= 3*len(s.slots) {
		old := s.slots
		s.slots = make([][2]uint64, 2*len(old))
		for _, o := range old {
			if o != [2]uint64{} {
				*s.find(o) = o
			}
		}
	}
	p := s.find(h)
	if *p == h {
		return false
	}
	*p = h
	s.n++
	return true
}

func (s *keySet) bytes() int64 { return 16 * int64(len(s.slots)) }

// find returns the slot that holds h, or the free one where it belongs.
func (s *keySet) find(h [2]uint64) *[2]uint64 {
	mask := uint64(len(s.slots) - 1)
	for i := h[0] & mask; ; i = (i + 1) & mask {
		if p := &s.slots[i]; *p == h || *p == [2]uint64{} {
			return p
		}
	}
}
