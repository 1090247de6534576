package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/engine/source"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/words"
	"glovebox.example/glovebox/sandbox"
)

// exitStatus is the one table from codes to exit statuses.
func exitStatus(err error) int {
	switch glovebox.CodeOf(err) {
	case "":
		return 0
	case glovebox.CodeInvalid, glovebox.CodeNotFound, glovebox.CodeConflict:
		return 2
	case glovebox.CodeDenied:
		return 3
	case glovebox.CodeBudget:
		return 4
	case glovebox.CodeModule:
		return 5
	}
	return 1
}

// jsonError is a failure as JSON prints it, under "error".
type jsonError struct {
	Code     glovebox.Code      `json:"code"`
	Message  string             `json:"message"`
	ZH       string             `json:"message_zh"`
	Problems []jsonProblem      `json:"problems"`
	Decision *glovebox.Decision `json:"decision,omitempty"` // of a refusal by policy
	Refusals []sandbox.Refusal  `json:"refusals,omitempty"` // of a module
	Report   *engine.LoadReport `json:"report,omitempty"`   // of a load with too many rejected rows, or too few accepted ones
}

// jsonProblem is one thing that is wrong, as the API says it too.
type jsonProblem = api.Fault

// printError prints a failure once: a refusal with all its reasons in both
// languages, other errors one line a problem, or one JSON object.
func (a *app) printError(err error) {
	if errors.Is(err, errSilent) {
		return
	}
	if a.json {
		a.printJSONError(err)
		return
	}
	if denied, ok := errors.AsType[*glovebox.DeniedError](err); ok {
		a.printReasons(a.Err, denied.Decision)
		return
	}
	if list := sandbox.Refusals(err); len(list) > 0 {
		a.printRefusals(err, list)
		return
	}
	for _, p := range leaves(err) {
		fmt.Fprintln(a.Err, "glovebox: "+words.Error(a.lang, p))
	}
	if changed, ok := errors.AsType[*domain.ChangeError](err); ok {
		a.printRejects(a.Err, &changed.Report)
		fmt.Fprintln(a.Err, a.t("nothing was loaded", "未载入任何数据"))
	}
	if rejects, ok := errors.AsType[*engine.RejectsError](err); ok {
		a.printRejects(a.Err, &rejects.Report)
		if e, ok := errors.AsType[*glovebox.Error](rejects.Unwrap()); ok && (len(rejects.Advice) > 0 || rejects.Report.ByReason[source.ReasonRounded] > 0) {
			fmt.Fprintln(a.Err, words.In(a.lang, e.Fix))
		}
		fmt.Fprintln(a.Err, a.t("correct these rows, or raise max_rejects in a new record; nothing was loaded", "请更正这些行，或登记 max_rejects 更高的新记录；未载入任何数据"))
	}
}

func (a *app) printJSONError(err error) {
	j := jsonError{Code: glovebox.CodeOf(err), Message: err.Error(), ZH: words.Error(glovebox.Chinese, err), Problems: []jsonProblem{}, Refusals: sandbox.Refusals(err)}
	if denied, ok := errors.AsType[*glovebox.DeniedError](err); ok {
		j.Decision = &denied.Decision
	}
	if rejects, ok := errors.AsType[*engine.RejectsError](err); ok {
		j.Report = &rejects.Report
	}
	if changed, ok := errors.AsType[*domain.ChangeError](err); ok {
		j.Report = &changed.Report
	}
	for _, p := range leaves(err) {
		j.Problems = append(j.Problems, problemOf(p))
	}
	b, _ := json.Marshal(struct { // of texts and numbers: it cannot fail
		Error jsonError `json:"error"`
	}{j})
	fmt.Fprintln(a.Err, string(b))
}

func problemOf(err error) jsonProblem {
	e, ok := err.(*glovebox.Error) // not one further down: its text is not the whole
	if !ok {
		p := jsonProblem{Message: err.Error(), ZH: words.Error(glovebox.Chinese, err)}
		if e, ok := errors.AsType[*glovebox.Error](err); ok {
			p.Fix, p.FixZH = e.Fix, words.In(glovebox.Chinese, e.Fix)
		}
		return p
	}
	msg := e.Msg
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return jsonProblem{File: e.File, Line: e.Line, Col: e.Col, Field: e.Field,
		Message: msg, ZH: words.Message(glovebox.Chinese, e), Fix: e.Fix, FixZH: words.In(glovebox.Chinese, e.Fix)}
}

// printRefusals prints every reason why a module was refused: its code, what is
// wrong, what to change.
func (a *app) printRefusals(err error, list []sandbox.Refusal) {
	where := ""
	if e, ok := errors.AsType[*glovebox.Error](err); ok && e.File != "" {
		where = e.File + ": "
	}
	fmt.Fprintf(a.Err, "glovebox: %s%s: %d\n", where, a.t("module refused, reasons", "模块被拒，理由数"), len(list))
	for i, r := range list {
		fmt.Fprintf(a.Err, "  %d. %s %s\n     %s\n", i+1, r.Code, words.In(a.lang, r.Msg), words.In(a.lang, r.Fix))
	}
}

// leaves are the problems of an error that a user acts on.
func leaves(err error) []error {
	all := glovebox.Problems(err)
	for i, e := range all {
		if changed, ok := e.(*domain.ChangeError); ok {
			all[i] = changed.Err
		}
	}
	return all
}
