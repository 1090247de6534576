package request

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
	choose(r *Request) error
	// plan prices the job, and writes into it what it left to a default.
	plan(r *Request) (work.Mode, error)
}

// modes are all of them, by name.
func modes() map[string]asking {
	return map[string]asking{glovebox.ModeMap: askMap{}, glovebox.ModeBlocks: askBlocks{}, glovebox.ModeTrain: askTrain{}, glovebox.ModeTune: askTune{}}
}

// only finds the function that the job names, or the module's only one. It has
// to fit the job's mode.
func (r *Request) only(fits func(*abi.Function) bool) error {
	m := r.Module.Manifest()
	var names []string
	found := false
	for _, f := range m.Functions {
		names = append(names, f.Name)
		if f.Name == r.Job.Function || (r.Job.Function == "" && len(m.Functions) == 1) {
			r.Function, found = f, true
		}
	}
	if !found {
		return r.Invalid("function", "the module has no such function, or several and none is named").WithFix("name one of %v", names)
	}
	r.Job.Function = r.Function.Name
	if !fits(&r.Function) {
		return r.Invalid("mode", "function %s of the module is of kind %s", r.Function.Name, r.Function.Kind).
			WithFix("functions of kind blocks are for mode blocks, those of kind update for mode train, all others for mode map")
	}
	return nil
}
