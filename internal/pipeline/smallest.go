package pipeline

import (
	"slices"
	"time"

	"glovebox.example/glovebox"
)

// smallest is the least grant that a job needs: its developer, product and module,
// its columns with the uses that it makes of them, and its own price, for one year
// or the term that its scenario was applied for.
func (p *Pipeline) smallest(r *ask, a *admission) *glovebox.Grant {
	today := p.d.Now()
	g := &glovebox.Grant{Scenario: r.Job.Scenario, From: today.Format(time.DateOnly), Until: today.AddDate(1, 0, -1).Format(time.DateOnly),
		Developers: []string{r.by.Name}, Products: []string{r.Job.Product}, Modules: []string{r.Module.Digest()}, Datasets: map[string]glovebox.GrantDataset{}}
	for code, in := range r.Job.Inputs {
		part := glovebox.GrantDataset{Columns: map[string]glovebox.GrantColumn{}}
		for _, name := range in.Columns {
			part.Columns[name] = glovebox.GrantColumn{Use: []string{"input"}}
		}
		if f := r.Filters[code]; f != nil {
			for _, name := range f.Columns {
				part.Columns[name] = glovebox.GrantColumn{Use: append(slices.Clone(part.Columns[name].Use), "filter")}
			}
		}
		for _, c := range a.charges {
			if c.Dataset != code {
				continue
			}
			loss := float64(c.Amount.Loss) * glovebox.LossUnit
			if part.Delta = float64(c.Amount.Delta) * glovebox.DeltaUnit; c.Kind == glovebox.LedgerZCDP {
				part.Rho = loss
			} else {
				part.Epsilon = loss
			}
		}
		g.Datasets[code] = part
	}
	return g
}
