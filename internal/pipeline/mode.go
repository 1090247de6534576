package pipeline

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox/abi"
)

// asking is how a job of one mode is read against its module, before anybody is
// asked; what comes of it is a work.Mode, which is all that the steps know of
// modes. A file of this package is a mode; modes lists them.
type asking interface {
	// choose finds the module's function, or functions, and puts what the job
	// declares into the order in which they write it.
	choose(r *request) error
	// plan prices the job, and writes into it what it left to a default.
	plan(r *request) (work.Mode, error)
}

// modes are all of them, by name.
func modes() map[string]asking {
	return map[string]asking{glovebox.ModeMap: askMap{}, glovebox.ModeBlocks: askBlocks{}, glovebox.ModeTrain: askTrain{}}
}

// chooseFunction finds the module's function and puts the job's output into
// the order in which the function writes its records.
func (r *request) chooseFunction() error { return modes()[r.job.Mode].choose(r) }

// makePlan prices the job.
func (r *request) makePlan() (err error) {
	if r.mode, err = modes()[r.job.Mode].plan(r); err != nil {
		return err
	}
	return r.fitsBundle()
}

// only finds the function that the job names, or the module's only one. It has
// to fit the job's mode.
func (r *request) only(fits func(*abi.Function) bool) error {
	m := r.module.Manifest()
	var names []string
	found := false
	for _, f := range m.Functions {
		names = append(names, f.Name)
		if f.Name == r.job.Function || (r.job.Function == "" && len(m.Functions) == 1) {
			r.function, found = f, true
		}
	}
	if !found {
		return r.invalid("function", "the module has no such function, or several and none is named").WithFix("name one of %v", names)
	}
	r.job.Function = r.function.Name
	if !fits(&r.function) {
		return r.invalid("mode", "function %s of the module is of kind %s", r.function.Name, r.function.Kind).
			WithFix("functions of kind blocks are for mode blocks, those of kind update for mode train, all others for mode map")
	}
	return nil
}
