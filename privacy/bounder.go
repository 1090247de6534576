package privacy

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
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
	shares     []share     // of each grid
	own, cells []candidate // of one group: its records, its values
	values     sipState    // hashes the values of distinct counts
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
// not on the public list, or whose text is not valid (as text.Key has it, padded
// with zeros), are dropped. Of the others at most L0 stay,
// those with the smallest pseudo-random rank. Every value is clamped and
// snapped to the metric's grid, every vector shortened to its L2 norm. For the
// metrics that take each record as a value, at most max_records_per_key records
// of a key stay, chosen in the same way, and max_records_per_unit of all keys, of
// which the one of the smallest rank takes first.
// So one unit
// changes at most L0 keys, each number of units by 1 and each sum by at most the
// grid's reach, whatever the records hold.
func (b *Bounder) Unit(token [16]byte, n int, records []byte) {
	if plantRows(b, n, records) || !b.begin(token) {
		return
	}
	if !b.group(n, records) {
		b.group(b.plan.defaultN, b.plan.defaults)
	}
	b.keepGroups()
}

// UnitDefault adds the default contribution: what a unit counts with on which
// the guest failed. Like Unit, it is called once per unit, and instead of Unit.
func (b *Bounder) UnitDefault(token [16]byte) {
	if b.begin(token) {
		b.group(b.plan.defaultN, b.plan.defaults)
		b.keepGroups()
	}
}

// begin notes the unit and says whether it counts.
func (b *Bounder) begin(token [16]byte) bool {
	if b.started && token == b.last {
		b.twice = true
	}
	b.started, b.last, b.hashed = true, token, false
	return b.part != nil && !b.twice
}

// keepGroups chooses the groups of the current unit that stay, at most L0, and adds
// them to the partial. Those of keys that the table cannot have are dropped first.
func (b *Bounder) keepGroups() {
	words, l0 := b.plan.keyWords, plantL0(b.plan.l0)
	b.linkRecords()
	if b.groups <= l0 && b.plan.loose { // nothing to choose
		for g := range b.groups {
			b.add(g, b.numberOf(b.keys[g*words:(g+1)*words]))
		}
		return
	}
	b.rankGroups()
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
	b.shareTotals()
	for _, c := range b.heap {
		g := int(c.group)
		at := -1
		if !b.plan.free {
			at = b.at[g]
		}
		if at < 0 {
			at = b.part.add(b.keys[g*words : (g+1)*words])
		}
		b.add(g, at)
	}
}

// numberOf is the number of a key in the partial, which it adds if it is new; -1
// if the table cannot have it.
func (b *Bounder) numberOf(key []uint64) int {
	if b.plan.free {
		return b.part.add(key)
	}
	at, _ := b.part.find(key)
	if at < 0 && b.plan.allowed(key) {
		return b.part.add(key)
	}
	return at
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

// shareTotals finds out what the kept groups of the current unit add up to, for the
// metrics that bound it.
func (b *Bounder) shareTotals() {
	p := b.plan
	if !p.totals {
		return
	}
	b.shares = grown(b.shares, len(p.grids))
	for i := range p.metrics {
		m := &p.metrics[i]
		if m.MaxTotal == 0 {
			continue
		}
		g := &p.grids[m.grid]
		s := share{most: uint64(g.total(p.l0))}
		for _, c := range b.heap {
			s.size += mechanism.Magnitude(g.steps(b.sums[int(c.group)*p.values+m.value]))
		}
		b.shares[m.grid] = s
	}
}

// add adds group g to the partial's key number at; not if that is below 0.
func (b *Bounder) add(g, at int) {
	if at < 0 {
		return
	}
	c := b.part.cell(at)
	c[0]++
	if !b.plan.plain {
		b.contribute(c, b.sums[g*b.plan.values:(g+1)*b.plan.values])
		if b.plan.slots > 0 {
			b.addValues(g, at)
		}
		return
	}
	values := len(b.plan.grids)
	for j := range b.plan.grids {
		steps, old := b.plan.grids[j].steps(b.sums[g*values+j]), mechanism.Int128{Hi: int64(c[2+2*j]), Lo: c[1+2*j]}
		s := plantFloat(old.Add(mechanism.NewInt128(steps)), old, steps)
		c[1+2*j], c[2+2*j] = s.Lo, uint64(s.Hi)
	}
}

// contribute adds one unit's part of one key to the key's cells: values are the
// sums of its records' numbers. Plans whose metrics are counts, sums and means
// alone take the shorter way in Bounder.add.
func (b *Bounder) contribute(c []uint64, values []float64) {
	for i := range b.plan.metrics {
		m := &b.plan.metrics[i]
		m.contribute(b, m, c, values[m.value:m.value+m.Values()])
	}
}

// addTo adds steps to the j-th sum of a key's cells.
func addTo(c []uint64, j int, steps int64) {
	s := mechanism.NewInt128(steps).Add(mechanism.Int128{Hi: int64(c[2+2*j]), Lo: c[1+2*j]})
	c[1+2*j], c[2+2*j] = s.Lo, uint64(s.Hi)
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

// Bytes is about how much memory the bounder's partial result takes.
func (b *Bounder) Bytes() int64 {
	if b.part == nil {
		return 0
	}
	return b.part.bytes()
}

// Piece hands over what was added up so far and goes on from nothing. The
// pieces and the Partial at the end merge to what one partial would hold. It
// returns nil after Partial.
func (b *Bounder) Piece() *Partial {
	t := b.part
	if t != nil {
		b.part = b.plan.NewPartial()
		b.part.full = t.full
	}
	return t
}
