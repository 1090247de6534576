package privacy

import (
	"encoding/binary"
	"math"
)

// hash makes sure that unit is the current unit's hasher. Most units have a few
// records at most and need none.
func (b *Bounder) hash() {
	if !b.hashed {
		b.unit, b.hashed = b.hasher(b.last), true
	}
}

// hasher is a unit's own hash of keys, under two words of SipHash of its token.
// It finds groups and ranks them. One multiplication a key is enough for that:
// privacy does not rest on which keys survive (it may depend on the unit's own
// data in any way), and nobody outside the host knows the two words, so a guest
// can neither arrange that chosen keys survive nor that they collide.
func (b *Bounder) hasher(token [16]byte) hasher {
	s := b.sip
	s.write(binary.LittleEndian.Uint64(token[:8]))
	s.write(binary.LittleEndian.Uint64(token[8:]))
	t := s
	t.write(1)
	return hasher{s.sum(2), t.sum(3) | 1}
}

// group sorts records into groups of equal key and adds up their values. It
// says whether they are well formed; if not, the groups are void.
func (b *Bounder) group(n int, records []byte) bool {
	b.groups, b.keys, b.sums, b.ranks, b.of = 0, b.keys[:0], b.sums[:0], b.ranks[:0], b.of[:0]
	if n < 0 || n > maxRecords || len(records) != n*b.size {
		return false
	}
	words, values := b.plan.keyWords, b.plan.values
	if b.records = records; words <= 1 && n <= fewRecords {
		return b.groupFew(n, records)
	}
	b.hash()
	b.room(n)
	if words == 1 && b.plan.slots == 0 {
		return b.groupWords(records)
	}
	for i := range n {
		r := records[i*b.size : (i+1)*b.size]
		g := b.groupOf(r[:8*words])
		s := b.sums[g*values : (g+1)*values]
		for j := range s {
			v := math.Float64frombits(binary.LittleEndian.Uint64(r[8*(words+j):]))
			if v-v != 0 { // infinite or not a number
				return false
			}
			s[j] += v
		}
		if b.plan.slots > 0 {
			b.of = append(b.of, int32(g))
		}
	}
	return true
}

// room prepares the slots for n records.
func (b *Bounder) room(n int) {
	if b.plan.keyWords == 0 {
		n = 1
	}
	size := tableSize(n)
	if size > len(b.slots) {
		b.slots, b.epoch = make([]uint64, size), 0
	}
	b.mask = uint64(size - 1)
	if b.epoch++; b.epoch == 0 {
		clear(b.slots)
		b.epoch = 1
	}
}

// fewRecords is up to how many records looking at every key before costs less
// than a hash of the unit's own.
const fewRecords = 8

// groupFew is group for few records with keys of one word, or of none. It
// leaves the ranks to rankGroups.
func (b *Bounder) groupFew(n int, records []byte) bool {
	words, values, size := b.plan.keyWords, b.plan.values, b.size
	b.keys, b.sums = grown(b.keys, fewRecords), grown(b.sums, fewRecords*values)
	keys, sums, groups := b.keys[:fewRecords], b.sums[:fewRecords*values], 0
	for range n {
		r := records[:size]
		records = records[size:]
		key, g := uint64(0), 0
		if words == 1 {
			key = binary.LittleEndian.Uint64(r)
		}
		for g < groups && keys[g] != key {
			g++
		}
		to, from := sums[g*values:(g+1)*values], r[8*words:]
		if g == groups {
			keys[g] = key
			clear(to)
			groups++
		}
		for j := range to {
			v := math.Float64frombits(binary.LittleEndian.Uint64(from[8*j:]))
			if v-v != 0 { // infinite or not a number
				return false
			}
			to[j] += v
		}
		if b.plan.slots > 0 {
			b.of = append(b.of, int32(g))
		}
	}
	b.groups = groups
	b.keys, b.ranks, b.sums = keys[:groups*words], b.ranks[:0], sums[:groups*values]
	return true
}

// rankGroups makes sure that the groups have their ranks.
func (b *Bounder) rankGroups() {
	if len(b.ranks) == b.groups {
		return
	}
	b.ranks = b.ranks[:0] // only groupFew leaves them out: a key is one word, or none
	if b.plan.keyWords == 0 {
		b.ranks = append(b.ranks, 0) // there is one group alone
		return
	}
	b.hash()
	for _, key := range b.keys {
		b.ranks = append(b.ranks, b.unit.word(key))
	}
}

