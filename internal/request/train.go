package request

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox/abi"
)

// askTrain is mode train.
type askTrain struct{}

// choose finds the two functions, and makes the table of the first state.
func (askTrain) choose(r *Request) error {
	m, t := r.Module.Manifest(), r.Job.Train
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
			return abi.Function{}, r.Invalid(field, "the module has no such function of kind %s, or several and none is named", what).WithFix("name one of %v", names)
		}
		return found[0], nil
	}
	var err error
	if r.Function, err = find(r.Job.Function, "function", abi.KindMap, func(f *abi.Function) bool { return f.Kind == abi.KindMap }); err != nil {
		return err
	}
	update, err := find(t.Update, "train.update", abi.KindUpdate, (*abi.Function).Update)
	if err != nil {
		return err
	}
	if len(r.Function.Output.Metrics) != 1 {
		return r.Invalid("function", "function %s gives %d metrics, in mode train it gives one vector", r.Function.Name, len(r.Function.Output.Metrics))
	}
	r.Job.Function, t.Update = r.Function.Name, update.Name
	init := t.Init
	if len(init) == 0 {
		init = make([]float64, t.State)
	}
	r.refs[glovebox.StateTable] = work.ValueTable(init)
	return nil
}

func (askTrain) plan(r *Request) (work.Mode, error) {
	return work.NewTrain(r.Job.Train, &r.Function, r.Job.Release)
}
