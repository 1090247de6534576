package core

import (
	"encoding/json"
	"errors"
	"net/http"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/sandbox"
)

// problemOf is err as the API says it, with what failures of the core's own kinds
// have beside their text.
func problemOf(err error) *api.Problem {
	p := api.ProblemOf(err)
	if p.Code == glovebox.CodeInternal {
		return p
	}
	if store.IsChanged(err) {
		p.Changed, p.Status = true, http.StatusPreconditionFailed
	}
	p.Refusals = sandbox.Refusals(err)
	var report *engine.LoadReport
	if rejects, ok := errors.AsType[*engine.RejectsError](err); ok {
		report = &rejects.Report
		p.Rejects = &api.Rejects{Dataset: rejects.Dataset, Max: rejects.Max, Advice: rejects.Advice}
	}
	if changed, ok := errors.AsType[*domain.ChangeError](err); ok {
		report = &changed.Report
	}
	if report != nil {
		p.Report, _ = json.Marshal(report) // of numbers and names: it cannot fail
	}
	return p
}
