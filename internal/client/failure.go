package client

import (
	"encoding/json"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/sandbox"
)

// failure is a problem that a server answered, with the errors that it stands
// for: what a directory would have said. A report that cannot be read is left out.
func failure(p *api.Problem) error {
	f := &api.Failure{Problem: p}
	var report engine.LoadReport
	if len(p.Report) > 0 && json.Unmarshal(p.Report, &report) == nil {
		switch {
		case p.Rejects != nil:
			f.Causes = []error{&engine.RejectsError{Dataset: p.Rejects.Dataset, Max: p.Rejects.Max, Advice: p.Rejects.Advice, Report: report}}
		case len(p.Problems) == 1:
			x := p.Problems[0]
			f.Causes = []error{&domain.ChangeError{Err: &glovebox.Error{Code: p.Code, File: x.File, Field: x.Field, Msg: x.Message, Fix: x.Fix}, Report: report}}
		}
	}
	if len(p.Refusals) > 0 {
		err := sandbox.Refused(p.Refusals)
		if len(p.Problems) == 1 {
			err = glovebox.InFile(err, p.Problems[0].File)
		}
		f.Causes = []error{err}
	}
	return f
}
