package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"glovebox"
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

type jsonError struct {
	Code     glovebox.Code      `json:"code"`
	Message  string             `json:"message"`
	Problems []jsonProblem      `json:"problems,omitempty"`
	Decision *glovebox.Decision `json:"decision,omitempty"`
}

type jsonProblem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Col     int    `json:"column,omitempty"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

// printError prints a failure once: a refusal with all its reasons in both
// languages, other errors one line a problem, or one JSON object.
func (a *app) printError(err error) {
	var denied *glovebox.DeniedError
	problems := leaves(err)
	if a.json {
		j := jsonError{Code: glovebox.CodeOf(err), Message: err.Error()}
		if errors.As(err, &denied) {
			j.Decision = &denied.Decision
		}
		for _, p := range problems {
			if e, ok := p.(*glovebox.Error); ok {
				msg := e.Msg
				if e.Err != nil {
					msg += ": " + e.Err.Error()
				}
				j.Problems = append(j.Problems, jsonProblem{File: e.File, Line: e.Line, Col: e.Col, Field: e.Field, Message: msg, Fix: e.Fix})
			}
		}
		out, _ := json.Marshal(struct {
			Error jsonError `json:"error"`
		}{j})
		fmt.Fprintln(a.Err, string(out))
		return
	}
	if errors.As(err, &denied) {
		a.printReasons(a.Err, denied.Decision)
		return
	}
	for _, p := range problems {
		fmt.Fprintln(a.Err, "glovebox: "+p.Error())
	}
}

// leaves flattens joined errors into the problems a user acts on.
func leaves(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range j.Unwrap() {
			out = append(out, leaves(e)...)
		}
		return out
	}
	return []error{err}
}

// inFile completes an error with the file it is about.
func inFile(err error, file string) error {
	var e *glovebox.Error
	if errors.As(err, &e) && e.File == "" {
		e.File = file
	}
	return err
}
