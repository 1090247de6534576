package job

import (
	"slices"

	"glovebox.example/glovebox"
)

// ReleaseState is where a release stands.
type ReleaseState string

const (
	// Pending: stored, waiting for the approvals that the policy demands.
	// Exits: Approved.
	Pending ReleaseState = "pending"
	// Approved: every role that must approve has. Exits: Exported.
	Approved ReleaseState = "approved"
	// Exported: at least one export is complete. Exits: Exported. One that was
	// begun and is not complete changes no state: see ReleaseDoc.Unfinished.
	Exported ReleaseState = "exported"
)

// nextRelease lists the exits of each state; "" is a release being made. It is
// born approved where the policy demands no approval.
var nextRelease = map[ReleaseState][]ReleaseState{
	"":       {Pending, Approved},
	Pending:  {Pending, Approved},
	Approved: {Exported},
	Exported: {Exported},
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
	Made      string            `json:"made"`              // RFC 3339, UTC
}

// Approval is one person's word.
type Approval struct {
	User string        `json:"user"`
	Role glovebox.Role `json:"role"`
	Org  string        `json:"org,omitempty"`
	At   string        `json:"at"`
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
