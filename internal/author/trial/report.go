package trial

import (
	"slices"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/privacy"
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
	// Started is what the module printed before its first unit or block.
	Started  string         `json:"started,omitempty"`
	Units    []Unit         `json:"units"`            // in the order of their tokens; none in mode blocks
	Blocks   []Block        `json:"blocks,omitempty"` // in mode blocks: those that have units, in order
	Empty    int            `json:"empty,omitempty"`  // in mode blocks: how many blocks have none
	Outcomes map[string]int `json:"outcomes"`
	// Dropped counts the records whose private key is dropped for its text, by what
	// is wrong with it (text.Fault).
	Dropped  map[string]int `json:"dropped,omitempty"`
	Fuel     FuelFacts      `json:"fuel"`
	Time     TimeFacts      `json:"time"`
	Result   *Result        `json:"result,omitempty"`   // nil: no job declares an output, or mode blocks
	Combined *Combined      `json:"combined,omitempty"` // the same in mode blocks
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

// Call is what happened when the module was called once: on a unit, or a block.
type Call struct {
	Rows    map[string][][]any `json:"rows"` // as the module got them: masked and filtered
	Outcome string             `json:"outcome"`
	Cause   string             `json:"cause,omitempty"` // of an outcome other than ok
	Fuel    int64              `json:"fuel"`
	Micros  int64              `json:"micros"` // wall clock
	Log     string             `json:"log,omitempty"`
	Printed int64              `json:"printed"` // bytes, those beyond the log's bound included
	Records [][]any            `json:"records"` // key fields, then values, as the module wrote them
}

// Unit is what happened on one sample unit.
type Unit struct {
	Unit string `json:"unit"` // its id
	Call
	// Dropped is as in Report, of this unit.
	Dropped map[string]int `json:"dropped,omitempty"`
	// Contribution is what counts: keys kept, values clamped; the default where
	// the module failed. Without a job it is left out.
	Contribution []privacy.Row `json:"contribution,omitempty"`
}

// Block is what happened on one block of sample units. One that is larger than
// the module's bounds was not run, and has no rows here.
type Block struct {
	Block  int                 `json:"block"`  // its number, from 0
	Units  []string            `json:"units"`  // their ids, in the order of their tokens
	Starts map[string][]uint32 `json:"starts"` // by input: the row with which each unit begins, then how many there are
	Call
	// Outputs are what counts, by metric: clamped and on the grid; the defaults
	// where the module failed. Without a job they are left out.
	Outputs []any `json:"outputs,omitempty"`
}

// FuelFacts are what units used.
type FuelFacts struct {
	Limit  int64 `json:"limit"` // of a unit, or a block
	Least  int64 `json:"least"`
	Median int64 `json:"median"`
	Most   int64 `json:"most"`
	Total  int64 `json:"total"`
}

// TimeFacts are milliseconds by the wall clock, on this machine.
type TimeFacts struct {
	Load    int64 `json:"load"`    // of the rows
	Compile int64 `json:"compile"` // of the module
	Run     int64 `json:"run"`     // of all units or blocks, with reset and bounding
}

// Result is the table of the job.
type Result struct {
	Columns []string            `json:"columns"` // key fields, then figures
	Exact   []privacy.Row       `json:"exact"`   // before noise: the keys that some unit has
	Noisy   []privacy.Row       `json:"noisy"`   // after noise, as a release would have them
	Price   glovebox.Amount     `json:"price"`   // that a run on real data takes from each ledger
	Kind    glovebox.LedgerKind `json:"kind"`    // in which the price counts
}

// Combined is the answer of a job of mode blocks.
type Combined struct {
	Figures []CombinedFigure    `json:"figures"` // by metric
	Price   glovebox.Amount     `json:"price"`   // that a run on real data takes from each ledger
	Kind    glovebox.LedgerKind `json:"kind"`    // in which the price counts
}

// CombinedFigure is one metric of all blocks: a number, or of a vote a text.
type CombinedFigure struct {
	Name    string           `json:"name"`
	Combine glovebox.Combine `json:"combine"`
	Exact   any              `json:"exact"` // combined without noise
	Noisy   any              `json:"noisy"` // as a release would have it
	// Lo and Hi are the 95 % interval of the noise, of a mean.
	Lo *float64 `json:"lo,omitempty"`
	Hi *float64 `json:"hi,omitempty"`
}

// calls are all calls of the module, in order.
func (r *Report) calls() (list []*Call) {
	for i := range r.Units {
		list = append(list, &r.Units[i].Call)
	}
	for i := range r.Blocks {
		list = append(list, &r.Blocks[i].Call)
	}
	return list
}

// ids are the units that the module got, in the order of their tokens.
func (r *Report) ids() (list []string) {
	for i := range r.Units {
		list = append(list, r.Units[i].Unit)
	}
	for i := range r.Blocks {
		list = append(list, r.Blocks[i].Units...)
	}
	return list
}

// sum fills in what follows from the calls.
func (r *Report) sum() {
	r.Outcomes = map[string]int{}
	for i := range r.Units {
		for wrong, n := range r.Units[i].Dropped {
			if r.Dropped == nil {
				r.Dropped = map[string]int{}
			}
			r.Dropped[wrong] += n
		}
	}
	calls := r.calls()
	used := make([]int64, 0, len(calls))
	for _, c := range calls {
		r.Outcomes[c.Outcome]++
		used = append(used, c.Fuel)
		r.Fuel.Total += c.Fuel
	}
	if len(used) == 0 {
		return
	}
	slices.Sort(used)
	r.Fuel.Least, r.Fuel.Median, r.Fuel.Most = used[0], used[len(used)/2], used[len(used)-1]
}
