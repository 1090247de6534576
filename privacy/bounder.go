package privacy

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"glovebox"
)

// maxRecords bounds the records of one unit; more are taken as malformed.
const maxRecords = 1 << 28

// Bounder turns the records of units, one unit at a time, into bounded
// contributions and adds them up. Each worker of a job has one of its own, with
// the job's secret. It allocates nothing per unit once its tables have grown.
type Bounder struct {
	plan    *Plan
	part    *Partial
	sip     sipState
	size    int      // bytes of a record
	last    [16]byte // the current unit, or the one before
	started bool
	twice   bool

	// Groups of the current unit: distinct keys with their sums.
	slots  []uint64 // epoch<<32 | group
	mask   uint64   // as many slots as this unit's records need
	epoch  uint32
	groups int
	keys   []uint64
	sums   []float64
	hashed bool     // unit is the current unit's
	unit   hasher   // of a unit: finds groups and ranks them
	ranks  []uint64 // of the groups, or none yet
	at     []int    // number of the group's key in the partial; -1: not there yet
	heap   []candidate
	vector []int64 // of one unit and key

	// Records of the current unit, where each is a value of its own.
	records    []byte
	of         []int32     // group of each record
	head, next []int32     // records of each group, in order; -1: no more
	left       int         // records that may still count
	shares     []share     // of each metric
	own, cells []candidate // of one group: its records, its values
	values     sipState    // hashes the values of distinct counts
}

// candidate is a group that competes for one of the L0 places, or a record or
// value of a group.
type candidate struct {
	rank  uint64
	group int32
}

// NewBounder makes a worker's bounder. The secret is the job's: 32 random
// bytes, the same for all workers of the job, unknown to whoever wrote the
// guest. Which keys of a unit survive depends on it and on the unit alone.
func (p *Plan) NewBounder(secret [32]byte) *Bounder {
	h := hmac.New(sha256.New, secret[:])
	h.Write([]byte("glovebox/privacy: keys of a unit"))
	k := h.Sum(nil)
	return &Bounder{
		plan: p, part: p.NewPartial(), size: p.RecordBytes(),
		sip:    newSip(binary.LittleEndian.Uint64(k), binary.LittleEndian.Uint64(k[8:])),
		values: newSip(binary.LittleEndian.Uint64(k[16:]), binary.LittleEndian.Uint64(k[24:])),
	}
}

// Unit adds what the guest said about one unit: n records of RecordBytes each.
// It must be called once per unit, with all its records; n = 0 adds nothing.
// Records whose number does not fit their size, or that hold a value that is
// not finite, are no contribution at all: the unit's default is taken instead.
//
// Records of equal key are added in float64, in the order given. Keys that are
// not on the public list, or whose text is not valid (UTF-8 without control
// characters, padded with zeros), are dropped. Of the others at most L0 stay,
// those with the smallest pseudo-random rank. Every value is clamped and
// snapped to the metric's grid, every vector shortened to its L2 norm. For the
// metrics that take each record as a value, at most max_records_per_key records
// of a key stay, chosen in the same way, and max_records_per_unit of all keys, of
// which the one of the smallest rank takes first.
// So one unit
// changes at most L0 keys, each number of units by 1 and each sum by at most the
// grid's reach, whatever the records hold.
func (b *Bounder) Unit(token [16]byte, n int, records []byte) {
	if plantRows(b, n, records) {
		return
	}
	if b.begin(token) && !b.group(n, records) {
		b.group(b.plan.defaultN, b.plan.defaults)
	}
	b.settle()
}

// UnitDefault adds the default contribution: what a unit counts with on which
// the guest failed. Like Unit, it is called once per unit, and instead of Unit.
func (b *Bounder) UnitDefault(token [16]byte) {
	if b.begin(token) {
		b.group(b.plan.defaultN, b.plan.defaults)
	}
	b.settle()
}

// Partial ends the bounder and hands over what it has added up. It fails if a
// unit was handed in twice in a row, or if Partial was called before. Units
// handed in later are not counted.
func (b *Bounder) Partial() (*Partial, error) {
	t := b.part
	b.part = nil
	switch {
	case t == nil:
		return nil, glovebox.Errorf(glovebox.CodeConflict, "a bounder gives its partial result once")
	case b.twice:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a unit was handed to the bounder twice")
	case t.full:
		return nil, errFull()
	}
	return t, nil
}

