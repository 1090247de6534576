package engine

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"io"
	"math/bits"
	"sync"

	"glovebox.example/glovebox"
)

// Spill is where a load puts what does not fit in its memory, sealed under a
// key that lies in that memory alone. Bytes are appended and then read at the
// places where they came to lie. Writes come one at a time, reads from several
// goroutines, also of bytes that were written just now.
type Spill interface {
	io.Writer
	io.ReaderAt
}

const (
	storeBuckets = 1024     // of a store, at most, but for one of more parts
	blockBytes   = 16 << 10 // what is sealed at a time
	sealBytes    = 16       // that sealing adds
)

// aside seals blocks in a Spill, with AES-256-GCM under a key of its own.
type aside struct {
	mu     sync.Mutex
	to     Spill
	aead   cipher.AEAD
	sealed []byte
	at     int64
	blocks uint64
}

// newAside makes the key; to is nil if nothing can be put aside.
func newAside(to Spill) (*aside, error) {
	var key [32]byte
	_, err := rand.Read(key[:])
	if err == nil {
		var c cipher.Block
		if c, err = aes.NewCipher(key[:]); err == nil {
			a := &aside{to: to}
			a.aead, err = cipher.NewGCM(c)
			return a, err
		}
	}
	return nil, glovebox.Errorf(glovebox.CodeInternal, "a key cannot be made").Because(err)
}

// nonce is that of the n-th block: none comes twice under a key.
func nonce(n uint64) []byte { return binary.LittleEndian.AppendUint64(make([]byte, 4, 12), n) }

// put seals a block.
func (a *aside) put(b []byte) (at int64, n uint64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sealed = a.aead.Seal(a.sealed[:0], nonce(a.blocks), b, nil)
	if _, err := a.to.Write(a.sealed); err != nil {
		return 0, 0, err
	}
	at, n = a.at, a.blocks
	a.at, a.blocks = a.at+int64(len(a.sealed)), n+1
	return at, n, nil
}

// get appends a block to buf. sealed is room for it as it lies in the file.
func (a *aside) get(buf []byte, k block, sealed []byte) ([]byte, error) {
	sealed = sealed[:int(k.n)+sealBytes]
	_, err := a.to.ReadAt(sealed, k.at)
	if err == nil {
		buf, err = a.aead.Open(buf, nonce(k.num), sealed, nil)
	}
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "rows that were put aside cannot be read")
	}
	return buf, nil
}

// store keeps records by the first bits of their prefix until they are read
// back, bucket by bucket, each in the order in which its records came. It holds
// room bytes in memory; the rest goes aside.
type store struct {
	shift   uint // of 32 bits of prefix
	buckets []bucket
	room    int64
	held    int64 // bytes of full blocks in memory
	free    [][]byte
	aside   *aside
}

// bucket is a stream of bytes, cut into blocks.
type bucket struct {
	cur    []byte
	blocks []block
	bytes  int64
}

// block is in memory, or sealed.
type block struct {
	mem []byte
	at  int64
	n   int32
	num uint64
}

// newStore makes a store of so many buckets, a power of two.
func newStore(buckets int, room int64, a *aside) *store {
	return &store{shift: uint(32 - bits.Len(uint(buckets-1))), buckets: make([]bucket, buckets), room: room, aside: a}
}

// bucketsFor is how many buckets a store has that holds so many bytes: so few
// that most of them can fill blocks.
func bucketsFor(held int64, atLeast int) int {
	n := storeBuckets
	for n > atLeast && int64(n)*blockBytes > held {
		n /= 2
	}
	return max(n, atLeast)
}

// push adds a record.
func (s *store) push(prefix uint32, record []byte) error {
	b := &s.buckets[uint64(prefix)>>s.shift]
	b.bytes += int64(len(record))
	for {
		room := blockBytes - len(b.cur)
		if len(record) < room {
			b.cur = append(b.cur, record...)
			return nil
		}
		b.cur, record = append(b.cur, record[:room]...), record[room:]
		if err := s.full(b); err != nil {
			return err
		}
	}
}

// full closes a bucket's block.
func (s *store) full(b *bucket) error {
	b.blocks = append(b.blocks, block{mem: b.cur, n: int32(len(b.cur))})
	b.cur = nil
	if s.held += blockBytes; s.held >= s.room && s.aside.to != nil {
		if err := s.spill(); err != nil {
			return err
		}
	}
	if n := len(s.free); n > 0 {
		b.cur, s.free = s.free[n-1][:0], s.free[:n-1]
	} else { // a bucket that filled one block fills more
		b.cur = make([]byte, 0, blockBytes)
	}
	return nil
}

// spill seals all full blocks that are in memory.
func (s *store) spill() (err error) {
	for i := range s.buckets {
		list := s.buckets[i].blocks
		for j := len(list) - 1; j >= 0 && list[j].mem != nil; j-- {
			k := &list[j]
			if k.at, k.num, err = s.aside.put(k.mem); err != nil {
				return err
			}
			s.free, k.mem = append(s.free, k.mem), nil
		}
	}
	s.held = 0
	return nil
}

// read hands the bytes of a bucket to f, in order and in pieces, and frees them.
// f returns how many bytes it leaves for the next call. Several buckets can be
// read at once.
func (s *store) read(b *bucket, f func(p []byte) (left int, err error)) error {
	var buf []byte
	sealed := make([]byte, blockBytes+sealBytes)
	take := func(p []byte) error {
		if len(buf) > 0 {
			buf = append(buf, p...)
			p = buf
		}
		left, err := f(p)
		buf = append(buf[:0], p[len(p)-left:]...)
		return err
	}
	var plain []byte
	for i := range b.blocks {
		k := &b.blocks[i]
		p := k.mem
		if p == nil {
			var err error
			if plain, err = s.aside.get(plain[:0], *k, sealed); err != nil {
				return err
			}
			p = plain
		}
		if err := take(p); err != nil {
			return err
		}
		k.mem = nil
	}
	err := take(b.cur)
	*b = bucket{}
	return err
}
