package privacy

import (
	"encoding/binary"
	"math/bits"

	"glovebox"
)

// Frame layout.
const (
	frameMagic   = "gbpp"
	frameVersion = 1
	frameHeader  = 40
)

// MarshalBinary encodes a partial for another process. Equal content gives
// equal bytes. All numbers are little endian:
//
//	offset  bytes  content
//	0       4      "gbpp"
//	4       4      version, 1
//	8       16     fingerprint of the declaration
//	24      4      K: bytes of a key
//	28      4      M: number of sums
//	32      8      N: number of keys
//	40      N*(K+8+16*M)  per key, in ascending order of the key's bytes:
//	               K bytes of key; units, 1..2^40; M sums, 128 bits each in
//	               two's complement, in grid steps
//
// There is nothing after that. The frame is raw data, as the partial is.
func (t *Partial) MarshalBinary() ([]byte, error) {
	if t.plan == nil || t.done {
		return nil, glovebox.Errorf(glovebox.CodeConflict, "a partial result was merged or released before")
	}
	b := make([]byte, 0, frameHeader+t.n*8*(t.words+t.width))
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
// frame is foreign: its size must be exactly what its header says before
// anything is allocated, keys must be ascending and such as the plan allows,
// and every sum must be one that so many bounded units can have. On error the
// partial is empty.
func (t *Partial) UnmarshalBinary(data []byte) error {
	if t.plan == nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a partial result is decoded into one made by NewPartial")
	}
	*t = *t.plan.NewPartial()
	if err := t.header(data); err != nil {
		return err
	}
	entry := 8 * (t.words + t.width)
	body := data[frameHeader:]
	n := len(body) / entry
	t.keys, t.cells = make([]uint64, 0, n*t.words), make([]uint64, 0, n*t.width)
	for i := range n {
		e := body[i*entry : (i+1)*entry]
		for w := range t.words {
			t.keys = append(t.keys, binary.LittleEndian.Uint64(e[8*w:]))
		}
		for w := range t.width {
			t.cells = append(t.cells, binary.LittleEndian.Uint64(e[8*(t.words+w):]))
		}
		if what := t.check(i); what != "" {
			*t = *t.plan.NewPartial()
			return badFrame("key %d %s", i, what)
		}
	}
	t.n = n
	t.grow(tableSize(n))
	return nil
}

// header checks the first bytes and the length of a frame.
func (t *Partial) header(data []byte) error {
	le := binary.LittleEndian
	switch {
	case len(data) < frameHeader || string(data[:4]) != frameMagic:
		return badFrame("it does not begin as one")
	case le.Uint32(data[4:]) != frameVersion:
		return badFrame("its version is %d, not %d", le.Uint32(data[4:]), frameVersion)
	case string(data[8:24]) != string(t.plan.mark[:]):
		return badFrame("it belongs to another job")
	case le.Uint32(data[24:]) != uint32(8*t.words) || le.Uint32(data[28:]) != uint32(t.plan.cells):
		return badFrame("its keys or sums have another layout than the job's")
	}
	entry := uint64(8 * (t.words + t.width))
	body := uint64(len(data) - frameHeader)
	if n := le.Uint64(data[32:]); body%entry != 0 || n != body/entry {
		return badFrame("its length is not what its header says")
	}
	return nil
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
		lo, hi := mulInt128(c[0], g.lo), mulInt128(c[0], g.hi)
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
