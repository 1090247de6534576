package job

import (
	"slices"

	"glovebox.example/glovebox"
)

// ReleaseState is where a release stands.
type ReleaseState string

const (
	// Pending: stored, waiting for the approvals that the policy demands.
	// Exits: Approved, Returned, Rejected, Withdrawn.
	Pending ReleaseState = "pending"
	// Approved: every role that must approve has. Exits: Exported, Returned,
	// Rejected, Superseded, Withdrawn.
	Approved ReleaseState = "approved"
	// Exported: at least one export is complete. Exits: Exported, Superseded,
	// Withdrawn. One that was begun and is not complete changes no state: see
	// ReleaseDoc.Unfinished.
	Exported ReleaseState = "exported"
	// Returned: a reviewer sent it back with remarks; what was approved is void, its
	// author answers with a report, and it is approved anew. Exits: Pending,
	// Approved, Rejected, Withdrawn.
	Returned ReleaseState = "returned"
	// Rejected: a reviewer refused it, for good. No exits.
	Rejected ReleaseState = "refused"
	// Superseded: a later release of the product stands for it; it leaves no more.
	// Exits: Withdrawn.
	Superseded ReleaseState = "superseded"
	// Withdrawn: it leaves no more, and whoever has a copy is to know. No exits.
	Withdrawn ReleaseState = "withdrawn"
)

// ReleaseStates lists the states of a release.
var ReleaseStates = []ReleaseState{Pending, Approved, Exported, Returned, Rejected, Superseded, Withdrawn}

// Waits says whether a release of that state has not left and still may.
func (s ReleaseState) Waits() bool { return s == Pending || s == Returned || s == Approved }

// nextRelease lists the exits of each state; "" is a release being made. It is
// born approved where the policy demands no approval.
var nextRelease = map[ReleaseState][]ReleaseState{
	"":         {Pending, Approved},
	Pending:    {Pending, Approved, Returned, Rejected, Withdrawn},
	Approved:   {Exported, Returned, Rejected, Superseded, Withdrawn},
	Exported:   {Exported, Superseded, Withdrawn},
	Returned:   {Pending, Approved, Rejected, Withdrawn},
	Rejected:   {},
	Superseded: {Withdrawn},
	Withdrawn:  {},
}

// ReleaseDoc is a release as the database keeps it.
type ReleaseDoc struct {
	ID        string            `json:"id"` // "r-" and the job's digits
	Job       string            `json:"job"`
	Scenario  string            `json:"scenario"`
	Product   string            `json:"product"`
	State     ReleaseState      `json:"state"`
	Content   string            `json:"content"`  // digest of the stored bytes
	Decision  glovebox.Decision `json:"decision"` // of the point release
	Needed    []glovebox.Role   `json:"needed"`   // roles that must approve
	Approvals []Approval        `json:"approvals"`
	Exports   []Export          `json:"exports,omitempty"`
	Reports   []Attached        `json:"reports,omitempty"` // for reviewers
	Remarks   []Remark          `json:"remarks,omitempty"` // of who returned, refused, superseded or withdrew it
	// Successor is the release that stands for a superseded one.
	Successor string `json:"successor,omitempty"`
	Made      string `json:"made"` // RFC 3339, UTC
}

// Approval is one person's word.
type Approval struct {
	User string        `json:"user"`
	Role glovebox.Role `json:"role"`
	Org  string        `json:"org,omitempty"`
	At   string        `json:"at"`
}

// Out says whether it came out of review: its figures are for everybody who may
// see its job.
func (d *ReleaseDoc) Out() bool {
	switch d.State {
	case Approved, Exported, Superseded:
		return true
	case Withdrawn:
		return slices.ContainsFunc(d.Exports, func(x Export) bool { return x.Done })
	}
	return false
}

// Remark is what somebody said who took a step about a release.
type Remark struct {
	User  string        `json:"user"`
	Role  glovebox.Role `json:"role"`
	At    string        `json:"at"`
	State ReleaseState  `json:"state"` // that the step led to
	Text  string        `json:"text"`
}

// Attached is a report that the job's author handed in for reviewers. Its bytes
// are a blob of that digest.
type Attached struct {
	Kind   string `json:"kind"` // neighbours
	Digest string `json:"digest"`
	By     string `json:"by"`
	At     string `json:"at"`
}

// Unfinished lists the exports that were begun and are not complete: what of them
// reached their place is not known.
func (d *ReleaseDoc) Unfinished() []Export {
	var out []Export
	for _, x := range d.Exports {
		if !x.Done {
			out = append(out, x)
		}
	}
	return out
}

// Export is one copy that left, or was to leave.
type Export struct {
	User string `json:"user"`
	To   string `json:"to"` // "file" or "s3" and the place, without credentials
	At   string `json:"at"`
	// Decision allowed it; the entry that recorded it is the n-th of its kind.
	Decision glovebox.Decision `json:"decision"`
	Evidence string            `json:"evidence,omitempty"` // digest of entry and proof, once they are fixed
	Done     bool              `json:"done"`               // all files are written
}

// ReleaseID is the name of a job's release.
func ReleaseID(job string) string { return "r-" + job[2:] }

// To moves a release to a state, or fails with CodeConflict.
func (d *ReleaseDoc) To(s ReleaseState) error {
	if !slices.Contains(nextRelease[d.State], s) {
		return glovebox.Errorf(glovebox.CodeConflict, "release %s is %s and cannot become %s", d.ID, d.State, s)
	}
	d.State = s
	return nil
}
