package request

import "glovebox.example/glovebox/internal/worker/work"

// askTune is mode tune: a job of mode map that is measured.
type askTune struct{ askMap }

func (askTune) plan(r *Request) (work.Mode, error) {
	return work.NewTune(r.Job.Output, r.Job.Release, r.Public)
}