// groupWords is group for keys of one word, the common case, written for speed:
// the tables are as long as they can get before the first record is read.
func (b *Bounder) groupWords(records []byte) bool {
	values, size := b.plan.values, b.size
	n := len(records) / size
	b.keys, b.ranks, b.sums = grown(b.keys, n), grown(b.ranks, n), grown(b.sums, n*values)
	if values == 1 {
		return b.groupPairs(records)
	}
	keys, ranks, sums, slots := b.keys[:n], b.ranks[:n], b.sums[:n*values], b.slots[:b.mask+1]
	epoch, groups, mask, unit := uint64(b.epoch)<<32, 0, uint64(len(slots)-1), b.unit
	for len(records) >= size {
		r := records[:size]
		records = records[size:]
		key := binary.LittleEndian.Uint64(r)
		rank := unit.word(key)
		g := 0
		for slot := rank; ; slot++ {
			s := slots[slot&mask]
			if s&^math.MaxUint32 != epoch {
				slots[slot&mask] = epoch | uint64(groups)
				keys[groups], ranks[groups] = key, rank
				clear(sums[groups*values : (groups+1)*values])
				g = groups
				groups++
				break
			}
			if g = int(uint32(s)); keys[g] == key {
				break
			}
		}
		to, from := sums[g*values:(g+1)*values], r[8:]
		for j := range to {
			v := math.Float64frombits(binary.LittleEndian.Uint64(from[8*j:]))
			if v-v != 0 { // infinite or not a number
				return false
			}
			to[j] += v
		}
	}
	b.groups = groups
	b.keys, b.ranks, b.sums = keys[:groups], ranks[:groups], sums[:groups*values]
	return true
}

// groupPairs is groupWords for one value a record.
func (b *Bounder) groupPairs(records []byte) bool {
	n := len(records) / 16
	keys, ranks, sums, slots := b.keys[:n], b.ranks[:n], b.sums[:n], b.slots[:b.mask+1]
	epoch, groups, mask, unit := uint64(b.epoch)<<32, 0, uint64(len(slots)-1), b.unit
	for ; len(records) >= 16; records = records[16:] {
		key, v := binary.LittleEndian.Uint64(records), math.Float64frombits(binary.LittleEndian.Uint64(records[8:]))
		if v-v != 0 { // infinite or not a number
			return false
		}
		rank := unit.word(key)
		for slot := rank & mask; ; slot = (slot + 1) & mask {
			s := slots[slot]
			if s&^math.MaxUint32 != epoch {
				slots[slot] = epoch | uint64(groups)
				keys[groups], ranks[groups], sums[groups] = key, rank, v+0 // minus zero is zero
				groups++
				break
			}
			if g := int(uint32(s)); keys[g] == key {
				sums[g] += v
				break
			}
		}
	}
	b.groups = groups
	b.keys, b.ranks, b.sums = keys[:groups], ranks[:groups], sums[:groups]
	return true
}

// grown returns a slice with room for n elements, whose content does not matter.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n+n/2)
	}
	return s[:n]
}

// groupOf returns the group of a key, which it adds if it is new.
func (b *Bounder) groupOf(key []byte) int {
	words := len(key) / 8
	at := len(b.keys)
	for i := range words {
		b.keys = append(b.keys, binary.LittleEndian.Uint64(key[8*i:]))
	}
	k := b.keys[at:]
	rank := uint64(0)
	if words == 1 {
		rank = b.unit.word(k[0]) // as groupWords does
	} else {
		rank = b.unit.sum(k)
	}
	for slot := rank & b.mask; ; slot = (slot + 1) & b.mask {
		s := b.slots[slot]
		if uint32(s>>32) != b.epoch {
			b.slots[slot] = uint64(b.epoch)<<32 | uint64(b.groups)
			return b.newGroup(rank)
		}
		if g := int(uint32(s)); equalWords(b.keys[g*words:(g+1)*words], k) {
			b.keys = b.keys[:at]
			return g
		}
	}
}

func (b *Bounder) newGroup(rank uint64) int {
	b.ranks = append(b.ranks, rank)
	for range b.plan.values {
		b.sums = append(b.sums, 0)
	}
	b.groups++
	return b.groups - 1
}
