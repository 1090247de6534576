package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

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
	b.settle()
}

// UnitDefault adds the default contribution: what a unit counts with on which
// the guest failed. Like Unit, it is called once per unit, and instead of Unit.
func (b *Bounder) UnitDefault(token [16]byte) {
	if b.begin(token) {
		b.group(b.plan.defaultN, b.plan.defaults)
		b.settle()
	}
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

// begin notes the unit and says whether it counts.
func (b *Bounder) begin(token [16]byte) bool {
	if b.started && token == b.last {
		b.twice = true
	}
	b.started, b.last, b.hashed = true, token, false
	return b.part != nil && !b.twice
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
		steps, old := b.plan.grids[j].steps(b.sums[g*values+j]), mechanism.Int128{Hi: int64(c[2+2*j]), Lo: c[1+2*j]}
		s := plantFloat(old.Add(mechanism.NewInt128(steps)), old, steps)
		c[1+2*j], c[2+2*j] = s.Lo, uint64(s.Hi)
	}
}
