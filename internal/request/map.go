package request

import (
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox/abi"
)

// askMap is mode map.
type askMap struct{}

func (askMap) choose(r *Request) error {
	if err := r.only(func(f *abi.Function) bool { return !f.Blocks() && !f.Update() }); err != nil {
		return err
	}
	out := &r.Job.Output
	keys := make([]glovebox.KeyField, 0, len(out.Key))
	for _, k := range r.Function.Output.Key {
		i := slices.IndexFunc(out.Key, func(f glovebox.KeyField) bool { return f.Name == k.Name })
		if i < 0 {
			return r.Invalid("output.key", "the module emits the key field %s, which the job does not declare", k.Name).WithFix("declare %s", k.Name)
		}
		keys = append(keys, out.Key[i])
	}
	if len(keys) != len(out.Key) {
		return r.Invalid("output.key", "the job declares key fields that the module does not emit").WithFix("declare %d, those of the module's manifest", len(keys))
	}
	var metrics []glovebox.Metric
	for _, m := range out.Metrics {
		if m.Kind == glovebox.Count {
			metrics = append(metrics, m)
		}
	}
	for _, name := range r.Function.Output.Metrics {
		i := slices.IndexFunc(out.Metrics, func(f glovebox.Metric) bool { return f.Name == name && f.Kind != glovebox.Count })
		if i < 0 {
			return r.Invalid("output.metrics", "the module emits the metric %s, which the job does not declare as one that takes values", name).WithFix("declare %s", name)
		}
		metrics = append(metrics, out.Metrics[i])
	}
	if len(metrics) != len(out.Metrics) {
		return r.Invalid("output.metrics", "the job declares metrics that the module does not emit").
			WithFix("the module emits %v; a count needs no value", r.Function.Output.Metrics)
	}
	out.Key, out.Metrics = keys, metrics
	return nil
}

func (askMap) plan(r *Request) (work.Mode, error) {
	m, err := work.NewMap(r.Job.Output, r.Job.Release, r.Public)
	if err != nil {
		return nil, err
	}
	r.Job.Output.Select = m.Select() // a default written out is the same job
	return m, nil
}
