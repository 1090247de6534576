package evidence

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
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

// Query asks for entries. The zero value asks for all.
type Query struct {
	Actor, Org, Dataset, Scenario, Product, Subject string
	// Action is an action, or the beginning of some: "job." for all of jobs.
	Action string
	// Decision is allow, deny, or any: entries that record one.
	Decision string
	// From and To bound the time, as entries have it; To is not included.
	From, To string
	// After is the entry behind which the page begins; nil: at the first.
	After *uint64
	// Limit is how many entries a page has; 0: all.
	Limit int
	// Newest asks for the last Limit entries, and not for the first.
	Newest bool
}

// Check fails with CodeInvalid for a question that has no answer.
func (q *Query) Check() error {
	if !slices.Contains([]string{"", Allow, Deny, "any"}, q.Decision) {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--decision", Msg: "not a decision"}).WithFix("use allow, deny or any")
	}
	if q.Limit < 0 {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--limit", Msg: "not a number of entries"}).WithFix("use a whole number from 1 on; 0: all")
	}
	return nil
}

// Matches says whether an entry is asked for, but for its place on the page.
func (q *Query) Matches(x *Facts) bool {
	is := func(want, has string) bool { return want == "" || want == has }
	return is(q.Actor, x.Actor) && is(q.Org, x.Org) && is(q.Scenario, x.Scenario) && is(q.Product, x.Product) && is(q.Subject, x.Subject) &&
		(q.Dataset == "" || slices.Contains(x.Datasets, q.Dataset)) &&
		(is(q.Action, x.Action) || strings.HasSuffix(q.Action, ".") && strings.HasPrefix(x.Action, q.Action)) &&
		(is(q.Decision, x.Decision) || q.Decision == "any" && x.Decision != "") &&
		x.Time >= q.From && (q.To == "" || x.Time < q.To)
}

// Scope is the part of a log that somebody may see.
type Scope struct {
	All       bool   `json:"all"`
	Operator  string `json:"operator,omitempty"`  // of the entry's scenario
	Provider  string `json:"provider,omitempty"`  // of one of the entry's datasets
	Developer string `json:"developer,omitempty"` // the actor
}

// ScopeOf is what a user may see of the log: whoever may read the log all of it,
// an operator what is about a scenario of theirs, a provider what is about a
// dataset of their organisation, a developer what they did. It fails with
// CodeDenied for whoever may see nothing.
func ScopeOf(u glovebox.User, all bool) (Scope, error) {
	s := Scope{All: all}
	for _, r := range u.Roles {
		switch r {
		case glovebox.RoleOperator:
			s.Operator = u.Name
		case glovebox.RoleProvider:
			s.Provider = u.Org
		case glovebox.RoleDeveloper:
			s.Developer = u.Name
		}
	}
	if s == (Scope{}) {
		return s, glovebox.Errorf(glovebox.CodeDenied, "%s may not read the log", u.Name).WithFix("act as an auditor or the authority")
	}
	return s, nil
}

// Sees says whether the scope has an entry, as far as the log goes.
func (f *Fold) Sees(s Scope, x *Facts) (bool, error) {
	if s.All || s.Developer != "" && x.Actor == s.Developer {
		return true, nil
	}
	if s.Operator != "" && x.Scenario != "" {
		sc, err := f.Subject("scenario/" + x.Scenario)
		if err != nil || sc != nil && sc.Operator == s.Operator {
			return err == nil, err
		}
	}
	if s.Provider != "" {
		for _, code := range x.Datasets {
			d, err := f.Subject("dataset/" + code)
			if err != nil || d != nil && d.Provider == s.Provider {
				return err == nil, err
			}
		}
	}
	return false, nil
}

// Find answers a query from the source alone, entry by entry.
func Find(ctx context.Context, src Source, s Scope, q *Query) (out []Facts, more bool, err error) {
	if err := q.Check(); err != nil {
		return nil, false, err
	}
	f := NewFold(src)
	err = src.Entries(ctx, func(e *verify.Entry) error {
		x, err := f.Facts(ctx, e)
		if err != nil || !q.Matches(&x) || q.After != nil && x.Index <= *q.After {
			return err
		}
		sees, err := f.Sees(s, &x)
		if err != nil || !sees {
			return err
		}
		switch {
		case q.Limit == 0 || len(out) < q.Limit:
		case !q.Newest:
			more = true
			return nil
		default:
			out, more = out[1:], true
		}
		out = append(out, x)
		return nil
	})
	return out, more, err
}

// EntryName is how an entry is called in texts.
func EntryName(index uint64) string { return "#" + strconv.FormatUint(index, 10) }
