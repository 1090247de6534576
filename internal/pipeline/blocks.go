package pipeline

import (
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/privacy"
)

// makePlan prices the job.
func (r *request) makePlan() (err error) {
	if r.job.Train != nil {
		r.train, err = privacy.NewTrainPlan(*r.job.Train, r.function.Output.Metrics[0], r.job.Release)
		return err
	}
	if r.job.Blocks == nil {
		if r.plan, err = privacy.NewPlan(r.job.Output, r.job.Release, r.public); err == nil {
			r.job.Output.Select = r.plan.Select() // a default written out is the same job
			err = r.fitsBundle()
		}
		return err
	}
	if r.job.Blocks.Count == 0 {
		n := r.noisyUnits()
		if n == 0 && !r.alone {
			return r.invalid("blocks.count", "no provider of the job's datasets bought a noisy number of units, which auto needs").
				WithFix("declare the number of blocks, such as 256")
		}
		r.job.Blocks.Count = privacy.AutoBlocks(n)
	}
	r.blocks, err = privacy.NewBlockPlan(*r.job.Blocks, r.job.Release)
	return err
}

// noisyUnits is the largest noisy number of units of the job's datasets; 0 if
// none was bought. It is public.
func (r *request) noisyUnits() (n int64) {
	for _, d := range r.datasets {
		if d.Snapshot != nil {
			n = max(n, d.Snapshot.NoisyUnits)
		}
	}
	return n
}

// priced is a job's privacy plan, whatever its mode.
type priced interface {
	Cost(kind glovebox.LedgerKind) (glovebox.Amount, error)
	Facts() privacy.Facts
}

func (r *request) priced() priced {
	switch {
	case r.blocks != nil:
		return r.blocks
	case r.train != nil:
		return r.train
	}
	return r.plan
}

// mostWork adds up what the module's calls take, over so many units, if each
// uses all its fuel and a call with that takes call.
func (r *request) mostWork(units int64, call func(fuel int64) float64) float64 {
	m := r.module.Manifest()
	switch {
	case r.blocks != nil:
		return float64(r.blocks.Count()) * call(m.FuelOf(&r.function))
	case r.train != nil:
		return float64(r.train.Rounds()) * (float64(units)*call(m.Fuel) + call(r.module.Fuel(r.job.Train.Update)))
	}
	return float64(units) * call(m.Fuel)
}

// orderBlocks puts the metrics of a job of mode blocks into the order of the
// module's record.
func (r *request) orderBlocks() error {
	given := r.job.Blocks.Metrics
	var metrics []glovebox.BlockMetric
	for _, name := range r.function.Output.Metrics {
		i := slices.IndexFunc(given, func(m glovebox.BlockMetric) bool { return m.Name == name })
		if i < 0 {
			return r.invalid("blocks.metrics", "the module gives the metric %s, which the job does not declare", name).WithFix("declare %s", name)
		}
		metrics = append(metrics, given[i])
	}
	if len(metrics) != len(given) {
		return r.invalid("blocks.metrics", "the job declares metrics that the module does not give").WithFix("the module gives %v", r.function.Output.Metrics)
	}
	r.job.Blocks.Metrics = metrics
	return nil
}

// layBlocks lays the answer of a job of mode blocks out: one row.
func layBlocks(t *privacy.BlockTable) *answer {
	out := &answer{facts: t.Facts}
	var row []any
	for i, m := range t.Metrics {
		f := t.Figures[i]
		if m.Combine == glovebox.Vote {
			out.columns, row = append(out.columns, release.Column{Name: m.Name, Type: glovebox.String}), append(row, f.Choice)
			continue
		}
		out.columns, row = append(out.columns, release.Column{Name: m.Name, Type: glovebox.Float64}), append(row, f.Value)
		if f.Margin {
			out.columns = append(out.columns, release.Column{Name: m.Name + "_lo", Type: glovebox.Float64}, release.Column{Name: m.Name + "_hi", Type: glovebox.Float64})
			row = append(row, f.Lo, f.Hi)
		}
	}
	out.rows = [][]any{row}
	return out
}
