package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
)

// Reject is one rejected row.
type Reject struct {
	Row    int64         `json:"row"`              // data row of the file, from 1; blank lines and the header do not count
	Line   int64         `json:"line,omitempty"`   // line of the file, from 1, where the row begins; 0: the file has no lines
	Lines  int64         `json:"lines,omitempty"`  // lines that the row takes, if more than one: all of them count as rejected
	Column string        `json:"column,omitempty"` // column, or name of the quality rule; empty: the row as a whole
	Source string        `json:"source,omitempty"` // the column's name in the file, where it is another one
	Reason source.Reason `json:"reason"`
}

// Where names the row and the column as its file does.
func (r Reject) Where() (line int64, column string) {
	line, column = r.Line, r.Source
	if line == 0 {
		line = r.Row
	}
	if column == "" {
		column = r.Column
	}
	return line, column
}

// MaxFirstRejects is how many rejects a report lists one by one.
const MaxFirstRejects = 100

// LoadReport says what became of the rows of a file. It holds positions and
// counts, which are as secret as the data's size is.
type LoadReport struct {
	Rows     int64                   `json:"rows"` // Accepted + Rejected
	Accepted int64                   `json:"accepted"`
	Rejected int64                   `json:"rejected"`          // a row that takes several lines counts for each: they may have been rows
	Inside   int64                   `json:"inside,omitempty"`  // lines that lie in cells of accepted rows
	Dropped  int64                   `json:"dropped,omitempty"` // rows that the record says are no data; in no other count
	ByReason map[source.Reason]int64 `json:"by_reason,omitempty"`
	First    []Reject                `json:"first,omitempty"` // at most MaxFirstRejects, by row
}

func (r *LoadReport) accept(at source.Position) {
	r.Rows++
	r.Accepted++
	r.Inside += at.Lines - 1
}

// reject counts a rejected row. from is the column's name in the file.
func (r *LoadReport) reject(at source.Position, column, from string, why source.Reason) {
	if r.ByReason == nil {
		r.ByReason = map[source.Reason]int64{}
	}
	r.Rows += at.Lines
	r.Rejected += at.Lines
	r.ByReason[why] += at.Lines
	if len(r.First) >= MaxFirstRejects {
		return
	}
	x := Reject{Row: at.Row, Line: at.Line, Column: column, Reason: why}
	if at.Lines > 1 {
		x.Lines = at.Lines
	}
	if from != column {
		x.Source = from
	}
	r.First = append(r.First, x)
}

// repeat rejects rows that were accepted before.
func (r *LoadReport) repeat(rows *repeated) {
	if r.ByReason == nil {
		r.ByReason = map[source.Reason]int64{}
	}
	r.Accepted -= rows.n
	r.Inside -= rows.lines - rows.n
	r.Rows += rows.lines - rows.n
	r.Rejected += rows.lines
	r.ByReason[source.ReasonDuplicate] += rows.lines
	for _, at := range rows.first {
		x := Reject{Row: at.Row, Line: at.Line, Reason: source.ReasonDuplicate}
		if at.Lines > 1 {
			x.Lines = at.Lines
		}
		r.First = append(r.First, x)
	}
	slices.SortStableFunc(r.First, func(a, b Reject) int { return cmp.Compare(a.Row, b.Row) })
	r.First = r.First[:min(len(r.First), MaxFirstRejects)]
}

// RejectsError is the failure of a load that rejected a larger share of rows
// than the record allows. Nothing of the load is kept.
type RejectsError struct {
	Dataset string
	Max     float64 // share allowed
	Report  LoadReport
	// Advice are lines to add to the record, so that fewer rows are rejected:
	// each with where it goes in parentheses, source or a column's name.
	Advice []string `json:",omitempty"`
}

// Error prints counts, reasons and the first position.
func (e *RejectsError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dataset %s: %d of %d rows rejected, %g %% allowed", e.Dataset, e.Report.Rejected, e.Report.Rows, e.Max*100)
	for i, why := range slices.Sorted(maps.Keys(e.Report.ByReason)) {
		b.WriteString([]string{": ", ", "}[min(i, 1)])
		fmt.Fprintf(&b, "%d %s", e.Report.ByReason[why], why)
	}
	if len(e.Report.First) > 0 {
		f := e.Report.First[0]
		n, column := f.Where()
		fmt.Fprintf(&b, "; first at %s %d", [...]string{"row", "line"}[min(f.Line, 1)], n)
		if f.Lines > 1 {
			fmt.Fprintf(&b, ", with %d lines", f.Lines)
		}
		if column != "" {
			fmt.Fprintf(&b, ", %s", column)
		}
	}
	return b.String()
}

// Unwrap gives the error its code and says what can be done.
func (e *RejectsError) Unwrap() error {
	x := glovebox.Errorf(glovebox.CodeInvalid, "too many rows rejected")
	switch {
	case e.Report.ByReason[source.ReasonRounded] > 0:
		return x.WithFix("a spreadsheet program rounded long numbers, and their last digits are lost: have it keep the column as text, and export the data again")
	case len(e.Advice) > 0:
		return x.WithFix("add to a new record: %s", strings.Join(e.Advice, ", "))
	}
	return x.WithFix("correct the rows in the report, or raise max_rejects in the record")
}

// advise looks at the file once more and says what its record could declare.
func (e *RejectsError) advise(ctx context.Context, src *os.File, size int64, ds *glovebox.Dataset) {
	reasons := map[string]map[source.Reason]int64{}
	for _, f := range e.Report.First {
		if reasons[f.Column] == nil {
			reasons[f.Column] = map[source.Reason]int64{}
		}
		reasons[f.Column][f.Reason]++
	}
	for _, a := range source.Advise(ctx, src, size, ds.Source, ds.Columns, reasons) {
		where := a.Column
		if where == "" {
			where = "source"
		}
		e.Advice = append(e.Advice, a.Line+" ("+where+")")
	}
}
