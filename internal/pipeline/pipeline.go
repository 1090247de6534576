// Package pipeline is the one place that orders the steps of a job: decide,
// charge, load, mask, run, aggregate, add noise, record, release, review,
// export.
//
// What it promises: no row is read before the decision to read it and the
// charge for it are in the audit log; a job is charged at most once, whatever
// crashes; nothing leaves but by a release.Release, which only this package
// builds, from a decision, a receipt and an audit index; what an error says
// is free of cell values; a run shows that it ended, or failed, at a slot and
// not before: not in its answer, nor in the database, the log or the lock. What
// it does not promise: that the number of the slot tells nothing, unless the
// job declares a deadline that is kept (docs/threat-model.md).
package pipeline

import (
	"context"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
)

// Options of New. Nil is what the product uses.
type Options struct {
	// Workers is how many parts are worked on at once; zero: one a core.
	Workers int
	// Waiting is called once for a run that waits for a place, with how many
	// runs the domain allows at once. May be nil.
	Waiting func(places int)
	// Retrying is called before an export tries a file again: which try of how
	// many comes next, and why the one before failed. May be nil.
	Retrying func(file string, next, of int, err error)
	// Courier opens the engine of a domain whose jobs run on nodes. nil: such jobs
	// fail before the charge.
	Courier Courier

	// For tests of this package: when parts are done, which depends on the data
	// and is told to nobody, and the clock of the slots.
	partDone func(done int)
	admitted func() // between a job's admission and its claim
	building func() // while a job's module is compiled and started
	since    func(time.Time) time.Duration
	sleep    func(context.Context, time.Duration) error

	spoolMost  int64 // for tests: of what has to be in memory; zero: privacy.DefaultSpoolMost
	spoolBytes int64 // for tests: memory of a job's keys; zero: privacy.DefaultSpoolBytes
	pieceBytes int64 // the same of a worker
}

// Pipeline runs jobs in one domain.
type Pipeline struct {
	d *domain.Domain
	o Options
}

// New makes a pipeline over an open domain.
func New(d *domain.Domain, o *Options) *Pipeline {
	p := &Pipeline{d: d}
	if o != nil {
		p.o = *o
	}
	if p.o.since == nil {
		p.o.since, p.o.sleep = time.Since, sleep
	}
	return p
}

// Price is what a job takes from one ledger, beside what the ledger holds.
type Price struct {
	Dataset string              `json:"dataset,omitempty"` // whose ledger, or
	Space   string              `json:"space,omitempty"`   // that of a unit space
	Kind    glovebox.LedgerKind `json:"kind"`
	Price   glovebox.Amount     `json:"price"`
	Spent   glovebox.Amount     `json:"spent"`
	Total   glovebox.Amount     `json:"total"`
	// Assumed: nobody has said the space's total, that of its first dataset stands
	// for it.
	Assumed bool `json:"assumed,omitempty"`
	// Parts are those of the ledger that pay, and whose Spent is meant; nil: all
	// of it.
	Parts *glovebox.Parts `json:"parts,omitempty"`
}

// account names the ledger.
func (p *Price) account() string {
	return (&glovebox.Charge{Dataset: p.Dataset, Space: p.Space}).Account()
}
