package privacy

import (
	"encoding/binary"
	"math/bits"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Frame layout.
const (
	frameMagic   = "gbpp"
	frameVersion = 2
	frameHeader  = 40
)

// MarshalBinary encodes a partial for another process. Equal content gives
// equal bytes. All numbers are little endian:
//
//	offset  bytes  content
//	0       4      "gbpp"
//	4       4      version, 2
//	8       16     fingerprint of the declaration
//	24      4      K: bytes of a key
//	28      4      M: number of sums
//	32      8      N: number of keys
//	40             N keys in ascending order of their bytes, each
//	               K bytes of key; 8 of units, 1..2^40; M sums, 128 bits each in
//	               two's complement, in grid steps; and if the job counts values
//	               in bins, 8 bytes of B, the bins that are not empty, and B times
//	               8 bytes of the bin's number, ascending, and 8 of its count
//
// There is nothing after that. The frame is raw data, as the partial is.
func (t *Partial) MarshalBinary() ([]byte, error) {
	if t.plan == nil || t.done {
		return nil, glovebox.Errorf(glovebox.CodeConflict, "a partial result was merged or released before")
	}
	size := frameHeader + t.n*8*(t.words+t.width)
	var all []binCount
	var start []int
	if t.bins != nil {
		size += 8*t.n + 16*t.bins.n
		all, start = t.bins.sorted(t.n)
	}
	b := make([]byte, 0, size)
	b = append(b, frameMagic...)
	b = binary.LittleEndian.AppendUint32(b, frameVersion)
	b = append(b, t.plan.mark[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(8*t.words))
	b = binary.LittleEndian.AppendUint32(b, uint32(t.plan.cells))
	b = binary.LittleEndian.AppendUint64(b, uint64(t.n))
	for _, i := range t.order(compareBytes) {
		for _, w := range t.key(i) {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		for _, w := range t.cell(i) {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		if t.bins == nil {
			continue
		}
		own := all[start[i]:start[i+1]]
		b = binary.LittleEndian.AppendUint64(b, uint64(len(own)))
		for _, e := range own {
			b = binary.LittleEndian.AppendUint64(b, uint64(e.slot()))
			b = binary.LittleEndian.AppendUint64(b, e.count)
		}
	}
	return b, nil
}

// compareBytes orders keys by their bytes.
func compareBytes(a, b []uint64) int {
	for i := range a {
		if a[i] != b[i] {
			if bits.ReverseBytes64(a[i]) < bits.ReverseBytes64(b[i]) {
				return -1
			}
			return 1
		}
	}
	return 0
}

// UnmarshalBinary replaces the content of a partial that NewPartial made. The
// frame is foreign: no more memory is taken than its length warrants, it must end
// where its last key does, keys and bins must be ascending and such as the plan
// allows, and every sum and count must be one that so many bounded units can
// have. On error the partial is empty.
func (t *Partial) UnmarshalBinary(data []byte) error {
	if t.plan == nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a partial result is decoded into one made by NewPartial")
	}
	*t = *t.plan.NewPartial()
	err := t.decode(data)
	if err != nil {
		*t = *t.plan.NewPartial()
	}
	return err
}

func (t *Partial) decode(data []byte) error {
	n, err := t.header(data)
	if err != nil {
		return err
	}
	words := wordReader{data[frameHeader:]}
	t.keys, t.cells = make([]uint64, 0, n*t.words), make([]uint64, 0, n*t.width)
	for i := range n {
		if words.left() < t.words+t.width {
			return badFrame("it ends within key %d", i)
		}
		for range t.words {
			t.keys = append(t.keys, words.next())
		}
		for range t.width {
			t.cells = append(t.cells, words.next())
		}
		if what := t.check(i); what != "" {
			return badFrame("key %d %s", i, what)
		}
		if t.bins != nil {
			if what := t.decodeBins(i, &words); what != "" {
				return badFrame("key %d %s", i, what)
			}
		}
	}
	if words.left() > 0 {
		return badFrame("something follows its last key")
	}
	t.n = n
	t.grow(tableSize(n))
	return nil
}

// wordReader reads numbers of 8 bytes.
type wordReader struct{ data []byte }

func (r *wordReader) left() int { return len(r.data) / 8 }

func (r *wordReader) next() uint64 {
	v := binary.LittleEndian.Uint64(r.data)
	r.data = r.data[8:]
	return v
}

// header checks the first bytes of a frame and returns its number of keys, which
// is one that its length can hold.
func (t *Partial) header(data []byte) (n int, err error) {
	le := binary.LittleEndian
	switch {
	case len(data) < frameHeader || string(data[:4]) != frameMagic:
		return 0, badFrame("it does not begin as one")
	case le.Uint32(data[4:]) != frameVersion:
		return 0, badFrame("its version is %d, not %d", le.Uint32(data[4:]), frameVersion)
	case string(data[8:24]) != string(t.plan.mark[:]):
		return 0, badFrame("it belongs to another job")
	case le.Uint32(data[24:]) != uint32(8*t.words) || le.Uint32(data[28:]) != uint32(t.plan.cells):
		return 0, badFrame("its keys or sums have another layout than the job's")
	case len(data)%8 != 0:
		return 0, badFrame("its length is not what its header says")
	}
	least := uint64(t.words + t.width)
	if t.bins != nil {
		least++
	}
	words := uint64(len(data)-frameHeader) / 8
	keys := le.Uint64(data[32:])
	if keys > words/least || t.bins == nil && keys*least != words || keys > maxKeys {
		return 0, badFrame("its length is not what its header says")
	}
	return int(keys), nil
}

// decodeBins reads the bins of the i-th key, whose cells were read.
func (t *Partial) decodeBins(i int, words *wordReader) (wrong string) {
	if words.left() < 1 {
		return "has no number of bins"
	}
	n := words.next()
	if n > uint64(words.left()/2) {
		return "has fewer bins than it says"
	}
	units, last := t.cell(i)[0], -1
	values := make([]uint64, len(t.plan.bins))
	for range n {
		slot, count := words.next(), words.next()
		if slot >= uint64(t.plan.slots) || int(slot) <= last {
			return "has bins that are not there or not in ascending order"
		}
		last = int(slot)
		b := t.plan.binsOf(uint32(slot))
		if count < 1 || count > units*uint64(t.plan.perKey) || b.marks() && count != 1 {
			return "has a count that its units cannot have"
		}
		v := &values[t.plan.metrics[b.metric].bins]
		if *v += count; *v > units*uint64(t.plan.perKey) {
			return "has counts that its units cannot have"
		}
		t.bins.add(binID(i, uint32(slot)), count, false)
	}
	for j, v := range values {
		least := units // each has a record for the key at least
		if t.plan.bins[j].marks() {
			least = 1
		}
		if t.plan.scarce {
			least = 0 // but that may be one too many
		}
		if v < least {
			return "has counts that its units cannot have"
		}
	}
	return ""
}

// check says what is wrong with the i-th entry, the last one read.
func (t *Partial) check(i int) string {
	key, c := t.key(i), t.cell(i)
	switch {
	case i > 0 && compareBytes(t.key(i-1), key) >= 0:
		return "is not in ascending order"
	case !t.plan.allowed(key):
		return "is not one that the job allows"
	case c[0] < 1 || c[0] > maxUnits:
		return "has a number of units outside 1..2^40"
	}
	for j := range t.plan.grids {
		g := &t.plan.grids[j]
		least, most := g.lo, g.hi
		if g.most > 0 { // what a unit adds may have been brought down, towards zero
			least, most = min(least, 0), max(most, 0)
		}
		lo, hi := mechanism.MulInt128(c[0], least), mechanism.MulInt128(c[0], most)
		for k := range g.cells {
			if s := t.sum(i, g.cell+k); s.Cmp(lo) < 0 || s.Cmp(hi) > 0 {
				return "has a sum that its units cannot have"
			}
		}
	}
	return ""
}

func badFrame(format string, a ...any) error {
	return glovebox.Errorf(glovebox.CodeInvalid, "partial result: "+format, a...)
}
