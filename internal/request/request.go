// Package request is a job with all that it names, read and checked, from bytes:
// before anybody is asked and before any data is touched.
//
// What it promises: what is read depends on the Submission, the records of its
// datasets and the machine's limits alone, so that a file, a request over a
// network and a test come to the same; everything is bounded before it is read;
// the module is admitted once and the plan is made once, and both are handed on;
// errors name file, field and fix. What developers wrote in SQL or as a table is
// read in a jail. What it does not promise: that anybody may run the job, which
// is the policy's to say, or that the records are those of a domain: it knows
// none.
package request

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/filter"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// Request is a job with everything it names.
type Request struct {
	Name     string        // of the job, as errors give it: see Submission
	Job      *glovebox.Job // output in the module's order, defaults written out
	Wasm     []byte
	Module   *sandbox.Module
	Function abi.Function
	Mode     work.Mode          // what the job declares, priced
	Digests  map[string]string  // what a file is for, to its digest
	Public   privacy.PublicKeys // where the job names a file of keys
	Datasets map[string]Dataset // those that the catalogue knows, as the job is about them
	Filters  map[string]*filter.Filter

	projections map[string]int // of the unit column that the job is about
	refs        map[string]arrow.RecordBatch
	lists       map[string]string // field of the job to the file of its public keys
	reader      *crew.Reader      // of its filters and tables
	from        Submission
	alone       bool
	selects     string // Job.Output.Select before a default was written into it
}

// Options of Read.
type Options struct {
	// MaxFuel is the most fuel a unit that a module may ask for.
	MaxFuel int64
	// Wasm stands for the module that the job names; nil: that is read.
	Wasm []byte
	// Alone is a job without a domain, for sample rows: where it leaves the
	// number of blocks open, it has as many as so few units get.
	Alone bool
	// Catalogue returns the datasets of these codes, each as it is at one moment,
	// which is the same for all. Those that it does not know it leaves out.
	Catalogue func(codes []string) (map[string]Dataset, error)
}

// Dataset is what a job is read against.
type Dataset struct {
	Record   glovebox.Dataset
	State    glovebox.DatasetState // in its domain; empty: there is none
	Snapshot *glovebox.Snapshot    // the current one; nil: none
}

// Read reads a job and what it names. It fails with CodeInvalid and CodeModule,
// each problem with its file, field and fix.
func Read(ctx context.Context, s Submission, o *Options) (_ *Request, err error) {
	r := &Request{Name: s.name(), Wasm: o.Wasm, Digests: map[string]string{}, Public: privacy.PublicKeys{}, Datasets: map[string]Dataset{}, Filters: map[string]*filter.Filter{},
		projections: map[string]int{}, lists: map[string]string{}, refs: map[string]arrow.RecordBatch{}, reader: &crew.Reader{}, from: s, alone: o.Alone}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	if err := files.Fits(s.Job, r.Name, MaxJob, "a job is a small YAML file"); err != nil {
		return nil, err
	}
	if r.Job, err = catalog.ParseJob(r.Name, s.Job); err != nil {
		return nil, err
	}
	if r.Wasm == nil {
		if r.Wasm, err = r.file(r.Job.Module, MaxModule, "a module is at most 16 MiB"); err != nil {
			return nil, at(err, "module")
		}
	}
	if r.Module, err = sandbox.Admit(r.Wasm, &sandbox.Options{MaxFuel: o.MaxFuel}); err != nil {
		return nil, inFile(err, r.beside(r.Job.Module))
	}
	if err := modes()[r.Job.Mode].choose(r); err != nil {
		return nil, err
	}
	known, err := o.Catalogue(r.Codes())
	if err == nil {
		err = r.Take(known)
	}
	if glovebox.CodeOf(err) == glovebox.CodeInvalid { // and not the catalogue's own failure
		err = inFile(err, r.Name)
	}
	if err != nil {
		return nil, err
	}
	for _, code := range r.Codes() {
		if err := r.checkFilter(ctx, code); err != nil {
			return nil, err
		}
	}
	if err := r.readFiles(ctx); err != nil {
		return nil, err
	}
	r.selects = r.Job.Output.Select
	if r.Mode, err = modes()[r.Job.Mode].plan(r); err == nil {
		err = r.fitsBundle()
	}
	if err != nil {
		return nil, inFile(r.inList(err), r.Name)
	}
	return r, nil
}

// Rest ends the process that read filters and tables, until another is needed.
func (r *Request) Rest() { r.reader.Close() }

// Close frees the job's reference tables.
func (r *Request) Close() {
	r.Rest()
	for _, b := range r.refs {
		b.Release()
	}
}

// Codes lists the job's datasets in their fixed order.
func (r *Request) Codes() []string { return slices.Sorted(maps.Keys(r.Job.Inputs)) }

// checkFilter parses a row filter over the dataset's columns. Whether the job
// may use them is the policy's question.
func (r *Request) checkFilter(ctx context.Context, code string) error {
	in := r.Job.Inputs[code]
	doc, known := r.Datasets[code]
	if !known {
		return nil
	}
	if in.Where == "" {
		return r.inPeriods(code)
	}
	f, err := r.reader.Filter(ctx, in.Where, doc.Record.Columns)
	if err != nil {
		return inFile(at(err, "inputs."+code+".where"), r.Name)
	}
	r.Filters[code] = &f
	return r.inPeriods(code)
}

// inPeriods makes sure that a job names the periods that it reads of a dataset
// that has some.
func (r *Request) inPeriods(code string) error {
	f, column := r.Filters[code], r.Datasets[code].Record.Period
	if column == "" || f != nil && filter.Pins(f.SQL, column) != nil {
		return nil
	}
	return r.Invalid("inputs."+code+".where", "does not say of which periods it reads rows: dataset %s promises a loss for each %s by itself", code, column).
		WithFix("name them, as where: \"%s in (VALUE, VALUE)\", alone or with other conditions after `and`", column)
}

// Invalid is an error at a field of the job.
func (r *Request) Invalid(field, format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
	e.File, e.Field = r.Name, field
	return e
}

// Blame completes an error with the job's name and, if it has none, a field.
func (r *Request) Blame(err error, field string) error { return inFile(at(err, field), r.Name) }

// inFile and at complete an error with the file and field it is about.
func inFile(err error, file string) error {
	var e *glovebox.Error
	if errors.As(err, &e) && e.File == "" {
		e.File = file
	}
	return err
}

func at(err error, field string) error {
	var e *glovebox.Error
	if errors.As(err, &e) && e.Field == "" {
		e.Field = field
	}
	return err
}
