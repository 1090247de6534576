package record

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"glovebox.example/glovebox"
)

// MaxProblems is how many problems one error lists; of the others it gives
// the number.
const MaxProblems = 100

// Problems collects what is wrong with a document.
type Problems struct {
	doc  *Doc
	list []*glovebox.Error
}

// NewProblems starts a list for doc. Doc may be nil, for a thing that was not
// read from a document: its problems then have fields but no positions.
func NewProblems(doc *Doc) *Problems { return &Problems{doc: doc} }

// Add notes a problem of the value at p. Neither fix nor message may hold a
// value of the document.
func (ps *Problems) Add(p Path, fix, format string, a ...any) {
	line, col := 0, 0
	if ps.doc != nil && ps.doc.root != nil {
		line, col = ps.doc.Pos(p)
	}
	ps.at(line, col, p, fix, fmt.Sprintf(format, a...))
}

// AddKey notes a problem of the field name that p ends in.
func (ps *Problems) AddKey(p Path, fix, format string, a ...any) {
	line, col := 0, 0
	if ps.doc != nil && ps.doc.root != nil {
		line, col = ps.doc.KeyPos(p)
	}
	ps.at(line, col, p, fix, fmt.Sprintf(format, a...))
}

func (ps *Problems) at(line, col int, p Path, fix, msg string) {
	e := &glovebox.Error{Code: glovebox.CodeInvalid, Line: line, Col: col, Field: p.String(), Msg: msg, Fix: fix}
	if ps.doc != nil {
		e.File = ps.doc.file
	}
	ps.list = append(ps.list, e)
}

// Len is the number of problems so far.
func (ps *Problems) Len() int { return len(ps.list) }

// Err returns nil, or all problems joined, in the order of the document. Each
// part is a *glovebox.Error of code invalid.
func (ps *Problems) Err() error {
	if len(ps.list) == 0 {
		return nil
	}
	sorted := slices.Clone(ps.list)
	slices.SortStableFunc(sorted, func(a, b *glovebox.Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Field, b.Field), cmp.Compare(a.Msg, b.Msg))
	})
	var errs []error
	for i, e := range sorted {
		if i == MaxProblems {
			more := glovebox.Errorf(glovebox.CodeInvalid, "%d more problems", len(sorted)-MaxProblems)
			more.File = e.File
			errs = append(errs, more)
			break
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}
