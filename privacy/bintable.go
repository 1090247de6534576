package privacy

import (
	"math"
	"slices"
)

// binTable holds the counts of bins that are not empty, of all keys of a
// partial: memory grows with those, not with the bins that there could be. A
// slot of a distinct count holds 1 once a value fell on it.
type binTable struct {
	slots []binCount // open addressing
	n     int
	hash  hasher
}

// binCount is the count of one bin. Its id is 1 + key<<32 + slot, 0 for none.
type binCount struct{ id, count uint64 }

func binID(key int, slot uint32) uint64 { return 1 + (uint64(key)<<32 | uint64(slot)) }

func (b binCount) key() int     { return int((b.id - 1) >> 32) }
func (b binCount) slot() uint32 { return uint32(b.id - 1) }

func newBinTable(h hasher) *binTable {
	return &binTable{slots: make([]binCount, tableSize(0)), hash: h}
}

// count returns the place of a bin's count, which is 0 if it is new.
func (t *binTable) count(id uint64) *uint64 {
	mask := uint64(len(t.slots) - 1)
	for at := t.hash.word(id) & mask; ; at = (at + 1) & mask {
		switch t.slots[at].id {
		case id:
			return &t.slots[at].count
		case 0:
			if 2*(t.n+1) > len(t.slots) {
				t.grow()
				return t.count(id)
			}
			t.n++
			t.slots[at].id = id
			return &t.slots[at].count
		}
	}
}

func (t *binTable) grow() {
	old := t.slots
	t.slots = make([]binCount, 4*len(old))
	mask := uint64(len(t.slots) - 1)
	for _, e := range old {
		if e.id == 0 {
			continue
		}
		at := t.hash.word(e.id) & mask
		for t.slots[at].id != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = e
	}
}

// add counts n values in a bin, or marks it.
func (t *binTable) add(id, n uint64, mark bool) {
	c := t.count(id)
	if mark {
		*c = 1
		return
	}
	*c += n
}

// sorted returns the bins in the order of keys and slots, and where those of
// each key begin.
func (t *binTable) sorted(keys int) (all []binCount, start []int) {
	all = make([]binCount, 0, t.n)
	for _, e := range t.slots {
		if e.id != 0 {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b binCount) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	start = make([]int, keys+1)
	for i, at := 0, 0; i <= keys; i++ {
		for at < len(all) && all[at].key() < i {
			at++
		}
		start[i] = at
	}
	return all, start
}

// maxSlots bounds the slots of one key, so that a slot fits its id.
const maxSlots = math.MaxInt32
