package pipeline

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox/abi"
)

// askTrain is mode train.
type askTrain struct{}

// choose finds the two functions, and makes the table of the first state.
func (askTrain) choose(r *request) error {
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

func (askTrain) plan(r *request) (work.Mode, error) {
	return work.NewTrain(r.job.Train, &r.function, r.job.Release)
}
