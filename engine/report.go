//go:build duckdb_arrow

package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"glovebox.example/glovebox"
)

// Reason says why a row was rejected. The texts are a contract.
type Reason string

// The reasons. The first six are about a row's structure and leave the others
// unasked; of the others, columns are checked in the record's order, then
// formats, rules and the key. A row is rejected for the first that is met.
const (
	ReasonEncoding  Reason = "encoding"  // bytes that are not text in the declared encoding, a NUL, a bare carriage return
	ReasonQuote     Reason = "quote"     // csv: a quote in the wrong place or never closed
	ReasonFields    Reason = "fields"    // csv: too few or too many fields
	ReasonLong      Reason = "long"      // the row has more than MaxRowBytes
	ReasonObject    Reason = "object"    // json: not an object, or not json
	ReasonExtra     Reason = "extra"     // json: a field that the record does not declare
	ReasonNull      Reason = "null"      // no value where one is needed
	ReasonType      Reason = "type"      // not a value of the declared type
	ReasonMaxBytes  Reason = "max_bytes" // a text longer than max_bytes
	ReasonValue     Reason = "value"     // not in the list of values
	ReasonBounds    Reason = "bounds"    // below min or above max
	ReasonFormat    Reason = "format"    // not in the declared format, such as a wrong check digit
	ReasonQuality   Reason = "quality"   // a quality rule says no
	ReasonDuplicate Reason = "duplicate" // a row with this key was accepted before
)

// Reject is one rejected row.
type Reject struct {
	Row    int64  `json:"row"`              // data row of the file, from 1; blank lines and the header do not count
	Column string `json:"column,omitempty"` // column, or name of the quality rule; empty: the row as a whole
	Reason Reason `json:"reason"`
}

// MaxFirstRejects is how many rejects a report lists one by one.
const MaxFirstRejects = 100

// LoadReport says what became of the rows of a file. It holds positions and
// counts, which are as secret as the data's size is.
type LoadReport struct {
	Rows     int64            `json:"rows"`
	Accepted int64            `json:"accepted"`
	Rejected int64            `json:"rejected"`
	ByReason map[Reason]int64 `json:"by_reason,omitempty"`
	First    []Reject         `json:"first,omitempty"` // at most MaxFirstRejects, by row
}

func (r *LoadReport) reject(row int64, column string, why Reason) {
	if r.ByReason == nil {
		r.ByReason = map[Reason]int64{}
	}
	r.Rejected++
	r.ByReason[why]++
	if len(r.First) < MaxFirstRejects {
		r.First = append(r.First, Reject{row, column, why})
	}
}

// RejectsError is the failure of a load that rejected a larger share of rows
// than the record allows. Nothing of the load is kept.
type RejectsError struct {
	Dataset string
	Max     float64 // share allowed
	Report  LoadReport
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
		fmt.Fprintf(&b, "; first at row %d", f.Row)
		if f.Column != "" {
			fmt.Fprintf(&b, ", %s", f.Column)
		}
	}
	return b.String()
}

// Unwrap gives the error its code.
func (e *RejectsError) Unwrap() error {
	return glovebox.Errorf(glovebox.CodeInvalid, "too many rows rejected").
		WithFix("correct the rows in the report, or raise max_rejects in the record")
}
