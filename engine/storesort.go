package engine

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"glovebox.example/glovebox/engine/internal/column"
)

// A row in a store is the length of what follows (4 bytes), the row's number in
// the file if the record has a key (8 bytes), the token of its unit, and its
// values as column.AppendValue writes them, in the order of loader.stored.

const (
	sortBytes    = 16 << 20 // the largest bucket that is sorted in memory
	splitBuckets = 256      // of a bucket that is larger
)

// sorter hands out the rows of buckets by token and, within a unit, by a keyed
// hash of the token and the row's own values: what the other units' rows are, or
// where in the file a row stood, has no part in it. With the token in it, equal
// rows of two units are ordered independently: else the order would be the same
// bit of values that a module never sees in all units that share them.
type sorter struct {
	head  int   // bytes before the token
	most  int64 // bytes of a bucket that is sorted in memory
	order *prf
	aside *aside
	drop  *rowSet // numbers of rows that are left out; nil: none
	emit  func(row []byte) error

	buf       []byte
	refs, tmp []rowRef
	tmpRow    []byte
}

// rowRef is a row of a bucket in memory.
type rowRef struct {
	hi, lo uint64 // its token
	at, n  uint32 // of its token and values
}

func compareUnits(a, b rowRef) int { return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo)) }

// eachRow cuts a stretch of rows and returns how many bytes at its end are none
// yet. A row begins at its token.
func (w *sorter) eachRow(p []byte, f func(row []byte) error) (left int, err error) {
	for len(p) >= 4 {
		n := int(binary.LittleEndian.Uint32(p))
		if len(p)-4 < n {
			break
		}
		row := p[4 : 4+n]
		p = p[4+n:]
		if w.drop != nil && w.drop.has(int64(binary.LittleEndian.Uint64(row))) {
			continue
		}
		if err := f(row[w.head:]); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// bucket hands out the rows of one bucket. known is how many bits of the token
// all its rows share.
func (w *sorter) bucket(s *store, b *bucket, known int) error {
	if b.bytes > w.most {
		return w.split(s, b)
	}
	w.buf = slices.Grow(w.buf[:0], int(b.bytes))
	w.refs = w.refs[:0]
	err := s.read(b, func(p []byte) (int, error) {
		return w.eachRow(p, func(row []byte) error {
			at := len(w.buf)
			w.buf = append(w.buf, row...)
			w.refs = append(w.refs, rowRef{binary.BigEndian.Uint64(row), binary.BigEndian.Uint64(row[8:]), uint32(at), uint32(len(row))})
			return nil
		})
	})
	if err != nil {
		return err
	}
	w.radix(min(known, 64-sortDigit))
	return w.units()
}

// units puts the rows of each unit in their order and hands them out.
func (w *sorter) units() error {
	es := w.refs
	for i := 0; i < len(es); {
		j := i + 1
		for j < len(es) && compareUnits(es[i], es[j]) == 0 {
			j++
		}
		if j > i+1 {
			w.sortUnit(es[i:j])
		}
		for _, e := range es[i:j] {
			if err := w.emit(w.buf[e.at : e.at+e.n]); err != nil {
				return err
			}
		}
		i = j
	}
	return nil
}

// sortUnit orders rows of one unit. Rows with equal order are equal in all their
// values.
func (w *sorter) sortUnit(es []rowRef) {
	for k := range es {
		es[k].hi = w.order.order(w.buf[es[k].at : es[k].at+es[k].n])
	}
	slices.SortFunc(es, func(a, b rowRef) int { return cmp.Compare(a.hi, b.hi) })
}

// sortDigit is how many bits of a token rows are spread by in one go.
const sortDigit = 12

// radix sorts refs by token: spread by the bits behind those that are known,
// then by comparison.
func (w *sorter) radix(known int) {
	if len(w.refs) < 128 {
		slices.SortFunc(w.refs, compareUnits)
		return
	}
	shift := 64 - known - sortDigit
	var count [1<<sortDigit + 1]int32
	for i := range w.refs {
		count[w.refs[i].hi>>shift&(1<<sortDigit-1)+1]++
	}
	for i := 1; i < len(count); i++ {
		count[i] += count[i-1]
	}
	w.tmp = slices.Grow(w.tmp[:0], len(w.refs))[:len(w.refs)]
	for _, r := range w.refs {
		d := r.hi >> shift & (1<<sortDigit - 1)
		w.tmp[count[d]] = r
		count[d]++
	}
	w.refs, w.tmp = w.tmp, w.refs
	from := int32(0)
	for _, to := range count[:1<<sortDigit] {
		if part := w.refs[from:to]; len(part) > 12 {
			slices.SortFunc(part, compareUnits)
		} else {
			insertionSort(part)
		}
		from = to
	}
}

func insertionSort(es []rowRef) {
	for i := 1; i < len(es); i++ {
		e, j := es[i], i
		for ; j > 0 && compareUnits(es[j-1], e) > 0; j-- {
			es[j] = es[j-1]
		}
		es[j] = e
	}
}

// split spreads a bucket that is too large to be sorted in memory over smaller
// ones, by the first bits in which its rows differ: of their tokens or, if all
// are of one unit, of their order. Rows that differ in neither are equal.
func (w *sorter) split(s *store, b *bucket) error {
	// Where they differ is seen in a first pass, which puts them into one bucket again.
	again := newStore(1, 0, w.aside)
	var first, differ [column.TokenBytes]byte
	var firstOrder, differOrder uint64
	n := 0
	pass := func(to func(row []byte) error) func(p []byte) (int, error) {
		return func(p []byte) (int, error) { return w.eachRow(p, to) }
	}
	err := s.read(b, pass(func(row []byte) error {
		order := uint64(0)
		if bytes.Equal(row[:column.TokenBytes], first[:]) || n == 0 {
			order = w.order.order(row)
		}
		if n == 0 {
			firstOrder = order
			copy(first[:], row)
		}
		n++
		for i := range first {
			differ[i] |= first[i] ^ row[i]
		}
		differOrder |= order ^ firstOrder
		return again.push(0, w.framed(row))
	}))
	if err != nil {
		return err
	}
	plain := *w
	plain.drop, plain.head = nil, 0
	digit := func(row []byte) uint32 {
		return uint32(plain.order.order(row) << bits.LeadingZeros64(differOrder) >> 32)
	}
	known := 0
	if t := (unitToken{binary.BigEndian.Uint64(differ[:]), binary.BigEndian.Uint64(differ[8:])}); t != (unitToken{}) {
		if known = bits.LeadingZeros64(t.hi); known == 64 {
			known += bits.LeadingZeros64(t.lo)
		}
		digit = func(row []byte) uint32 {
			x := tokenAt(row)
			if known < 64 {
				return uint32((x.hi<<known | x.lo>>(64-known)) >> 32)
			}
			return uint32(x.lo << (known - 64) >> 32)
		}
	} else if differOrder == 0 {
		return again.read(&again.buckets[0], func(p []byte) (int, error) { return plain.eachRow(p, w.emit) })
	}
	parts := newStore(splitBuckets, 0, w.aside)
	if err := again.read(&again.buckets[0], func(p []byte) (int, error) {
		return plain.eachRow(p, func(row []byte) error { return parts.push(digit(row), plain.framed(row)) })
	}); err != nil {
		return err
	}
	for i := range parts.buckets {
		if err := plain.bucket(parts, &parts.buckets[i], min(known+8, 64-sortDigit)); err != nil {
			return err
		}
	}
	return nil
}

// framed is a row with its length before it.
func (w *sorter) framed(row []byte) []byte {
	w.tmpRow = append(binary.LittleEndian.AppendUint32(w.tmpRow[:0], uint32(len(row))), row...)
	return w.tmpRow
}
