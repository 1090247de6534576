package privacy

import (
	"crypto/sha256"
	"fmt"
	"hash/maphash"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Limits of a job's declaration.
const (
	MaxKeysPerUnit = mechanism.MaxChanged // largest max_keys_per_unit
	MaxKeyFields   = 16
	MaxDefaults    = 1000 // default records
)

// Plan is a job's declaration, checked and priced. It is public: nothing in it
// is read off the data. It never changes and may be used by many goroutines.
type Plan struct {
	keySpace
	l0 int
	layout
	defaults []byte
	defaultN int
	top      *top // nil: all keys
	shown    int  // keys of one unit that get figures, at most
	budget   budget
	selects  string   // Output.Select, if it makes a difference
	mark     [16]byte // fingerprint of the declaration
	bill     bill.Bill
	whole    func() *Whole
}

// NewPlan checks what a job declares about its output and its price. Errors
// have the code CodeInvalid and a Field relative to the job file, such as
// "output.metrics.need.max".
//
// Bounds: max_keys_per_unit 1..1000; 1..64 metrics; at most 16 key fields that
// together, each padded to a multiple of 8, take at most 256 bytes; public
// lists whose product is at most 1,000,000 keys, no value listed twice; finite
// min < max for sum, mean and variance, and what the other kinds say; at most 8192 figures per key; exactly one of epsilon and rho, in (0,
// 1000]; delta in (0, 0.01] if keys are private, and none if they are public.
func NewPlan(out glovebox.Output, rel glovebox.ReleaseDef, public PublicKeys) (*Plan, error) {
	seed := maphash.MakeSeed()
	p := &Plan{keySpace: keySpace{hash: hasher{maphash.String(seed, "a"), maphash.String(seed, "b") | 1}}}
	if out.MaxKeysPerUnit < 1 || out.MaxKeysPerUnit > MaxKeysPerUnit {
		return nil, glovebox.Invalid("output.max_keys_per_unit", "%d is outside 1..%d", out.MaxKeysPerUnit, MaxKeysPerUnit)
	}
	names := map[string]bool{}
	if err := p.keySpace.add(out.Key, public, names); err != nil {
		return nil, err
	}
	if p.l0 = out.MaxKeysPerUnit; !p.private {
		p.l0 = min(p.l0, p.rows) // nobody can touch more keys than there are
	}
	if err := p.layout.add(out.Metrics, &p.keySpace, names); err != nil {
		return nil, err
	}
	if err := p.limitRecords(out, p.l0); err != nil {
		return nil, err
	}
	if err := p.addTop(out.Top); err != nil {
		return nil, err
	}
	if err := p.addDefaults(out.Default); err != nil {
		return nil, err
	}
	if err := p.addBudget(rel, out.Select); err != nil {
		return nil, err
	}
	p.fingerprint()
	p.bill = p.itemize()
	p.whole = sync.OnceValue(p.bill.Whole)
	return p, nil
}

// fingerprint marks partials, so that those of one job never merge into
// another's.
func (p *Plan) fingerprint() {
	h := sha256.New()
	h.Write(fmt.Appendf(nil, "%v %d %v %d %d", p.keys, p.l0, p.Metrics(), p.perKey, p.maxRecords))
	for i := range p.grids {
		h.Write(fmt.Appendf(nil, " %d", p.grids[i].exp))
	}
	for i := range p.bins {
		h.Write(fmt.Appendf(nil, " %d", p.bins[i].n))
	}
	if p.top != nil {
		h.Write(fmt.Appendf(nil, " top %d %d", p.top.k, p.top.metric))
	}
	for _, f := range p.fields {
		if f.list != nil {
			binaryWords(h, f.list.data)
		}
	}
	copy(p.mark[:], h.Sum(nil))
}

// RecordBytes is the size of one record of the guest: the key fields, then the
// float64s of every metric: none for a count, Size for a vector, else one. It is
// 0 for a count without keys.
func (p *Plan) RecordBytes() int { return 8 * (p.keyWords + p.values) }

// L0 returns the number of keys that one unit can touch: max_keys_per_unit, or
// the number of public keys where that is smaller.
func (p *Plan) L0() int { return p.l0 }

// Select returns what the job declares to select its keys, "" where the same is
// done without: two declarations of one job.
func (p *Plan) Select() string { return p.selects }
