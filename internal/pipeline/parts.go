package pipeline

import (
	"context"
	"fmt"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/filter"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/policy"
)

// Which parts of a ledger pay for a job follows from its declaration: the rows
// that its filters keep have one of a few public values in a column by which the
// ledger is divided (docs/formats/ledger.md has the proof). A job that says
// nothing of the kind is paid by the whole ledger.

// maxPartValues bounds how many parts one job names; beyond it the ledger pays as
// a whole.
const maxPartValues = 256

// periods is the family of the parts of a unit space whose promise is one to a
// unit in a period, as a column of that name and type tells it. A year and a month
// of it are different texts and no different times, so that columns that are called
// otherwise have families of their own, which add up.
func periods(c *glovebox.Column) string { return fmt.Sprintf("period.%s.%s", c.Name, c.Type) }

// partsOf are the parts of a dataset's ledger that pay for what a job reads of
// it; nil: all of it. Masks are those of the job: a masked value is another one.
//
// Values that are constant for a unit in one snapshot need not be so in the next,
// where the unit may have moved: each version divides the ledger in its own way.
// A period is a property of the row, and divides the ledger once and for all.
func partsOf(r *ask, code string, masks job.MaskPlan) *glovebox.Parts {
	d, f := r.Datasets[code], r.Filters[code]
	rec := &d.Record
	if f == nil || d.Snapshot == nil || len(rec.OtherUnits) > 0 {
		return nil
	}
	pins := func(column string) []string {
		if m, masked := masks[column]; masked && m.Kind != "none" {
			return nil
		}
		if v := filter.Pins(f.SQL, column); len(v) <= maxPartValues {
			return v
		}
		return nil
	}
	if rec.Period != "" {
		if v := pins(rec.Period); v != nil {
			return &glovebox.Parts{Family: code + "." + rec.Period, Values: plantPeriods(v)}
		}
		return nil
	}
	for _, c := range rec.Columns {
		if !c.PerUnit {
			continue
		}
		if v := pins(c.Name); v != nil {
			return &glovebox.Parts{Family: plantFamily(fmt.Sprintf("%s.%s@%d", code, c.Name, d.Snapshot.Version)), Values: v}
		}
	}
	return nil
}

// spaceParts are the parts of a unit space's ledger that pay, given those of the
// datasets. A space whose promise is for a unit in a period pays by periods if
// all that the job reads of it is in some, told by columns of one name and type. Otherwise the parts of a dataset are
// the space's only where the job reads no other: a unit that is not among them
// may stand in the others.
func spaceParts(r *ask, s *glovebox.Space, parts map[string]*glovebox.Parts) *glovebox.Parts {
	var values []string
	family := ""
	var only *glovebox.Parts
	for _, code := range r.Codes() {
		d, p := r.Datasets[code], parts[code]
		if p == nil || d.Record.Unit.Space != s.Name {
			return nil
		}
		if s.Period != "" && d.Record.Period != "" && d.Record.Period != s.Period {
			return nil
		}
		if only = p; d.Record.Period == "" || !s.PerPeriod {
			if len(r.Codes()) > 1 || d.Record.Period != "" {
				return nil
			}
			return only
		}
		col, _ := d.Record.Column(d.Record.Period) // a record without it was refused
		if f := periods(&col); family == "" {
			family = f
		} else if f != family {
			return nil
		}
		values = append(values, p.Values...)
	}
	if only == nil {
		return nil
	}
	slices.Sort(values)
	return &glovebox.Parts{Family: family, Values: slices.Compact(values)}
}

// divide says which parts of each ledger pay for a job whose columns are granted,
// and tells the policy what these have left.
func (p *Pipeline) divide(ctx context.Context, r *ask, a *admission, in *policy.Input) error {
	if !a.columns.Allow {
		return nil
	}
	masks, parts, any := a.masks(), map[string]*glovebox.Parts{}, false
	for _, code := range r.Codes() {
		parts[code] = partsOf(r, code, masks[code])
		any = any || parts[code] != nil
	}
	if !any {
		return nil
	}
	return p.d.Store.View(ctx, func(tx *store.Tx) error {
		for i := range a.charges {
			c := &a.charges[i]
			if c.Space == "" {
				c.Parts = parts[c.Dataset]
			} else {
				var s glovebox.Space
				if err := domain.Spaces.Get(tx, c.Space, &s); err != nil {
					return err
				}
				c.Parts = spaceParts(r, &s, parts)
			}
			if c.Parts == nil {
				continue
			}
			b, err := tx.Reading(c)
			if err != nil {
				return err
			}
			a.tell(in, c, b.Spent)
			if c.Space != "" {
				continue
			}
			d := in.Datasets[c.Dataset]
			if d.ScenarioSpent, err = tx.Spent(c.Dataset, r.Job.Scenario, "", c.Parts); err != nil {
				return err
			}
			if d.DeveloperSpent, err = tx.Spent(c.Dataset, r.Job.Scenario, r.by.Name, c.Parts); err != nil {
				return err
			}
			in.Datasets[c.Dataset] = d
		}
		return nil
	})
}

// tell puts what the parts of a charge have spent in the place of what the whole
// ledger has.
func (a *admission) tell(in *policy.Input, c *glovebox.Charge, spent glovebox.Amount) {
	for i := range a.prices {
		if x := &a.prices[i]; x.account() == c.Account() {
			x.Spent, x.Parts = spent, c.Parts
		}
	}
	if c.Space == "" {
		d := in.Datasets[c.Dataset]
		d.Ledger.Spent = spent
		in.Datasets[c.Dataset] = d
		return
	}
	s := in.Spaces[c.Space]
	s.Ledger.Spent = spent
	in.Spaces[c.Space] = s
}
