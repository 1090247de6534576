package glovebox

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what a caller can do about an error. The set is small on purpose:
// one table maps it to an exit status, another to an HTTP status.
type Code string

const (
	// CodeInternal: something failed that the user did not cause.
	CodeInternal Code = "internal"
	// CodeInvalid: bad use or bad input; the message names file, field and fix.
	CodeInvalid Code = "invalid"
	// CodeNotFound: a name that the domain does not know.
	CodeNotFound Code = "not_found"
	// CodeConflict: the state of the thing does not allow the step.
	CodeConflict Code = "conflict"
	// CodeDenied: refused by policy; the decision carries all reasons.
	CodeDenied Code = "denied"
	// CodeBudget: a ledger does not hold what the job costs, or the domain does not
	// keep more of what the developer's jobs release.
	CodeBudget Code = "over_budget"
	// CodeModule: a module was refused at admission or is broken.
	CodeModule Code = "module"
)

// Error is the one error type that leaves a Glovebox package on purpose.
// Its text may hold names, types, positions and counts, never a cell value.
type Error struct {
	Code  Code
	File  string // the file at fault, as the user named it; may be empty
	Line  int    // 1-based; 0: not known
	Col   int    // 1-based; 0: not known
	Field string // path of the field at fault, such as "columns[2].type"
	Msg   string // what is wrong, lower case, no full stop
	Fix   string // what to do about it; may be empty
	Err   error  // cause; may be nil
}

// Errorf makes an Error of a code with a formatted message.
func Errorf(c Code, format string, a ...any) *Error {
	return &Error{Code: c, Msg: fmt.Sprintf(format, a...)}
}

// Invalid makes an Error of CodeInvalid about a field of a document, such as
// "output.metrics.need.max".
func Invalid(field, format string, a ...any) *Error {
	e := Errorf(CodeInvalid, format, a...)
	e.Field = field
	return e
}

// WithFix returns e with a fix set.
func (e *Error) WithFix(format string, a ...any) *Error {
	e.Fix = fmt.Sprintf(format, a...)
	return e
}

// Because returns e with a cause set. The cause's text is printed, so it must
// be free of cell values too.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// Error prints "file:line:col: field: message: cause (fix)".
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d", e.Line)
			if e.Col > 0 {
				fmt.Fprintf(&b, ":%d", e.Col)
			}
		}
		b.WriteString(": ")
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Msg)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Fix != "" {
		b.WriteString(" (" + e.Fix + ")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first Error in err's chain, CodeInternal for
// any other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Problems flattens joined errors into the problems that a user acts on.
func Problems(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range j.Unwrap() {
			out = append(out, Problems(e)...)
		}
		return out
	}
	return []error{err}
}

// InFile completes an error with the file that it is about.
func InFile(err error, file string) error {
	if e, ok := errors.AsType[*Error](err); ok && e.File == "" {
		e.File = file
	}
	return err
}

// AboutFile completes every problem of a document's field with the document.
func AboutFile(err error, file string) error {
	for _, p := range Problems(err) {
		e, ok := p.(*Error)
		if ok && (e.Code == CodeInvalid || e.Code == CodeNotFound) && e.Field != "" && e.File == "" {
			e.File = file
		}
	}
	return err
}
