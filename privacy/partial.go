package privacy

import (
	"sort"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Sizes of a Partial.
const (
	maxUnits = 1 << 40 // of one key, so that 128 bits hold any sum
	maxKeys  = 1 << 31 // distinct keys; they would take more than 64 GiB
)

// Partial is what the contributions of some units add up to: per key the number
// of units, for every sum a whole number of grid steps, and the counts of bins. It is raw:
// nothing in it is private yet, and it must not leave the vault's side of the
// box. Partials of one plan merge in any order and grouping to the same content.
type Partial struct {
	plan  *Plan
	words int
	width int      // words of one key's cells: the count, then two per sum
	keys  []uint64 // words per key
	cells []uint64
	slots []uint32  // open addressing: 1 + number of the key, 0 for none
	bins  *binTable // nil: the plan has none
	n     int
	full  bool // a key found no place
	done  bool // merged or released
}

// NewPartial returns an empty partial.
func (p *Plan) NewPartial() *Partial {
	t := &Partial{plan: p, words: p.keyWords, width: 1 + 2*p.cells, slots: make([]uint32, tableSize(0))}
	if p.slots > 0 {
		t.bins = newBinTable(p.hash)
	}
	return t
}

// Len is the number of distinct keys. It depends on the data and is for limits
// and tests alone.
func (t *Partial) Len() int { return t.n }

func (t *Partial) key(i int) []uint64 { return t.keys[i*t.words : (i+1)*t.words] }

func (t *Partial) cell(i int) []uint64 { return t.cells[i*t.width : (i+1)*t.width] }

// sum returns the j-th sum of the i-th key.
func (t *Partial) sum(i, j int) mechanism.Int128 {
	c := t.cell(i)[1+2*j:]
	return mechanism.Int128{Hi: int64(c[1]), Lo: c[0]}
}

// find returns the number of a key, or -1 and the slot where it would go.
func (t *Partial) find(key []uint64) (i int, slot uint64) {
	mask := uint64(len(t.slots) - 1)
	for slot = t.plan.hash.sum(key) & mask; t.slots[slot] != 0; slot = (slot + 1) & mask {
		if i := int(t.slots[slot] - 1); equalWords(t.key(i), key) {
			return i, slot
		}
	}
	return -1, slot
}

// add returns the number of a key, which it adds if it is new; -1 if there is
// no place.
func (t *Partial) add(key []uint64) int {
	i, slot := t.find(key)
	if i >= 0 {
		return i
	}
	if t.n == maxKeys {
		t.full = true
		return -1
	}
	if 2*(t.n+1) > len(t.slots) {
		t.grow(4 * len(t.slots))
		_, slot = t.find(key)
	}
	i = t.n
	t.n++
	t.slots[slot] = uint32(t.n)
	t.keys = append(t.keys, key...)
	for range t.width {
		t.cells = append(t.cells, 0)
	}
	return i
}

func (t *Partial) grow(size int) {
	t.slots = make([]uint32, size)
	mask := uint64(size - 1)
	for i := range t.n {
		slot := t.plan.hash.sum(t.key(i)) & mask
		for t.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = uint32(i) + 1
	}
}

// Merge adds o to t. It takes o over: o can be used no more, so that nothing
// counts twice. It fails if either is used up or they are of different jobs.
func (t *Partial) Merge(o *Partial) error {
	switch {
	case t == nil || o == nil || t.plan == nil || o.plan == nil || t == o:
		return glovebox.Errorf(glovebox.CodeInternal, "a partial result cannot be merged with itself or with none")
	case t.done || o.done:
		return glovebox.Errorf(glovebox.CodeConflict, "a partial result was merged or released before")
	case t.plan.mark != o.plan.mark:
		return glovebox.Errorf(glovebox.CodeConflict, "partial results of two different jobs cannot be merged")
	}
	for i := range o.n {
		if at, _ := t.find(o.key(i)); at >= 0 && t.cell(at)[0]+o.cell(i)[0] > maxUnits {
			return glovebox.Errorf(glovebox.CodeInvalid, "a key has more than 2^40 units")
		}
	}
	o.done = true
	at := make([]int, o.n)
	for i := range o.n {
		at[i] = t.add(o.key(i))
		if at[i] < 0 {
			return errFull()
		}
		c, d := t.cell(at[i]), o.cell(i)
		c[0] += d[0]
		for j := range t.plan.cells {
			s := t.sum(at[i], j).Add(o.sum(i, j))
			c[1+2*j], c[2+2*j] = s.Lo, uint64(s.Hi)
		}
	}
	if o.bins != nil {
		for _, e := range o.bins.slots {
			if e.id != 0 {
				t.bins.add(binID(at[e.key()], e.slot()), e.count, t.plan.binsOf(e.slot()).marks())
			}
		}
	}
	return nil
}

func errFull() error {
	return glovebox.Errorf(glovebox.CodeInternal, "a job has more than 2^31 distinct keys").WithFix("use public keys or coarser ones")
}

// order returns the numbers of the keys in the order of compare.
func (t *Partial) order(compare func(a, b []uint64) int) []int {
	order := make([]int, t.n)
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return compare(t.key(order[a]), t.key(order[b])) < 0 })
	return order
}

// bytes is about how much memory a partial takes. It is a function of what the
// partial holds alone, and not of how much more the runtime set aside: where a
// partial is cut into pieces is the same on every machine.
func (t *Partial) bytes() int64 {
	n := 12*int64(t.n)*int64(t.words+t.width) + 4*int64(len(t.slots)) // lists that grow are a half larger than what is in them
	if t.bins != nil {
		n += 16 * int64(len(t.bins.slots))
	}
	return n
}
