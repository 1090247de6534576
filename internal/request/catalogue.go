package request

import (
	"maps"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/accounting"
)

// Take keeps the datasets that a catalogue knows, as the unit columns that the
// job is about turn them; again, where they may have changed.
func (r *Request) Take(known map[string]Dataset) error {
	for _, code := range r.Codes() {
		if d, ok := known[code]; ok {
			if err := r.take(code, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// Projection is which of the projections of a dataset the job reads: the index of
// its unit column among the record's.
func (r *Request) Projection(code string) int { return r.projections[code] }

// take keeps a dataset as the unit column that the job is about turns it.
func (r *Request) take(code string, doc Dataset) error {
	about, place, ok := doc.About(r.Job.Inputs[code].Unit)
	if !ok {
		return r.Invalid("inputs."+code+".unit", "names no unit column of %s", code).WithFix("name one of %v", unitColumns(&doc.Record))
	}
	r.projections[code], r.Datasets[code] = place, about
	return nil
}

// About is the dataset as a unit column turns it, and which that is; false:
// there is no such column.
func (d *Dataset) About(unit string) (about Dataset, place int, ok bool) {
	about = *d
	if about.Record, place, ok = d.Record.About(unit); ok && place > 0 && d.Snapshot != nil {
		snap := *d.Snapshot
		snap.NoisyUnits, snap.OtherNoisyUnits = snap.UnitsAt(place), nil
		about.Snapshot = &snap
	}
	return about, place, ok
}

func unitColumns(d *glovebox.Dataset) (out []string) {
	for _, u := range d.Units() {
		out = append(out, u.Column)
	}
	return out
}

// Inputs are the job's, with the default unit column left out where its author
// named it: that makes no other job.
func (r *Request) Inputs() map[string]glovebox.JobInput {
	out := maps.Clone(r.Job.Inputs)
	for code, place := range r.projections {
		if in := out[code]; place == 0 {
			in.Unit = ""
			out[code] = in
		}
	}
	return out
}

// Group is how many units of the job stand between the data with and without
// one person (or enterprise, ...): see accounting.GroupSize.
func (r *Request) Group() int64 { return accounting.GroupSize(r.About()) }

// About are the records of the job's inputs that the catalogue knows, as the job is
// about them.
func (r *Request) About() []glovebox.Dataset {
	var records []glovebox.Dataset
	for _, code := range r.Codes() {
		if doc, known := r.Datasets[code]; known {
			records = append(records, doc.Record)
		}
	}
	return records
}

// Facts are a plan's, or a table's, as the job's readers need them: readings of
// what one unit loses are left out where whoever is protected stands in several.
func (r *Request) Facts(f privacy.Facts) privacy.Facts {
	if r.Group() > 1 {
		f.Whole = nil
	}
	return f
}

// Spec is the job as workers know it, but for its keys.
func (r *Request) Spec(maxFuel int64, masks map[string]map[string]glovebox.Mask) work.Spec {
	spec := work.Spec{Wasm: r.Wasm, MaxFuel: maxFuel, Function: r.Function.Name, Params: r.Job.Params, References: r.refs,
		Mode: r.Job.Mode, Output: r.Job.Output, Blocks: r.Job.Blocks, Train: r.Job.Train, Release: r.Job.Release, Public: r.Public}
	for _, code := range r.Codes() {
		doc := r.Datasets[code]
		in := work.Input{Dataset: code, Record: doc.Record.Columns, Columns: r.Job.Inputs[code].Columns, Where: r.Job.Inputs[code].Where,
			Masks: masks[code], MaxRows: doc.Record.Unit.MaxRows}
		if f := r.Filters[code]; f != nil {
			in.Reads = f.Columns
		}
		spec.Inputs = append(spec.Inputs, in)
	}
	return spec
}
