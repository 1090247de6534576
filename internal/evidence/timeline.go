package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// Event is one entry of a story, with the document of that time.
type Event struct {
	Facts
	// Key signed the act, where it was signed; "": the owner of the directory
	// said who acts.
	Key    string   `json:"key,omitempty"`
	Detail []Detail `json:"detail"`
	State  string   `json:"state,omitempty"` // digest of the document after the step
	// Document is the subject's document after the step, as it was kept.
	Document json.RawMessage `json:"document,omitempty"`
}

// Detail is one thing that an event says, in words of the log.
type Detail struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Resolve finds what a word stands for: kind/ID as the log has it, or the ID of
// the only job, release, scenario, dataset or user of that name.
func Resolve(ctx context.Context, find Finder, word string) (string, error) {
	var found []string
	names := []string{word}
	for _, kind := range []string{"job", "release", "scenario", "dataset", "user", "org"} {
		names = append(names, kind+"/"+word)
	}
	for _, name := range names {
		facts, _, err := find(ctx, Scope{All: true}, &Query{Subject: name, Limit: 1})
		if err != nil {
			return "", err
		}
		if len(facts) > 0 {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", glovebox.Errorf(glovebox.CodeNotFound, "the log speaks of no %q", word).WithFix("name a job, a release, a scenario, a dataset or a user")
	}
	return "", glovebox.Errorf(glovebox.CodeInvalid, "%q is the name of several things", word).WithFix("say which: dataset/NAME, scenario/NAME or user/NAME")
}

// Timeline tells one story from the first entry to the last: of a job or a
// release from the application behind its scenario to the places that its bundle
// went to; of a dataset whatever was done with it, of a scenario what was done
// under it, of a person what they did and what was done to their account.
// Documents are those of then. Entries out of scope are left out. Of q, times and
// page count. It reads the entries of the story and no others.
func Timeline(ctx context.Context, log Log, find Finder, s Scope, subject string, q *Query) ([]Event, error) {
	ask, err := storyOf(ctx, log, find, subject)
	if err != nil {
		return nil, err
	}
	ask.From, ask.To, ask.After, ask.Limit, ask.Newest = q.From, q.To, q.After, q.Limit, q.Newest
	facts, _, err := find(ctx, s, ask)
	if err != nil {
		return nil, err
	}
	out := []Event{}
	err = Read(ctx, log, facts, func(x *Facts, e *verify.Entry) error {
		ev, err := event(ctx, log, e, *x)
		out = append(out, ev)
		return err
	})
	return out, err
}

// storyOf is the query for what belongs to a story.
func storyOf(ctx context.Context, log Log, find Finder, subject string) (*Query, error) {
	kind, id, _ := strings.Cut(subject, "/")
	switch kind {
	case "dataset":
		return &Query{Dataset: id}, nil
	case "user":
		return &Query{Person: id}, nil
	case "scenario", "grant":
		return &Query{Scenario: id}, nil
	case "job", "release":
	default:
		return &Query{Subjects: []string{subject}}, nil
	}
	job := id
	if kind == "release" {
		d, err := first(ctx, log, find, subject)
		if err != nil {
			return nil, err
		}
		job = d.Job
	}
	j, err := first(ctx, log, find, "job/"+job)
	if err != nil {
		return nil, err
	}
	all := []string{"job/" + job, "scenario/" + j.Scenario, "grant/" + j.Scenario}
	for _, code := range slices.Sorted(maps.Keys(j.Spec.Versions)) {
		all = append(all, fmt.Sprintf("snapshot/%s@%d", code, j.Spec.Versions[code]))
	}
	if kind == "release" {
		return &Query{Subjects: append(all, subject)}, nil
	}
	made, _, err := find(ctx, Scope{All: true}, &Query{Scenario: j.Scenario, Kind: "release"})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	err = Read(ctx, log, made, func(x *Facts, e *verify.Entry) error {
		if e.State == "" || seen[x.Subject] {
			return nil
		}
		seen[x.Subject] = true
		d, err := stands(ctx, log, e)
		if err == nil && d.Job == job {
			all = append(all, x.Subject)
		}
		return err
	})
	return &Query{Subjects: all}, err
}

// standing is what a job or a release names that it stands on.
type standing struct {
	Job      string `json:"job"`
	Scenario string `json:"scenario"`
	Spec     struct {
		Versions map[string]int `json:"versions"`
	} `json:"spec"`
}

// first is what the first document of a subject says; later ones may add to it.
func first(ctx context.Context, log Log, find Finder, subject string) (d standing, err error) {
	facts, _, err := find(ctx, Scope{All: true}, &Query{Subject: subject})
	if err != nil {
		return d, err
	}
	done := false
	err = Read(ctx, log, facts, func(_ *Facts, e *verify.Entry) error {
		if done || e.State == "" {
			return nil
		}
		done = true
		d, err = stands(ctx, log, e)
		return err
	})
	return d, err
}

func stands(ctx context.Context, src Source, e *verify.Entry) (d standing, err error) {
	raw, err := src.Kept(ctx, e.State)
	if err != nil {
		return d, err
	}
	if json.Unmarshal(raw, &d) != nil {
		return standing{}, nil //nolint:nilerr // of another form: it names nothing
	}
	return d, nil
}

// event completes facts with what the entry and its document say.
func event(ctx context.Context, src Source, e *verify.Entry, x Facts) (Event, error) {
	ev := Event{Facts: x, Key: KeyOf(e), State: e.State, Detail: []Detail{}}
	if e.State != "" {
		raw, err := src.Kept(ctx, e.State)
		if err != nil && glovebox.CodeOf(err) != glovebox.CodeNotFound {
			return ev, err
		}
		ev.Document = raw
	}
	ev.Detail = details(e, ev.Document, &x)
	return ev, nil
}

// KeyOf is the key that signed an entry's act; "": it was not signed.
func KeyOf(e *verify.Entry) string {
	var body struct {
		Act struct {
			Signatures []struct {
				KeyID string `json:"keyid"`
			} `json:"signatures"`
		} `json:"act"`
	}
	if json.Unmarshal(e.Body, &body) != nil || len(body.Act.Signatures) == 0 {
		return ""
	}
	return body.Act.Signatures[0].KeyID
}

// details picks out of an entry and its document what a reader looks for first.
func details(e *verify.Entry, document []byte, x *Facts) []Detail {
	out := []Detail{}
	add := func(name, value string) {
		if value != "" {
			out = append(out, Detail{name, value})
		}
	}
	if x.Grant != nil && e.Subject != "grant/"+x.Scenario {
		add("grant", EntryName(*x.Grant))
	}
	for _, c := range x.Charges {
		add("price", Price(c))
	}
	for _, d := range Decisions(e) {
		for _, r := range d.Reasons {
			add("refused by", strings.TrimSuffix(r.Rule+" @ "+r.At, " @ "))
		}
	}
	var body struct {
		To   string `json:"to"`
		Role string `json:"role"`
	}
	_ = json.Unmarshal(e.Body, &body) // of another form: it says none of these
	add("to", body.To)
	add("role", body.Role)
	var d struct {
		From       string                     `json:"from"`
		Until      string                     `json:"until"`
		Developers []string                   `json:"developers"`
		Products   json.RawMessage            `json:"products"`
		Datasets   map[string]json.RawMessage `json:"datasets"`
		State      string                     `json:"state"`
		Digest     string                     `json:"digest"`
		Spec       struct {
			Module string `json:"module"`
		} `json:"spec"`
		Approvals json.RawMessage `json:"approvals"`
	}
	if document == nil || json.Unmarshal(document, &d) != nil {
		return out
	}
	switch {
	case strings.HasPrefix(e.Subject, "grant/"):
		add("term", d.From+" - "+d.Until)
		add("developers", strings.Join(d.Developers, ", "))
		var products []string
		if json.Unmarshal(d.Products, &products) == nil {
			add("products", strings.Join(products, ", "))
		}
		add("datasets", strings.Join(x.Datasets, ", "))
	case strings.HasPrefix(e.Subject, "snapshot/"):
		add("digest", d.Digest)
	case strings.HasPrefix(e.Subject, "job/") && e.Action == "job.admit":
		add("module", d.Spec.Module)
	case strings.HasPrefix(e.Subject, "release/") && e.Action == "release.approve":
		var given []struct {
			User string `json:"user"`
			Role string `json:"role"`
		}
		if json.Unmarshal(d.Approvals, &given) == nil && len(given) > 0 {
			add("role", given[len(given)-1].Role)
		}
	}
	add("state", d.State)
	return out
}

// Price prints a charge exactly: what it took, in the ledger's own measure.
func Price(c glovebox.Charge) string {
	name := "epsilon"
	if c.Kind == glovebox.LedgerZCDP {
		name = "rho"
	}
	s := c.Account() + ": " + name + " " + decimal(c.Amount.Loss, 9)
	if c.Amount.Delta != 0 {
		s += ", delta " + decimal(c.Amount.Delta, 15)
	}
	return s
}

// decimal prints an integer of 10^-digits exactly and shortly.
func decimal(v int64, digits int) string {
	s := strconv.FormatInt(v, 10)
	if len(s) <= digits {
		s = strings.Repeat("0", digits+1-len(s)) + s
	}
	s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
