package engine

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"runtime"
	"slices"
	"sync"

	"glovebox.example/glovebox/engine/source"
)

// keyHash stands for a key: 128 bits under random seeds. Among a billion keys a
// false hit has a chance of 1.5e-21 and would reject one row too many.
type keyHash [2]uint64

// keySeeds are the seeds of one load.
type keySeeds [2]maphash.Seed

func newKeySeeds() *keySeeds { return &keySeeds{maphash.MakeSeed(), maphash.MakeSeed()} }

func (s *keySeeds) hash(key []byte) keyHash {
	h := keyHash{maphash.Bytes(s[0], key), maphash.Bytes(s[1], key)}
	if h == (keyHash{}) {
		h[1] = 1
	}
	return h
}

// keyStore keeps the keys of accepted rows, and says at the end which rows have
// one that an earlier row has.
type keyStore struct {
	*store
	buf []byte
}

// push adds the key of the row at a place; rows come in order.
func (s *keyStore) push(h keyHash, at source.Position) error {
	b := binary.LittleEndian.AppendUint64(s.buf[:0], h[0])
	b = binary.LittleEndian.AppendUint64(b, h[1])
	b = binary.AppendUvarint(b, uint64(at.Row))
	b = binary.AppendUvarint(b, uint64(at.Line))
	s.buf = binary.AppendUvarint(b, uint64(at.Lines))
	return s.store.push(uint32(h[0]>>32), s.buf)
}

// repeated are the rows whose key an earlier one has.
type repeated struct {
	rows  rowSet
	n     int64 // of them
	lines int64 // that they take
	first []source.Position
}

// repeats reads the keys back. A bucket takes memory by its distinct keys, and
// those are spread by their hash.
func (s *keyStore) repeats() (*repeated, error) {
	r := &repeated{rows: rowSet{}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	next := make(chan *bucket)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			set := newKeySet()
			for b := range next {
				set.clear()
				err := s.read(b, func(p []byte) (int, error) {
					for {
						h, at, n := readKey(p)
						if n == 0 {
							return len(p), nil
						}
						if p = p[n:]; !set.add(h) {
							mu.Lock()
							r.add(at)
							mu.Unlock()
						}
					}
				})
				if err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	for i := range s.buckets {
		next <- &s.buckets[i]
	}
	close(next)
	wg.Wait()
	r.trim()
	return r, failed
}

// readKey reads what push wrote; n is 0 if it is not all there.
func readKey(p []byte) (h keyHash, at source.Position, n int) {
	if len(p) < 16 {
		return h, at, 0
	}
	h = keyHash{binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])}
	n = 16
	for _, to := range []*int64{&at.Row, &at.Line, &at.Lines} {
		v, k := binary.Uvarint(p[n:])
		if k <= 0 {
			return h, at, 0
		}
		*to, n = int64(v), n+k
	}
	return h, at, n
}

func (r *repeated) add(at source.Position) {
	r.rows.add(at.Row)
	r.n, r.lines = r.n+1, r.lines+at.Lines
	if r.first = append(r.first, at); len(r.first) >= 4*MaxFirstRejects {
		r.trim()
	}
}

// trim leaves those that come first in the file.
func (r *repeated) trim() {
	slices.SortFunc(r.first, func(a, b source.Position) int { return cmp.Compare(a.Row, b.Row) })
	r.first = r.first[:min(len(r.first), MaxFirstRejects)]
}

// rowSet is a set of row numbers, in pages of bits.
type rowSet map[int64]*[1 << 10]uint64

func (s rowSet) add(row int64) {
	p := s[row>>16]
	if p == nil {
		p = new([1 << 10]uint64)
		s[row>>16] = p
	}
	p[row>>6&(1<<10-1)] |= 1 << (row & 63)
}

func (s rowSet) has(row int64) bool {
	p := s[row>>16]
	return p != nil && p[row>>6&(1<<10-1)]>>(row&63)&1 != 0
}

// keySet remembers which keys it has seen, 16 bytes a key at a load of at most
// 3/4.
type keySet struct {
	slots []keyHash // {0, 0} is free
	n     int
}

func newKeySet() *keySet { return &keySet{slots: make([]keyHash, 1024)} }

func (s *keySet) clear() {
	clear(s.slots)
	s.n = 0
}

// add puts a key in and says whether it was new.
func (s *keySet) add(h keyHash) bool {
	if 4*s.n >= 3*len(s.slots) {
		old := s.slots
		s.slots = make([]keyHash, 2*len(old))
		for _, o := range old {
			if o != (keyHash{}) {
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

// find returns the slot that holds h, or the free one where it belongs.
func (s *keySet) find(h keyHash) *keyHash {
	mask := uint64(len(s.slots) - 1)
	for i := h[1] & mask; ; i = (i + 1) & mask {
		if p := &s.slots[i]; *p == h || *p == (keyHash{}) {
			return p
		}
	}
}
