package privacy

import (
	"crypto/sha256"
	"fmt"
	"hash/maphash"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/internal/declared"
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
	keys     []glovebox.KeyField // without their lists
	fields   []keyField
	keyWords int
	private  bool
	rows     int // number of public keys
	free     bool
	l0       int
	metrics  []metric
	figures  []Figure
	values   int      // float64s of a record
	grids    []grid   // of the metrics that are sums or made of sums, in declared order
	cells    int      // sums of all grids
	bins     []binSet // of the metrics that count values in bins, in declared order
	slots    int      // bins of one key
	perKey   int      // records of one unit and key that count in bins
	// maxRecords is how many records of one unit count in bins, over all keys.
	maxRecords int
	scarce     bool // fewer than L0 keys can have
	loose      bool // a key that stays takes nothing from another
	totals     bool // a metric bounds what one unit adds over all keys
	plain      bool // each grid has one sum, of the value of the same number
	defaults   []byte
	defaultN   int
	top        *top // nil: all keys
	shown      int  // keys of one unit that get figures, at most
	budget     budget
	selects    string // Output.Select, if it makes a difference
	hash       hasher
	mark       [16]byte // fingerprint of the declaration
	bill       bill.Bill
	whole      func() *Whole
}

// NewPlan checks what a job declares about its output and its price. Errors
// have the code CodeInvalid and a Field relative to the job file, such as
// "output.metrics.need.max".
//
// Bounds: max_keys_per_unit 1..1000; 1..64 metrics; at most 16 key fields that
// together, each padded to a multiple of 8, take at most 256 bytes; public
// lists whose product is at most 1,000,000 keys, no value listed twice; finite
// min < max for sum, mean and variance, and what fieldsOf says of the other
// kinds; at most 8192 figures per key; exactly one of epsilon and rho, in (0,
// 1000]; delta in (0, 0.01] if keys are private, and none if they are public.
func NewPlan(out glovebox.Output, rel glovebox.ReleaseDef, public PublicKeys) (*Plan, error) {
	seed := maphash.MakeSeed()
	p := &Plan{hash: hasher{maphash.String(seed, "a"), maphash.String(seed, "b") | 1}}
	if out.MaxKeysPerUnit < 1 || out.MaxKeysPerUnit > MaxKeysPerUnit {
		return nil, glovebox.Invalid("output.max_keys_per_unit", "%d is outside 1..%d", out.MaxKeysPerUnit, MaxKeysPerUnit)
	}
	p.l0 = out.MaxKeysPerUnit
	names := map[string]bool{}
	if err := p.addKeys(out.Key, public, names); err != nil {
		return nil, err
	}
	if err := p.addMetrics(out.Metrics, names); err != nil {
		return nil, err
	}
	if err := p.addRecordLimits(out); err != nil {
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

func (p *Plan) addKeys(keys []glovebox.KeyField, public PublicKeys, names map[string]bool) error {
	p.rows, p.free = 1, true
	if len(keys) > MaxKeyFields {
		return glovebox.Invalid("output.key", "%d fields, at most %d are possible", len(keys), MaxKeyFields)
	}
	for i, k := range keys {
		if err := declared.Name(k.Name, fmt.Sprintf("output.key[%d]", i), names); err != nil {
			return err
		}
		path := "output.key." + k.Name
		f, err := newField(k, path)
		if err != nil {
			return err
		}
		switch {
		case k.Private == (k.Public != nil):
			return glovebox.Invalid(path, "a key field needs exactly one of public and private").
				WithFix("list the values under `public`, or write `private: true`")
		case i > 0 && k.Private != p.private:
			return glovebox.Invalid(path, "public and private keys do not mix")
		}
		p.private = k.Private
		if !k.Private {
			if err := f.addList(k, public, path, p.hash); err != nil {
				return err
			}
			if p.rows *= f.list.len(); p.rows > MaxPublicKeys {
				return glovebox.Invalid("output.key", "the public lists make more than %d keys together", MaxPublicKeys)
			}
		}
		f.at = p.keyWords
		p.keyWords += f.words
		p.free = p.free && k.Private && !f.text
		p.fields = append(p.fields, f)
		k.Public, k.Width = nil, f.width
		p.keys = append(p.keys, k)
	}
	if 8*p.keyWords > MaxKeyBytes {
		return glovebox.Invalid("output.key", "a key takes %d bytes, at most %d are possible", 8*p.keyWords, MaxKeyBytes).
			WithFix("declare narrower widths")
	}
	if !p.private {
		p.l0 = min(p.l0, p.rows) // nobody can touch more keys than there are
	}
	return nil
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

// Keys returns the key fields without their lists, widths filled in.
func (p *Plan) Keys() []glovebox.KeyField { return append([]glovebox.KeyField(nil), p.keys...) }

// Metrics returns the metrics in declared order.
func (p *Plan) Metrics() []glovebox.Metric {
	out := make([]glovebox.Metric, len(p.metrics))
	for i := range p.metrics {
		out[i] = p.metrics[i].Metric
	}
	return out
}

// Figures returns the figures of one key, in the order of Row.Cells: those of
// the first metric, of the second, and so on.
func (p *Plan) Figures() []Figure { return append([]Figure(nil), p.figures...) }

// L0 returns the number of keys that one unit can touch: max_keys_per_unit, or
// the number of public keys where that is smaller.
func (p *Plan) L0() int { return p.l0 }

// Select returns what the job declares to select its keys, "" where the same is
// done without: two declarations of one job.
func (p *Plan) Select() string { return p.selects }

// allowed says whether key may appear in the table.
func (p *Plan) allowed(key []uint64) bool {
	if p.free {
		return true
	}
	for i := range p.fields {
		f := &p.fields[i]
		if f.list == nil {
			if !f.valid(key) {
				return false
			}
		} else if _, ok := f.list.find(key[f.at : f.at+f.words]); !ok {
			return false
		}
	}
	return true
}

// compare orders keys field by field: numbers by value, text by bytes.
func (p *Plan) compare(a, b []uint64) int {
	for i := range p.fields {
		if c := p.fields[i].compare(a, b); c != 0 {
			return c
		}
	}
	return 0
}