// begin resets the groups and says whether the unit counts.
func (b *Bounder) begin(token [16]byte) bool {
	b.groups, b.of = 0, b.of[:0]
	if b.started && token == b.last {
		b.twice = true
	}
	b.started, b.last, b.hashed = true, token, false
	return b.part != nil && !b.twice
}

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
	if words <= 1 && n <= fewRecords && b.plan.slots == 0 {
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
	b.records = records
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
// leaves the ranks to whom needs them.
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
	}
	b.groups = groups
	b.keys, b.ranks, b.sums = keys[:groups*words], b.ranks[:0], sums[:groups*values]
	return true
}

// rank makes sure that the groups have their ranks.
func (b *Bounder) rank() {
	if len(b.ranks) == b.groups {
		return
	}
	b.hash() // only groupFew leaves the ranks out, and L0 is 1 where there are no keys: a key is one word
	b.ranks = b.ranks[:0]
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

// settle drops and keeps groups and adds those that stay to the partial.
func (b *Bounder) settle() {
	words, l0 := b.plan.keyWords, plantL0(b.plan.l0)
	b.chain()
	if b.groups <= l0 && b.plan.loose { // nothing to choose
		for g := range b.groups {
			key := b.keys[g*words : (g+1)*words]
			if b.plan.free {
				b.count(g, b.part.add(key))
			} else if at, _ := b.part.find(key); at >= 0 {
				b.count(g, at)
			} else if b.plan.allowed(key) {
				b.count(g, b.part.add(key))
			}
		}
		return
	}
	b.rank()
	b.heap = b.heap[:0]
	if b.plan.free {
		b.candidates()
	} else {
		b.allowedCandidates()
	}
	b.heap = smallest(b.heap, l0)
	if b.plan.scarce {
		slices.SortFunc(b.heap, func(x, y candidate) int { return cmp.Compare(x.rank, y.rank) })
	}
	b.weigh()
	for _, c := range b.heap {
		g := int(c.group)
		at := -1
		if !b.plan.free {
			at = b.at[g]
		}
		if at < 0 {
			at = b.part.add(b.keys[g*words : (g+1)*words])
		}
		b.count(g, at)
	}
}

// candidates puts the groups that can be among the L0 of the smallest rank
// into the heap. Ranks are spread evenly, so a bound at twice the expected rank
// of the last survivor leaves few of many groups; where it leaves fewer than L0
// all of them compete.
func (b *Bounder) candidates() {
	l0 := plantL0(b.plan.l0)
	if b.groups > 4*l0 {
		bound := math.MaxUint64 / uint64(b.groups) * uint64(2*l0)
		for g, rank := range b.ranks {
			if rank <= bound {
				b.heap = append(b.heap, candidate{rank, int32(g)})
			}
		}
		if len(b.heap) >= l0 {
			return
		}
		b.heap = b.heap[:0]
	}
	for g, rank := range b.ranks {
		b.heap = append(b.heap, candidate{rank, int32(g)})
	}
}

// allowedCandidates puts the groups whose key may appear in the table into the
// heap, and notes where those keys already are in the partial.
func (b *Bounder) allowedCandidates() {
	words := b.plan.keyWords
	b.at = b.at[:0]
	for g := range b.groups {
		key := b.keys[g*words : (g+1)*words]
		at, _ := b.part.find(key)
		b.at = append(b.at, at)
		if at >= 0 || b.plan.allowed(key) {
			b.heap = append(b.heap, candidate{b.ranks[g], int32(g)})
		}
	}
}

// smallest cuts candidates down to the k of the smallest rank, in a heap whose
// top is the largest rank kept so far.
func smallest(all []candidate, k int) []candidate {
	if len(all) <= k {
		return all
	}
	h := all[:k]
	for i := k/2 - 1; i >= 0; i-- {
		sink(h, i)
	}
	for _, c := range all[k:] {
		if k > 0 && c.rank < h[0].rank {
			h[0] = c
			sink(h, 0)
		}
	}
	return h
}

// sink restores the order of a heap below i.
func sink(h []candidate, i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].rank > h[c].rank {
			c++
		}
		if h[i].rank >= h[c].rank {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

// count adds group g to the partial's key number at; not if that is below 0.
func (b *Bounder) count(g, at int) {
	if at < 0 {
		return
	}
	c := b.part.cell(at)
	c[0]++
	if !b.plan.plain {
		b.contribute(c, b.sums[g*b.plan.values:(g+1)*b.plan.values])
		if b.plan.slots > 0 {
			b.each(g, at)
		}
		return
	}
	values := len(b.plan.grids)
	for j := range b.plan.grids {
		steps, old := b.plan.grids[j].steps(b.sums[g*values+j]), Int128{Hi: int64(c[2+2*j]), Lo: c[1+2*j]}
		s := plantFloat(old.Add(int128(steps)), old, steps)
		c[1+2*j], c[2+2*j] = s.Lo, uint64(s.Hi)
	}
}
