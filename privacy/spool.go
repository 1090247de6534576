package privacy

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

const (
	// DefaultSpoolBytes is how much memory a spool's partial result may take, in
	// bytes, before it goes to spills on the disk.
	DefaultSpoolBytes = 512 << 20
	// DefaultSpoolMost is how much memory it may take where nothing can go to the
	// disk, or comes back from there, in bytes.
	DefaultSpoolMost = 2 << 30
	// spoolSpills is over how many spills keys are spread by their hash: one of
	// them at a time is in memory when the table is made.
	spoolSpills = 64
)

// Spill keeps records outside memory, in order. What it keeps is raw data: it
// must be encrypted, under a key that ends with the process.
type Spill interface {
	Append(record []byte) error
	Each(f func(record []byte) error) error
	Close() error
}

// SpoolOptions are the options of NewSpool.
type SpoolOptions struct {
	// Bytes is how much memory a partial result may take, about; making the
	// table may take it three times. Zero: DefaultSpoolBytes.
	Bytes int64
	// Most is how much memory a partial result may take, about, that has to be
	// in memory as a whole: a job with more ends with CodeInvalid, and does not
	// use up the machine. Zero: DefaultSpoolMost.
	Most int64
	// Table is how many bytes the rows of private keys may take in a file of a
	// bundle: a table with more ends with CodeInvalid. That follows from the rows
	// alone, which are private. Zero: any.
	Table int64
	// Create makes an empty spill. nil: all is kept in memory.
	Create func() (Spill, error)
}

// Spool adds up the partial results of one job in bounded memory, however many
// private keys they have: keys are never dropped, because which ones would
// depend on the data. Public keys, whose number is declared, stay in memory.
// What has to be there as a whole is bounded, and a job that needs more fails.
type Spool struct {
	plan   *Plan
	o      SpoolOptions
	total  *Partial
	spills []Spill // nil: all is in memory; nil among them: no key went there
}

// NewSpool makes an empty spool. Close it.
func (p *Plan) NewSpool(o *SpoolOptions) *Spool {
	s := &Spool{plan: p, total: p.NewPartial()}
	if o != nil {
		s.o = *o
	}
	if s.o.Bytes == 0 {
		s.o.Bytes = DefaultSpoolBytes
	}
	if s.o.Most == 0 {
		s.o.Most = DefaultSpoolMost
	}
	if !p.private {
		s.o.Create = nil
	}
	return s
}

// Add adds a partial result, which it takes over as Partial.Merge does.
func (s *Spool) Add(t *Partial) error {
	if err := s.total.Merge(t); err != nil {
		return err
	}
	if s.o.Create == nil {
		return s.fits(s.total)
	}
	if s.total.bytes() < s.o.Bytes {
		return nil
	}
	return s.spill()
}

// fits says whether a partial may be in memory. Public keys always may: they are
// as many as the job declares.
func (s *Spool) fits(t *Partial) error {
	if s.plan.private && t.bytes() > s.o.Most {
		return glovebox.Errorf(glovebox.CodeInvalid, "the job has more distinct keys than the memory of a run holds").
			WithFix("use public keys, coarser ones, or fewer keys per unit")
	}
	return nil
}

// spill moves what is in memory to the spills.
func (s *Spool) spill() error {
	if s.spills == nil {
		s.spills = make([]Spill, spoolSpills)
	}
	for i, t := range s.total.spread(len(s.spills)) {
		if t == nil {
			continue
		}
		if s.spills[i] == nil {
			var err error
			if s.spills[i], err = s.o.Create(); err != nil {
				s.spills[i] = nil // which may hold a nil of a type
				return err
			}
		}
		data, err := t.MarshalBinary()
		if err != nil {
			return err
		}
		for range plantAgain(1) {
			if err := s.spills[i].Append(data); err != nil {
				return err
			}
		}
	}
	s.total = s.plan.NewPartial()
	return nil
}

// spread divides a partial among n others by the hash of each key; nil where no
// key goes. It is used up.
func (t *Partial) spread(n int) []*Partial {
	out := make([]*Partial, n)
	of, at := make([]int, t.n), make([]int, t.n)
	for i := range t.n {
		// The upper bits: the lower ones find keys in the tables.
		of[i] = int(t.plan.hash.sum(t.key(i)) >> 32 % uint64(n))
		if out[of[i]] == nil {
			out[of[i]] = t.plan.NewPartial()
		}
		o := out[of[i]]
		at[i] = o.add(t.key(i))
		copy(o.cell(at[i]), t.cell(i))
	}
	if t.bins != nil {
		for _, e := range t.bins.slots {
			if e.id != 0 {
				i := e.key()
				out[of[i]].bins.add(binID(at[i], e.slot()), e.count, t.plan.binsOf(e.slot()).marks())
			}
		}
	}
	t.done = true
	return out
}

// Release makes the table of all that was added: see Plan.Release. It works
// once. Where keys went to spills they are taken spill by spill; rows come out
// in the same order.
func (s *Spool) Release(src *mechanism.Source) (*Table, error) {
	var space *room
	if s.plan.private && s.o.Table > 0 {
		space = &room{s.o.Table, s.plan.figureBytes()}
	}
	if s.spills == nil || s.total.done || src == nil {
		return s.plan.release(s.total, src, space) // which says what is wrong
	}
	if err := s.spill(); err != nil {
		return nil, err
	}
	s.total.done = true
	r := s.plan.newReleaser(src)
	r.room = space
	if err := s.rows(r); err != nil {
		return nil, err
	}
	slices.SortFunc(r.table.Rows, compareRows)
	return r.finish(), nil
}

// rows makes the rows of the keys in spills.
func (s *Spool) rows(r *releaser) error {
	if t := s.plan.top; t != nil && t.rounds {
		return s.top(r)
	}
	for i := range s.spills {
		t, err := s.load(i)
		if err != nil {
			return err
		}
		if err := r.addRows(t); err != nil {
			return err
		}
	}
	return nil
}

// load reads a spill into memory.
func (s *Spool) load(i int) (*Partial, error) {
	t := s.plan.NewPartial()
	if s.spills[i] == nil {
		return t, nil
	}
	return t, s.spills[i].Each(func(data []byte) error {
		one := s.plan.NewPartial()
		if err := one.UnmarshalBinary(data); err != nil {
			return err
		}
		if err := t.Merge(one); err != nil {
			return err
		}
		return s.fits(t)
	})
}

// Close frees the spills.
func (s *Spool) Close() error {
	var errs []error
	for _, p := range s.spills {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	s.spills, s.total = nil, &Partial{plan: s.plan, done: true}
	return errors.Join(errs...)
}

// compareRows is the order of a table: field by field, numbers by value, text
// by its bytes.
func compareRows(a, b Row) int {
	for i := range a.Key {
		switch x := a.Key[i].(type) {
		case int64:
			if c := cmp.Compare(x, b.Key[i].(int64)); c != 0 {
				return c
			}
		case string:
			if c := strings.Compare(x, b.Key[i].(string)); c != 0 {
				return c
			}
		}
	}
	return 0
}
