package policy

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"glovebox.example/glovebox"
)

// MaxInput is the largest encoded Input, in bytes, that is decided on.
const MaxInput = 4 << 20

// SnapshotNone stands for the snapshot of a dataset that was never loaded.
const SnapshotNone glovebox.SnapshotState = "none"

// States of a release, as the rules know them.
const (
	ReleasePending  = "pending"  // made, waits for approvals
	ReleaseApproved = "approved" // all approvals are there
	ReleaseExported = "exported" // left at least once; may leave again
	ReleaseReturned = "returned" // sent back with remarks, and reviewed anew
	// These leave no more.
	ReleaseRefused    = "refused"
	ReleaseSuperseded = "superseded"
	ReleaseWithdrawn  = "withdrawn"
)

// Uses of a column that a grant can give.
const (
	UseInput  = "input"  // the module reads it
	UseFilter = "filter" // a row filter reads it
	UseKey    = "key"    // its tokens are the same in all units and jobs, and may leave
)

// Input is one request, at any point. docs/policy.md says which section is used
// at which point. Nothing in it may be read off the data.
type Input struct {
	Point glovebox.Point `json:"point"`
	// Time of the request, RFC 3339, from the caller's clock. Terms are compared
	// with its civil date, so it must carry the domain's own offset.
	Time string `json:"time"`
	// User is who asks: the job's submitter at admit and columns, whoever acts
	// at release, the exporter at export.
	User     glovebox.User      `json:"user"`
	Scenario *glovebox.Scenario `json:"scenario"` // nil: the domain knows none by that code
	Grant    *glovebox.Grant    `json:"grant"`    // nil: the scenario holds none
	Product  string             `json:"product"`  // product code that the job names
	Job      Job                `json:"job"`
	Datasets map[string]Dataset `json:"datasets"` // what the domain knows of the job's datasets, by code
	Spaces   map[string]Space   `json:"spaces"`   // and of their unit spaces, by name
	Module   Module             `json:"module"`
	People   People             `json:"people"`
	Release  *Release           `json:"release"` // release and export only
	Walls    []string           `json:"walls"`   // names of the isolation walls that hold
	Act      Act                `json:"act"`
	// Require is what the domain's settings ask of jobs beside their grant: certified,
	// promoted, listed, witnessed.
	Require []string `json:"require"`
	// Listed is the product on the list of products, as the authority registered it.
	Listed Listed `json:"listed"`
	// Witness is the checkpoint of the log that was cosigned for this export; export
	// only.
	Witness Witness `json:"witness"`
	// Local says that the domain is not served: one account holds it, for a demo, a
	// test, an author's desk. Nothing that it lets out has two people behind it.
	Local bool `json:"local"`
	// Frozen says that the authority stopped the whole domain.
	Frozen bool `json:"frozen"`
}

// Job is the part of a job that rules may know: no filter text, no parameter,
// no list of keys.
type Job struct {
	Inputs  map[string]JobInput `json:"inputs"` // by dataset code
	Output  Output              `json:"output"`
	Release Method              `json:"release"`
	Mode    string              `json:"mode"`   // map, blocks, train
	Blocks  int                 `json:"blocks"` // mode blocks: their number; else 0
	Rounds  int                 `json:"rounds"` // mode train: their number; else 0
	// Exact names the numbers of the job whose noise has a deviation of less than
	// half of what one unit can change them by: "units", or a metric.
	Exact []string `json:"exact"`
	// Paid says that this very job was charged before: it is run again after a
	// crash, or its stored answer is asked for. It takes nothing more.
	Paid bool `json:"paid"`
}

// JobInput is what a job reads of one dataset.
type JobInput struct {
	Columns       []string `json:"columns"`        // given to the module, in the job's order
	FilterColumns []string `json:"filter_columns"` // named by the row filter
}

// Output is the shape of what a job's units contribute.
type Output struct {
	KeyTypes       []glovebox.Type `json:"key_types"`         // of the key's fields, in order
	PrivateKeys    bool            `json:"private_keys"`      // the module makes the keys
	MaxKeysPerUnit int             `json:"max_keys_per_unit"` // L0
	// Kinds of the metrics, in declared order.
	Kinds []glovebox.MetricKind `json:"kinds"`
	// MaxRecordsPerKey is how many records of one unit and key count as values,
	// for the kinds that take them so; 0: one.
	MaxRecordsPerKey int `json:"max_records_per_key"`
}

