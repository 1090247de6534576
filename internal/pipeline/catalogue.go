package pipeline

import (
	"context"
	"maps"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/accounting"
)

// readCatalogue takes the records of the job's datasets, as the unit column
// that the job is about turns them; those that the domain does not know are
// left to the policy to name.
func (p *Pipeline) readCatalogue(ctx context.Context, r *request) error {
	return p.d.Store.View(ctx, func(tx *store.Tx) error {
		for code := range r.job.Inputs {
			known, err := tx.Has(store.Dataset, code)
			if err != nil {
				return err
			}
			if !known {
				continue
			}
			var doc domain.DatasetDoc
			if err := tx.Get(store.Dataset, code, &doc); err != nil {
				return err
			}
			if err := r.take(code, doc); err != nil {
				return err
			}
		}
		return nil
	})
}

// take keeps a dataset as the unit column that the job is about turns it.
func (r *request) take(code string, doc domain.DatasetDoc) error {
	about, place, ok := doc.Record.About(r.job.Inputs[code].Unit)
	if !ok {
		return r.invalid("inputs."+code+".unit", "names no unit column of %s", code).WithFix("name one of %v", unitColumns(&doc.Record))
	}
	if place > 0 && doc.Snapshot != nil {
		snap := *doc.Snapshot
		snap.NoisyUnits, snap.OtherNoisyUnits = snap.UnitsAt(place), nil
		doc.Snapshot = &snap
	}
	doc.Record, r.places[code] = about, place
	r.datasets[code] = doc
	return nil
}

func unitColumns(d *glovebox.Dataset) (out []string) {
	for _, u := range d.Units() {
		out = append(out, u.Column)
	}
	return out
}

// inputs are the job's, with the default unit column left out where its author
// named it: that makes no other job.
func (r *request) inputs() map[string]glovebox.JobInput {
	out := maps.Clone(r.job.Inputs)
	for code, place := range r.places {
		if in := out[code]; place == 0 {
			in.Unit = ""
			out[code] = in
		}
	}
	return out
}

// group is how many units of the job stand between the data with and without
// one person (or enterprise, ...): see accounting.GroupSize.
func (r *request) group() int64 {
	var records []glovebox.Dataset
	for _, code := range r.codes() {
		if doc, known := r.datasets[code]; known {
			records = append(records, doc.Record)
		}
	}
	return accounting.GroupSize(records)
}

// facts are a plan's, or a table's, as the job's readers need them: readings of
// what one unit loses are left out where whoever is protected stands in several.
func (r *request) facts(f privacy.Facts) privacy.Facts {
	if r.group() > 1 {
		f.Whole = nil
	}
	return f
}
