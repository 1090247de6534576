package evidence

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// Facts are what an entry can be found by: what it says, and what follows from
// the entries before it and from the documents that they name.
type Facts struct {
	Index    uint64   `json:"index"`
	Time     string   `json:"time"` // UTC, as in the log
	Actor    string   `json:"actor"`
	Org      string   `json:"org,omitempty"` // of the actor, then
	Action   string   `json:"action"`
	Subject  string   `json:"subject"`
	Scenario string   `json:"scenario,omitempty"`
	Product  string   `json:"product,omitempty"`
	Datasets []string `json:"datasets,omitempty"` // in order
	// Decision is allow or deny, where the entry records a decision or a refusal.
	Decision string `json:"decision,omitempty"`
	// Grant is the entry of the grant that was in force; nil: none was, or the
	// entry is about no scenario.
	Grant *uint64 `json:"grant,omitempty"`
	// Charges is what was taken, by dataset, where the entry takes something.
	Charges []glovebox.Charge `json:"charges,omitempty"`
}

// Words of Facts.Decision.
const (
	Allow = "allow"
	Deny  = "deny"
)

// Subject is what is known of a subject, from its documents and the entries so
// far.
type Subject struct {
	Org      string   `json:"org,omitempty"`      // of a user
	Operator string   `json:"operator,omitempty"` // of a scenario
	Scenario string   `json:"scenario,omitempty"`
	Product  string   `json:"product,omitempty"`
	Datasets []string `json:"datasets,omitempty"`
	Grant    *uint64  `json:"grant,omitempty"`    // of a scenario: the entry of its grant
	Provider string   `json:"provider,omitempty"` // of a dataset
}

// Fold makes facts of entries, which come in the order of the log.
type Fold struct {
	src Source
	// Known looks up a subject that this Fold has not met; may be nil. Learned
	// is told of each that changes; may be nil.
	Known   func(subject string) (*Subject, error)
	Learned func(subject string, s *Subject) error

	all map[string]*Subject
}

// NewFold makes facts of the entries of a source.
func NewFold(src Source) *Fold { return &Fold{src: src, all: map[string]*Subject{}} }

// Subject is what is known of a subject so far; nil: nothing.
func (f *Fold) Subject(name string) (*Subject, error) {
	if s, ok := f.all[name]; ok || f.Known == nil {
		return s, nil
	}
	s, err := f.Known(name)
	if err == nil {
		f.all[name] = s
	}
	return s, err
}

func (f *Fold) learn(name string, s *Subject) error {
	f.all[name] = s
	if f.Learned == nil {
		return nil
	}
	return f.Learned(name, s)
}

// Facts are the facts of the next entry. A document that is not kept, of a log
// older than kept documents, leaves out what follows from it.
func (f *Fold) Facts(ctx context.Context, e *verify.Entry) (Facts, error) {
	x := Facts{Index: e.Index, Time: e.Time, Actor: e.Actor, Action: e.Action, Subject: e.Subject, Decision: decisionOf(e), Charges: chargesOf(e)}
	if err := f.read(ctx, e); err != nil {
		return x, err
	}
	who, err := f.Subject("user/" + e.Actor)
	if err != nil {
		return x, err
	}
	if who != nil {
		x.Org = who.Org
	}
	s, err := f.about(e.Subject)
	if err != nil || s == nil {
		return x, err
	}
	x.Scenario, x.Product, x.Datasets = s.Scenario, s.Product, s.Datasets
	if x.Scenario == "" {
		return x, nil
	}
	sc, err := f.Subject("scenario/" + x.Scenario)
	if err == nil && sc != nil {
		x.Grant = sc.Grant
	}
	return x, err
}

// about is what is known of an entry's subject: a key's is its user's business,
// a snapshot's and a fit's its dataset's.
func (f *Fold) about(subject string) (*Subject, error) {
	kind, id, _ := strings.Cut(subject, "/")
	switch kind {
	case "snapshot", "fit":
		code, _, _ := strings.Cut(id, "@")
		return &Subject{Datasets: []string{code}}, nil
	case "dataset":
		return &Subject{Datasets: []string{id}}, nil
	}
	return f.Subject(subject)
}

// doc are the members of documents that facts are made of.
type doc struct {
	Org      string                     `json:"org"`
	Operator string                     `json:"operator"`
	Scenario string                     `json:"scenario"`
	Product  string                     `json:"product"`
	Job      string                     `json:"job"`
	Needs    map[string]json.RawMessage `json:"needs"`
	Datasets map[string]json.RawMessage `json:"datasets"`
	Record   struct {
		Provider string `json:"provider"`
	} `json:"record"`
	Spec struct {
		Job struct {
			Inputs map[string]json.RawMessage `json:"inputs"`
		} `json:"job"`
	} `json:"spec"`
}

// read learns what an entry's document says.
func (f *Fold) read(ctx context.Context, e *verify.Entry) error {
	kind, id, _ := strings.Cut(e.Subject, "/")
	if e.State == "" || !slices.Contains([]string{"user", "dataset", "scenario", "grant", "job", "release"}, kind) {
		return nil
	}
	old, err := f.Subject(e.Subject)
	if err != nil {
		return err
	}
	if old != nil && (kind == "job" || kind == "release") {
		return nil // what facts are made of never changes there
	}
	raw, err := f.src.Kept(ctx, e.State)
	if glovebox.CodeOf(err) == glovebox.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	var d doc
	if json.Unmarshal(raw, &d) != nil {
		return nil //nolint:nilerr // a document of another form tells nothing
	}
	s := &Subject{}
	switch kind {
	case "user":
		s.Org = d.Org
	case "dataset":
		s.Provider, s.Datasets = d.Record.Provider, []string{id}
	case "scenario":
		s.Operator, s.Scenario, s.Datasets = d.Operator, id, slices.Sorted(maps.Keys(d.Needs))
		if old != nil {
			s.Grant = old.Grant
		}
	case "grant":
		s.Scenario, s.Datasets = id, slices.Sorted(maps.Keys(d.Datasets))
		sc, err := f.Subject("scenario/" + id)
		if err != nil {
			return err
		}
		if sc != nil {
			with := *sc
			with.Grant = &e.Index
			if err := f.learn("scenario/"+id, &with); err != nil {
				return err
			}
		}
	case "job":
		s.Scenario, s.Product, s.Datasets = d.Scenario, d.Product, slices.Sorted(maps.Keys(d.Spec.Job.Inputs))
	case "release":
		s.Scenario, s.Product = d.Scenario, d.Product
		j, err := f.Subject("job/" + d.Job)
		if err != nil {
			return err
		}
		if j != nil {
			s.Datasets = j.Datasets
		}
	}
	return f.learn(e.Subject, s)
}

// decisionOf says what an entry decided: all of its decisions allow, or one
// refuses; an entry of a refusal without a decision, such as one for want of
// budget, refuses.
func decisionOf(e *verify.Entry) string {
	all := Decisions(e)
	switch {
	case slices.ContainsFunc(all, func(d glovebox.Decision) bool { return !d.Allow }), strings.HasSuffix(e.Action, "refuse"), strings.HasSuffix(e.Action, "_refused"):
		return Deny
	case len(all) > 0:
		return Allow
	}
	return ""
}

func chargesOf(e *verify.Entry) []glovebox.Charge {
	switch e.Action {
	case verify.ChargeAction, verify.CountAction, verify.FitAction:
	default:
		return nil
	}
	var body struct {
		Charges []glovebox.Charge `json:"charges"`
	}
	_ = json.Unmarshal(e.Body, &body) // one that cannot be read charges nothing: audit/verify says so
	return body.Charges
}
