package request

import (
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy/blocks"
	"glovebox.example/glovebox/sandbox/abi"
)

// askBlocks is mode blocks.
type askBlocks struct{}

func (askBlocks) choose(r *Request) error {
	if err := r.only((*abi.Function).Blocks); err != nil {
		return err
	}
	given := r.Job.Blocks.Metrics
	var metrics []glovebox.BlockMetric
	for _, name := range r.Function.Output.Metrics {
		i := slices.IndexFunc(given, func(m glovebox.BlockMetric) bool { return m.Name == name })
		if i < 0 {
			return r.Invalid("blocks.metrics", "the module gives the metric %s, which the job does not declare", name).WithFix("declare %s", name)
		}
		metrics = append(metrics, given[i])
	}
	if len(metrics) != len(given) {
		return r.Invalid("blocks.metrics", "the job declares metrics that the module does not give").WithFix("the module gives %v", r.Function.Output.Metrics)
	}
	r.Job.Blocks.Metrics = metrics
	return nil
}

func (askBlocks) plan(r *Request) (work.Mode, error) {
	if r.Job.Blocks.Count == 0 {
		n := r.noisyUnits()
		if n == 0 && !r.alone {
			return nil, r.Invalid("blocks.count", "no provider of the job's datasets bought a noisy number of units, which auto needs").
				WithFix("declare the number of blocks, such as 256")
		}
		r.Job.Blocks.Count = blocks.AutoCount(n)
	}
	return work.NewBlocks(r.Job.Blocks, r.Job.Release)
}

// noisyUnits is the largest noisy number of units of the job's datasets; 0 if
// none was bought. It is public.
func (r *Request) noisyUnits() (n int64) {
	for _, d := range r.Datasets {
		if d.Snapshot != nil {
			n = max(n, d.Snapshot.NoisyUnits)
		}
	}
	return n
}
