package trial

import (
	"slices"
	"strconv"

	"glovebox"
	"glovebox/engine"
	"glovebox/privacy"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Notice stands on everything that a run on samples prints.
var Notice = glovebox.Text{
	EN: "SAMPLE: made-up rows; no data was read, nothing was charged, nothing was released",
	ZH: "样例（SAMPLE）：数据为虚构；未读取真实数据，未花费预算，未产生发布",
}

// Report is all that a run on sample rows showed.
type Report struct {
	Sample bool                  `json:"sample"` // always true
	Notice glovebox.Text         `json:"notice"`
	Module ModuleFacts           `json:"module"`
	Seed   uint64                `json:"seed"`
	Inputs map[string]InputFacts `json:"inputs"`
	// Started is what the module printed before its first unit.
	Started  string         `json:"started,omitempty"`
	Units    []Unit         `json:"units"` // in the order of their tokens
	Outcomes map[string]int `json:"outcomes"`
	Fuel     FuelFacts      `json:"fuel"`
	Time     TimeFacts      `json:"time"`
	Result   *Result        `json:"result,omitempty"` // nil: no job declares an output
}

// ModuleFacts are the code that ran.
type ModuleFacts struct {
	Digest    string `json:"digest"`
	Name      string `json:"name"`
	Version   string `json:"version"`
	Function  string `json:"function"`
	Rewritten string `json:"rewritten"`
	Rewriter  string `json:"rewriter"`
}

// InputFacts are the rows of one input.
type InputFacts struct {
	Source   string          `json:"source"` // generated, or the author's file
	Rows     int64           `json:"rows"`   // that the record's rules accept
	Rejected int64           `json:"rejected"`
	First    []engine.Reject `json:"first,omitempty"` // of the rejected
	Units    int             `json:"units"`
	Columns  []string        `json:"columns"` // that the module gets
	Digest   string          `json:"digest"`  // of the rows as CSV
}

// Unit is what happened on one sample unit.
type Unit struct {
	Unit    string             `json:"unit"` // its id
	Rows    map[string][][]any `json:"rows"` // as the module got them: masked and filtered
	Outcome string             `json:"outcome"`
	Cause   string             `json:"cause,omitempty"` // of an outcome other than ok
	Fuel    int64              `json:"fuel"`
	Micros  int64              `json:"micros"` // wall clock
	Log     string             `json:"log,omitempty"`
	Printed int64              `json:"printed"` // bytes, those beyond the log's bound included
	Records [][]any            `json:"records"` // key fields, then values, as the module wrote them
	// Contribution is what counts: keys kept, values clamped; the default where
	// the module failed. Without a job it is left out.
	Contribution []privacy.Row `json:"contribution,omitempty"`
}

// FuelFacts are what units used.
type FuelFacts struct {
	Limit  int64 `json:"limit"` // of a unit
	Least  int64 `json:"least"`
	Median int64 `json:"median"`
	Most   int64 `json:"most"`
	Total  int64 `json:"total"`
}

// TimeFacts are milliseconds by the wall clock, on this machine.
type TimeFacts struct {
	Load    int64 `json:"load"`    // of the rows
	Compile int64 `json:"compile"` // of the module
	Run     int64 `json:"run"`     // of all units, with reset and bounding
}

// Result is the table of the job.
type Result struct {
	Columns []string            `json:"columns"` // key fields, then figures
	Exact   []privacy.Row       `json:"exact"`   // before noise: the keys that some unit has
	Noisy   []privacy.Row       `json:"noisy"`   // after noise, as a release would have them
	Price   glovebox.Amount     `json:"price"`   // that a run on real data takes from each ledger
	Kind    glovebox.LedgerKind `json:"kind"`    // in which the price counts
}

// sum fills in what follows from the units.
func (r *Report) sum() {
	r.Outcomes = map[string]int{}
	used := make([]int64, 0, len(r.Units))
	for i := range r.Units {
		u := &r.Units[i]
		r.Outcomes[u.Outcome]++
		used = append(used, u.Fuel)
		r.Fuel.Total += u.Fuel
	}
	if len(used) == 0 {
		return
	}
	slices.Sort(used)
	r.Fuel.Least, r.Fuel.Median, r.Fuel.Most = used[0], used[len(used)/2], used[len(used)-1]
}