// Method is the declared price and mechanism of a release.
type Method struct {
	Method  string  `json:"method"` // dp
	Epsilon float64 `json:"epsilon"`
	Rho     float64 `json:"rho"`
	Delta   float64 `json:"delta"`
}

// Dataset is what the domain knows of one dataset at the time of the request.
type Dataset struct {
	Provider  string                 `json:"provider"`
	State     glovebox.DatasetState  `json:"state"`
	Snapshot  glovebox.SnapshotState `json:"snapshot"` // none, current, destroyed
	UnitSpace string                 `json:"unit_space"`
	// OtherUnits is how many other units the dataset protects, such as the firms in
	// whose rows people stand.
	OtherUnits int `json:"other_units"`
	// Columns, by name: at least those that the job names. A column that is not
	// here is unknown.
	Columns map[string]Column `json:"columns"`
	// TakenBack are the columns whose use in the scenario the provider does not
	// agree to, after being asked.
	TakenBack []string `json:"taken_back"`
	Ledger    Ledger   `json:"ledger"`
	// Units is how many units there are, as far as users may know; 0: they may not.
	Units int64 `json:"units"`
	// Cost is what the job takes from the ledger, rounded up.
	Cost glovebox.Amount `json:"cost"`
	// ScenarioSpent and ScenarioCap are the scenario's share: what it took
	// before and what its grant lets it take. A nil cap: no cap of its own.
	ScenarioSpent glovebox.Amount  `json:"scenario_spent"`
	ScenarioCap   *glovebox.Amount `json:"scenario_cap"`
	// DeveloperSpent and DeveloperCap are the same for the developer who asks,
	// under this scenario.
	DeveloperSpent glovebox.Amount  `json:"developer_spent"`
	DeveloperCap   *glovebox.Amount `json:"developer_cap"`
}

// Column is what the catalogue says of one column.
type Column struct {
	Type  glovebox.Type  `json:"type"` // declared type, not the stored one
	Class glovebox.Class `json:"class"`
	Grade int            `json:"grade"` // 1 to 4
	Keep  bool           `json:"keep"`  // the identifier's original is kept, sealed
}

// Ledger is the state of a ledger. Where a job touches only some parts of what the
// ledger protects, Spent is what was taken from these.
type Ledger struct {
	Kind  glovebox.LedgerKind `json:"kind"`
	Total glovebox.Amount     `json:"total"`
	Spent glovebox.Amount     `json:"spent"`
}

// Space is what the domain knows of one unit space at the time of the request.
type Space struct {
	Ledger Ledger `json:"ledger"`
	// Cost is what the job takes from the ledger, once for all its datasets.
	Cost glovebox.Amount `json:"cost"`
	// ProductSpent is what was taken for the job's product before, MonthSpent what
	// was taken in the calendar month of the request, UTC, for whatever.
	ProductSpent glovebox.Amount `json:"product_spent"`
	MonthSpent   glovebox.Amount `json:"month_spent"`
}

// Listed is a product on the list; all empty: it is not there.
type Listed struct {
	State        glovebox.ProductState `json:"state"`
	Scenario     string                `json:"scenario"`     // that it is registered for
	Registration string                `json:"registration"` // the code that was issued
}

// Witness is a checkpoint of the log that somebody outside of the domain signed; all
// empty: none was brought.
type Witness struct {
	Names   []string `json:"names"`   // of the domain's witnesses that signed it, sorted
	Seen    string   `json:"seen"`    // when the last of them did, RFC 3339, UTC
	Entries int      `json:"entries"` // of the log that it is about
	Covers  bool     `json:"covers"`  // those that made and approved the release
}

// Module is what admission found out about the job's module.
type Module struct {
	Digest   string `json:"digest"`   // "sha256:..."; empty: none
	Admitted bool   `json:"admitted"` // it passed
	// State in which it is registered here; empty: it is not. Promoted says that this
	// very job ran with it on samples, and somebody looked.
	State    glovebox.ModuleState `json:"state"`
	Promoted bool                 `json:"promoted"`
}

// Act is how the step at hand was taken.
type Act struct {
	// Proof that its person took it: passkey or key for a signature of the act itself,
	// session for a login, owner for the word of whoever holds the directory; "":
	// nobody takes it, it is asked what would be said.
	Proof string `json:"proof"`
}

