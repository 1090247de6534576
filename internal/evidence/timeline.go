package evidence

import (
	"context"
	"encoding/json"
	"fmt"
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

// Subject names of a story: what a job, a release, a scenario, a dataset or a
// person has to do with.
type story struct {
	subjects map[string]bool // exactly these
	dataset  string
	user     string
}

// Resolve finds what a word stands for: kind/ID as the log has it, or the ID of
// the only job, release, scenario, dataset or user of that name.
func Resolve(ctx context.Context, src Source, word string) (string, error) {
	found := map[string]bool{}
	err := src.Entries(ctx, func(e *verify.Entry) error {
		kind, id, _ := strings.Cut(e.Subject, "/")
		if e.Subject == word || id == word && slices.Contains([]string{"job", "release", "scenario", "dataset", "user", "org"}, kind) {
			found[e.Subject] = true
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	switch len(found) {
	case 1:
		for s := range found {
			return s, nil
		}
	case 0:
		return "", glovebox.Errorf(glovebox.CodeNotFound, "the log speaks of no %q", word).WithFix("name a job, a release, a scenario, a dataset or a user")
	}
	return "", glovebox.Errorf(glovebox.CodeInvalid, "%q is the name of several things", word).WithFix("say which: dataset/NAME, scenario/NAME or user/NAME")
}

// Timeline tells one story from the first entry to the last: of a job or a
// release from the application behind its scenario to the places that its bundle
// went to; of a dataset whatever was done with it, of a scenario what was done
// under it, of a person what they did and what was done to their account.
// Documents are those of then. Entries out of scope are left out.
func Timeline(ctx context.Context, src Source, s Scope, subject string, q *Query) ([]Event, error) {
	st, err := storyOf(ctx, src, subject)
	if err != nil {
		return nil, err
	}
	out := []Event{}
	f := NewFold(src)
	err = src.Entries(ctx, func(e *verify.Entry) error {
		x, err := f.Facts(ctx, e)
		if err != nil || !st.tells(&x) || !q.Matches(&x) {
			return err
		}
		if sees, err := f.Sees(s, &x); err != nil || !sees {
			return err
		}
		ev, err := event(ctx, src, e, x)
		if err == nil {
			out = append(out, ev)
		}
		return err
	})
	return out, err
}

func (st *story) tells(x *Facts) bool {
	return st.subjects[x.Subject] || st.dataset != "" && slices.Contains(x.Datasets, st.dataset) ||
		st.user != "" && (x.Actor == st.user || x.Subject == "user/"+st.user)
}

// storyOf finds what belongs to a story.
func storyOf(ctx context.Context, src Source, subject string) (*story, error) {
	kind, id, _ := strings.Cut(subject, "/")
	st := &story{subjects: map[string]bool{subject: true}}
	switch kind {
	case "dataset":
		st.dataset = id
		return st, nil
	case "user":
		st.user = id
		return st, nil
	}
	// Jobs and releases name what they stand on; later entries may add to it.
	jobs := map[string]jobStands{}
	releases := map[string]string{}
	err := src.Entries(ctx, func(e *verify.Entry) error {
		kind, id, _ := strings.Cut(e.Subject, "/")
		if e.State == "" || kind != "job" && kind != "release" {
			return nil
		}
		if _, known := jobs[id]; known || releases[id] != "" {
			return nil
		}
		raw, err := src.Kept(ctx, e.State)
		if err != nil {
			return err
		}
		var d struct {
			Job      string `json:"job"`
			Scenario string `json:"scenario"`
			Spec     struct {
				Versions map[string]int `json:"versions"`
			} `json:"spec"`
		}
		if json.Unmarshal(raw, &d) != nil {
			return nil //nolint:nilerr // of another form
		}
		if kind == "release" {
			releases[id] = d.Job
		} else {
			jobs[id] = jobStands{d.Scenario, d.Spec.Versions}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	add := func(job string) {
		j := jobs[job]
		st.subjects["job/"+job], st.subjects["scenario/"+j.scenario], st.subjects["grant/"+j.scenario] = true, true, true
		for code, v := range j.versions {
			st.subjects[fmt.Sprintf("snapshot/%s@%d", code, v)] = true
		}
	}
	switch kind {
	case "release":
		add(releases[id])
	case "job":
		add(id)
		for r, j := range releases {
			if j == id {
				st.subjects["release/"+r] = true
			}
		}
	case "scenario", "grant":
		st.subjects["scenario/"+id], st.subjects["grant/"+id] = true, true
		for j, on := range jobs {
			if on.scenario == id {
				st.subjects["job/"+j] = true
			}
		}
		for r, j := range releases {
			if jobs[j].scenario == id {
				st.subjects["release/"+r] = true
			}
		}
	}
	return st, nil
}

type jobStands struct {
	scenario string
	versions map[string]int
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
