package pipeline

import (
	"context"
	"errors"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/fault"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox/abi"
)

// chooseTrain finds the two functions of a job of mode train, and makes the
// table of the first state.
func (r *request) chooseTrain() error {
	m, t := r.module.Manifest(), r.job.Train
	find := func(name, field, what string, fits func(*abi.Function) bool) (abi.Function, error) {
		var found []abi.Function
		var names []string
		for i := range m.Functions {
			f := &m.Functions[i]
			if !fits(f) {
				continue
			}
			names = append(names, f.Name)
			if name == "" || f.Name == name {
				found = append(found, *f)
			}
		}
		if len(found) != 1 {
			return abi.Function{}, r.invalid(field, "the module has no such function of kind %s, or several and none is named", what).WithFix("name one of %v", names)
		}
		return found[0], nil
	}
	var err error
	if r.function, err = find(r.job.Function, "function", abi.KindMap, func(f *abi.Function) bool { return f.Kind == abi.KindMap }); err != nil {
		return err
	}
	update, err := find(t.Update, "train.update", abi.KindUpdate, (*abi.Function).Update)
	if err != nil {
		return err
	}
	if len(r.function.Output.Metrics) != 1 {
		return r.invalid("function", "function %s gives %d metrics, in mode train it gives one vector", r.function.Name, len(r.function.Output.Metrics))
	}
	r.job.Function, t.Update = r.function.Name, update.Name
	init := t.Init
	if len(init) == 0 {
		init = make([]float64, t.State)
	}
	r.refs[glovebox.StateTable] = work.ValueTable(init)
	return nil
}

// rounds runs all rounds of mode train. Until the last of them is done, nothing
// of any leaves this call: neither sums nor states are stored, logged or shown.
// But how long a run takes can depend on a state, and a run can be cut short and
// run again at the price that is paid already, as often as somebody likes. So
// noise is that of the numbers it is added to (privacy.Spool.Source): every run
// of the job has the same states, and takes as long.
func (p *Pipeline) rounds(ctx context.Context, w *jobWork) (*answer, error) {
	plan, first := w.job.Train(), w.job
	defer func() { w.job = first }()
	state := first.State()
	out := &answer{facts: plan.Facts(), columns: []release.Column{{Name: "parameter", Type: glovebox.Int64}, {Name: glovebox.ValueColumn, Type: glovebox.Float64}}}
	for round := range plan.Rounds() {
		w.job = first.In(state)
		total, err := p.parts(ctx, w)
		if err != nil {
			return nil, err
		}
		src, err := total.Source(w.noise.Bytes(), round)
		if err != nil {
			return nil, errors.Join(err, total.Close())
		}
		table, err := total.Release(src)
		err = errors.Join(tooMuch(err), total.Close())
		if err != nil {
			return nil, err
		}
		var sum []float64
		for _, c := range table.Rows[0].Cells {
			sum = append(sum, c.Value)
		}
		next, ok, err := w.crew.Update(ctx, first, first.Update(state, sum), w.code)
		if err != nil {
			return nil, err
		}
		if ok {
			state = next
		} else {
			out.failed++
		}
		w.before += w.parts
		fault.Point("round-done")
	}
	for i, v := range state {
		out.rows = append(out.rows, []any{int64(i), v})
	}
	return out, nil
}
