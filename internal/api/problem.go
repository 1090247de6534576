package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/words"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// Problem is a failure as RFC 9457 has it, with all that docs/cli-json.md says of
// an error.
type Problem struct {
	Type     string             `json:"type"` // urn:glovebox:problem:CODE
	Title    string             `json:"title"`
	TitleZH  string             `json:"title_zh"`
	Status   int                `json:"status"`
	Code     glovebox.Code      `json:"code"`
	Problems []Fault            `json:"problems"`
	Decision *glovebox.Decision `json:"decision,omitempty"`
	Refusals []wasmbin.Refusal  `json:"refusals,omitempty"`
	Report   json.RawMessage    `json:"report,omitempty"`  // of a load that was refused
	Rejects  *Rejects           `json:"rejects,omitempty"` // too many rows were
	Changed  bool               `json:"changed,omitempty"` // what was decided on is not as it was seen
}

// Rejects is what a load was held to whose report has too many rejected rows.
type Rejects struct {
	Dataset string   `json:"dataset"`
	Max     float64  `json:"max"`              // share of rows that may be rejected, 0 to 1
	Advice  []string `json:"advice,omitempty"` // lines for the record, each with where it goes
}

// Fault is one thing that is wrong.
type Fault struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Col     int    `json:"column,omitempty"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	ZH      string `json:"message_zh"`
	Fix     string `json:"fix,omitempty"`
	FixZH   string `json:"fix_zh,omitempty"`
}

// statusOf is the one table from codes to HTTP statuses.
func statusOf(err error) int {
	switch glovebox.CodeOf(err) {
	case glovebox.CodeInvalid, glovebox.CodeModule:
		return http.StatusUnprocessableEntity
	case glovebox.CodeNotFound:
		return http.StatusNotFound
	case glovebox.CodeDenied:
		return http.StatusForbidden
	case glovebox.CodeConflict, glovebox.CodeBudget:
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

// ProblemOf is err as the API says it, but for what the core adds of its own
// kinds of failure. What failed inside is not told to anybody outside.
func ProblemOf(err error) *Problem {
	code := glovebox.CodeOf(err)
	p := &Problem{Type: "urn:glovebox:problem:" + string(code), Status: statusOf(err), Code: code, Problems: []Fault{}}
	if code == glovebox.CodeInternal {
		p.Title, p.TitleZH = "something failed inside", words.In(glovebox.Chinese, "something failed inside")
		return p
	}
	p.Title, p.TitleZH = err.Error(), words.Error(glovebox.Chinese, err)
	if denied, ok := errors.AsType[*glovebox.DeniedError](err); ok {
		p.Decision = &denied.Decision
	}
	for _, e := range glovebox.Problems(err) {
		p.Problems = append(p.Problems, faultOf(e))
	}
	return p
}

func faultOf(err error) Fault {
	e, ok := errors.AsType[*glovebox.Error](err)
	if !ok {
		return Fault{Message: err.Error(), ZH: words.Error(glovebox.Chinese, err)}
	}
	return Fault{File: e.File, Line: e.Line, Col: e.Col, Field: e.Field, Message: e.Msg, ZH: words.Message(glovebox.Chinese, e), Fix: e.Fix, FixZH: words.In(glovebox.Chinese, e.Fix)}
}

// Failure is a problem that a server answered, as an error: it has the problem's
// code, its faults and its decision.
type Failure struct {
	Problem *Problem
	// Causes are the errors that the problem stands for, where whoever reads it
	// knows their kinds.
	Causes []error
}

func (f *Failure) Error() string { return f.Problem.Title }

// Unwrap gives the failure its faults, or at least its code.
func (f *Failure) Unwrap() []error {
	if len(f.Causes) > 0 {
		return f.Causes
	}
	var out []error
	for _, x := range f.Problem.Problems {
		out = append(out, &glovebox.Error{Code: f.Problem.Code, File: x.File, Line: x.Line, Col: x.Col, Field: x.Field, Msg: x.Message, Fix: x.Fix})
	}
	if f.Problem.Decision != nil {
		return []error{&glovebox.DeniedError{Decision: *f.Problem.Decision}}
	}
	if len(out) == 0 {
		out = append(out, &glovebox.Error{Code: f.Problem.Code, Msg: f.Problem.Title})
	}
	return out
}