// People are the persons behind a request other than its user.
type People struct {
	Submitter string `json:"submitter"` // user name of the job's developer: at admit and columns whoever asks, later who paid
	// SubmitterOrg and OperatorOrg are the institutions of the developer and of the
	// scenario's operator; "": none.
	SubmitterOrg string     `json:"submitter_org"`
	OperatorOrg  string     `json:"operator_org"`
	Approvals    []Approval `json:"approvals"` // in the order given
}

// Approval is one person's word for a release, with what the domain knows of
// that person now.
type Approval struct {
	User  string             `json:"user"`
	Role  glovebox.Role      `json:"role"`  // as which they approved
	Roles []glovebox.Role    `json:"roles"` // all that they hold
	Org   string             `json:"org"`
	State glovebox.UserState `json:"state"`
}

// Release is the result at hand.
type Release struct {
	ID      string `json:"id"`
	State   string `json:"state"`   // one of those above
	Product string `json:"product"` // product code it was made for
}

// request is an Input as rules see it, with what follows from it: joined once,
// so that each rule need not.
type request struct {
	Input
	Day  string `json:"day"`  // civil date of Time, YYYY-MM-DD; empty: Time is no time
	Uses []use  `json:"uses"` // of columns, by the job
}

// use is one use that the job makes of one column.
type use struct {
	Dataset    string                `json:"dataset"`
	Column     string                `json:"column"`
	Use        string                `json:"use"`         // input or filter
	At         string                `json:"at"`          // place in the job file
	Known      bool                  `json:"known"`       // the catalogue has the column
	Info       *Column               `json:"info"`        // what it says; nil: not known
	Needed     bool                  `json:"needed"`      // the scenario's needs list the column
	Granted    bool                  `json:"granted"`     // the grant names the column
	GrantedFor bool                  `json:"granted_for"` // and this use of it
	Grant      *glovebox.GrantColumn `json:"grant"`       // nil: not granted
}

// join lists the job's uses, datasets in the order of their codes, then columns
// in the order of the job.
func (in Input) join() request {
	r := request{Input: in, Uses: []use{}}
	if t, err := time.Parse(time.RFC3339, in.Time); err == nil {
		r.Day = t.Format(time.DateOnly)
	}
	for _, code := range slices.Sorted(maps.Keys(in.Job.Inputs)) {
		part := in.Job.Inputs[code]
		for i, c := range part.Columns {
			r.Uses = append(r.Uses, in.use(code, c, UseInput, "inputs."+code+".columns["+strconv.Itoa(i)+"]"))
		}
		for _, c := range part.FilterColumns {
			r.Uses = append(r.Uses, in.use(code, c, UseFilter, "inputs."+code+".where"))
		}
	}
	return r
}

func (in Input) use(dataset, column, kind, at string) use {
	u := use{Dataset: dataset, Column: column, Use: kind, At: at}
	if c, ok := in.Datasets[dataset].Columns[column]; ok {
		u.Known, u.Info = true, &c
	}
	if in.Scenario != nil {
		u.Needed = slices.Contains(in.Scenario.Needs[dataset], column)
	}
	if in.Grant != nil {
		if g, ok := in.Grant.Datasets[dataset].Columns[column]; ok {
			u.Granted, u.GrantedFor, u.Grant = true, slices.Contains(g.Use, kind), &g
		}
	}
	return u
}

// Encode returns the canonical bytes of an input (JSON, fields in the order of
// the types, map keys sorted, with the uses that follow from it) and their
// digest, "sha256:" and 64 hex digits. An auditor who holds the bytes can check
// a decision's InputDigest and decide again.
func (in Input) Encode() (data []byte, digest string, err error) {
	return in.join().encode()
}

func (r request) encode() (data []byte, digest string, err error) {
	data, err = json.Marshal(r)
	if err != nil {
		return nil, "", glovebox.Errorf(glovebox.CodeInvalid, "the request holds a number that is not finite")
	}
	if len(data) > MaxInput {
		return nil, "", glovebox.Errorf(glovebox.CodeInvalid, "the request has %d bytes, more than %d", len(data), MaxInput).
			WithFix("name fewer datasets and columns in one job")
	}
	return data, glovebox.Digest(data), nil
}
