// Package job holds the states of a job and of its release, and the only ways
// from one to the next.
//
// A job's identity is the digest of everything its answer depends on: module,
// function, parameters, references, snapshots, output, release and policy
// revision. Two requests with one identity are one job, so a repeated request
// is answered from the store and a request made again after a crash goes on
// where the first stopped, without a second charge. The package does not
// persist anything and does not order the steps; internal/domain/store and
// internal/pipeline do.
package job

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"glovebox.example/glovebox"
)

// Semantics goes up when the answer of an unchanged job could change: a fault
// of aggregation, masks or noise that was mended. Then no older stored answer
// stands for the new one.
const Semantics = 2

// State is where a job stands. The diagram is in docs/states.md.
type State string

const (
	// Refused: policy or budget said no. Exits: Admitted, when the same
	// request is allowed later.
	Refused State = "refused"
	// Admitted: the decision to run it is in the log. Exits: Charged, or
	// Refused when the budget went elsewhere in the meantime, or Cancelled.
	Admitted State = "admitted"
	// Charged: its price is taken, durably and for good; no row was read yet.
	// Exits: Running, Cancelled.
	Charged State = "charged"
	// Running: rows may have been read, nothing has left. A crash leaves it
	// here; the next request runs it again without a charge. Exits: Done,
	// Cancelled.
	Running State = "running"
	// Done: the release is stored. No exits.
	Done State = "done"
	// Cancelled: somebody who answers for it ended it, for good. What was charged
	// stays charged; it is never run again, or whoever cancels and runs it again
	// would choose the moments at which it shows. No exits.
	Cancelled State = "cancelled"
)

// States lists the states of a job.
var States = []State{Refused, Admitted, Charged, Running, Done, Cancelled}

// next lists the exits of each state; "" is a job that does not exist yet.
var next = map[State][]State{
	"":        {Refused, Admitted},
	Refused:   {Refused, Admitted},
	Admitted:  {Admitted, Refused, Charged, Cancelled},
	Charged:   {Running, Cancelled},
	Running:   {Running, Done, Cancelled},
	Done:      {},
	Cancelled: {},
}

// Machines are the states of jobs, releases and fits and their exits; "" is what
// is not there yet.
func Machines() map[string]map[string][]string {
	return map[string]map[string][]string{"job": texts(next), "release": texts(nextRelease), "fit": {"": {FitCharged}, FitCharged: {FitDone}, FitDone: {}}}
}

func texts[S ~string](exits map[S][]S) map[string][]string {
	out := map[string][]string{}
	for from, to := range exits {
		list := []string{}
		for _, s := range to {
			list = append(list, string(s))
		}
		out[string(from)] = list
	}
	return out
}

// Doc is a job as the database keeps it.
type Doc struct {
	ID        string                     `json:"id"` // "j-" and the first 16 digits of the identity
	Identity  string                     `json:"identity"`
	State     State                      `json:"state"`
	Scenario  string                     `json:"scenario"`
	Product   string                     `json:"product"`
	Submitter string                     `json:"submitter"`
	Submitted string                     `json:"submitted"` // RFC 3339, UTC
	Basis     Basis                      `json:"spec"`
	Reasons   []glovebox.Reason          `json:"reasons,omitempty"` // of a refusal
	Prices    map[string]glovebox.Charge `json:"prices,omitempty"`  // by dataset
	Spaces    []glovebox.Charge          `json:"spaces,omitempty"`  // of unit spaces
	Release   string                     `json:"release,omitempty"` // id of its release, when done
	Walls     []string                   `json:"walls,omitempty"`   // around the workers of its last run
	// Slot is the first slot of its last run, in milliseconds after the request:
	// the next one's is at least twice as late.
	Slot int64 `json:"slot_ms,omitempty"`
	// Room is the most that its release can take, in bytes, fixed with the charge:
	// what is kept for it until the release is there.
	Room int64 `json:"room_bytes,omitempty"`
}

// FirstSlot is Slot as a duration; 0 before the first run.
func (d *Doc) FirstSlot() time.Duration { return time.Duration(d.Slot) * time.Millisecond }

// SetFirstSlot sets Slot, rounded up.
func (d *Doc) SetFirstSlot(at time.Duration) {
	d.Slot = int64((at + time.Millisecond - 1) / time.Millisecond)
}

// Basis is everything that a job's answer depends on.
type Basis struct {
	Job       glovebox.Job        `json:"job"`    // references and public keys replaced by digests
	Module    string              `json:"module"` // digest
	Function  string              `json:"function"`
	Rewriter  string              `json:"rewriter"`        // version of the rewrite
	Semantics int                 `json:"semantics"`       // Semantics of the build that answers
	Files     map[string]string   `json:"files,omitempty"` // reference and key list files: name to digest
	Snapshots map[string]string   `json:"snapshots"`       // dataset to snapshot digest
	Versions  map[string]int      `json:"versions"`        // dataset to snapshot version
	Policy    string              `json:"policy"`          // revision
	Masks     map[string]MaskPlan `json:"masks,omitempty"` // dataset to masks, by the columns decision
}

// MaskPlan is what the columns decision demanded for one dataset.
type MaskPlan = map[string]glovebox.Mask

// Identity digests a basis.
func (s *Basis) Identity() (string, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return "", glovebox.Errorf(glovebox.CodeInternal, "a job cannot be encoded").Because(err)
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), nil
}

// Asked digests what a job asks, whatever data it reads, under whatever rules: the
// same module, declared in the same way, has the same.
func (s Basis) Asked() (string, error) {
	s.Snapshots, s.Versions, s.Masks = nil, nil, nil
	s.Policy, s.Rewriter = "", ""
	id, err := s.Identity()
	return "sha256:" + id, err
}

// IDOf is the short name of an identity.
func IDOf(identity string) string { return "j-" + identity[:16] }

// To moves a job to a state, or fails with CodeConflict where the diagram has
// no such arrow.
func (d *Doc) To(s State) error {
	for _, n := range next[d.State] {
		if n == s {
			d.State = s
			return nil
		}
	}
	return glovebox.Errorf(glovebox.CodeConflict, "job %s is %s and cannot become %s", d.ID, d.State, s)
}
