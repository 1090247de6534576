package desk

import (
	"context"
	"encoding/json"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/internal/evidence/index"
)

// Entry is a line of the log with what follows from it.
type Entry struct {
	evidence.Facts
	Key      string          `json:"key,omitempty"` // that signed the act
	State    string          `json:"state,omitempty"`
	Body     json.RawMessage `json:"body,omitempty"`
	Document json.RawMessage `json:"document,omitempty"` // of one entry alone: as it was then
}

// reader fails unless whoever asks may read the whole log.
func (q *question) reader() error { return LogReader(q, q.d, *q.u) }

// LogReader fails with CodeDenied unless a user may read the whole log.
func LogReader(ctx context.Context, d *domain.Domain, u glovebox.User) error {
	q := &question{Context: ctx, Desk: &Desk{d: d}, u: &u}
	v, err := q.viewer()
	if err != nil {
		return err
	}
	if !v.Log() {
		return glovebox.Errorf(glovebox.CodeDenied, "%s may not read the log", u.Name).WithFix("act as an auditor or the authority")
	}
	return nil
}

// scope is the part of the log that whoever asks may see.
func (q *question) scope() (evidence.Scope, error) {
	if err := q.d.SignAll(q); err != nil {
		return evidence.Scope{}, err
	}
	v, err := q.viewer()
	if err != nil {
		return evidence.Scope{}, err
	}
	return evidence.ScopeOf(v.User, v.Log())
}

// asked reads the filters of a question about entries. Args: subject, action,
// actor, org, dataset, scenario, product, decision, from, to (as entries have
// time), after, limit, last.
func (q *question) asked() (*evidence.Query, error) {
	a := q.look.Args
	out := &evidence.Query{Actor: a["actor"], Org: a["org"], Dataset: a["dataset"], Scenario: a["scenario"], Product: a["product"], Subject: a["subject"],
		Action: a["action"], Decision: a["decision"], From: a["from"], To: a["to"]}
	number := func(name string, bits int) (uint64, error) {
		if a[name] == "" {
			return 0, nil
		}
		n, err := strconv.ParseUint(a[name], 10, bits)
		if err != nil {
			return 0, glovebox.Invalid(name, "is not a number of entries").WithFix("write a whole number; 0: all")
		}
		return n, nil
	}
	limit, err := number("limit", 31)
	if err != nil {
		return nil, err
	}
	last, err := number("last", 31)
	if err != nil {
		return nil, err
	}
	after, err := number("after", 53)
	if err != nil {
		return nil, err
	}
	if out.Limit = int(limit); last > 0 {
		out.Limit, out.Newest = int(last), true
	}
	if a["after"] != "" {
		out.After = &after
	}
	return out, out.Check()
}

// lookEntries lists entries, oldest first, by the filters of asked.
func lookEntries(q *question) (any, error) {
	s, err := q.scope()
	if err != nil {
		return nil, err
	}
	asked, err := q.asked()
	if err != nil {
		return nil, err
	}
	facts, err := q.find(s, asked)
	if err != nil {
		return nil, err
	}
	return q.bodies(facts)
}

// find asks the index, or where none can be kept, the log.
func (q *question) find(s evidence.Scope, asked *evidence.Query) (facts []evidence.Facts, err error) {
	err = q.finding(func(find evidence.Finder) error {
		facts, _, err = find(q, s, asked)
		return err
	})
	return facts, err
}

// finding calls fn with what answers queries: the index, brought up to date once,
// or where none can be kept, the log.
func (q *question) finding(fn func(evidence.Finder) error) error {
	x, err := index.Open(q, q.d.IndexFile(), q.d)
	if err != nil {
		if q.Err() != nil {
			return err
		}
		return fn(func(ctx context.Context, s evidence.Scope, asked *evidence.Query) ([]evidence.Facts, bool, error) {
			return evidence.Find(ctx, q.d, s, asked)
		})
	}
	defer x.Close()
	return fn(x.Find)
}

// bodies reads the entries of facts, a file of the log at a time.
func (q *question) bodies(facts []evidence.Facts) ([]Entry, error) {
	out := []Entry{}
	err := evidence.Read(q, q.d, facts, func(x *evidence.Facts, e *verify.Entry) error {
		out = append(out, Entry{Facts: *x, Key: evidence.KeyOf(e), State: e.State, Body: e.Body})
		return nil
	})
	return out, err
}

// lookEntry is the entry of index ID, with the document of then.
func lookEntry(q *question) (any, error) {
	want, err := strconv.ParseUint(q.look.ID, 10, 53)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "an entry is a number").WithFix("`glovebox audit list` shows them")
	}
	s, err := q.scope()
	if err != nil {
		return nil, err
	}
	asked := &evidence.Query{Limit: 1}
	if want > 0 {
		before := want - 1
		asked.After = &before
	}
	facts, err := q.find(s, asked)
	if err != nil {
		return nil, err
	}
	if len(facts) == 0 || facts[0].Index != want {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "the log has no entry %d that you may see", want).WithFix("`glovebox audit list` shows them")
	}
	all, err := q.bodies(facts)
	if err != nil {
		return nil, err
	}
	found := &all[0]
	if found.State != "" {
		if found.Document, err = q.d.Kept(q, found.State); glovebox.CodeOf(err) == glovebox.CodeNotFound {
			err = nil // of a log older than kept documents
		}
	}
	return found, err
}

// lookTimeline tells the story of ID: see evidence.Timeline. Args: from, to.
func lookTimeline(q *question) (any, error) {
	s, err := q.scope()
	if err != nil {
		return nil, err
	}
	asked, err := q.asked()
	if err != nil {
		return nil, err
	}
	var out []evidence.Event
	err = q.finding(func(find evidence.Finder) error {
		subject, err := evidence.Resolve(q, find, q.look.ID)
		if err == nil {
			out, err = evidence.Timeline(q, q.d, find, s, subject, asked)
		}
		return err
	})
	return out, err
}

// lookHolders says who could act in a role. Args: role, at (as entries have
// time).
func lookHolders(q *question) (any, error) {
	if err := q.reader(); err != nil {
		return nil, err
	}
	var out []evidence.Holder
	err := q.finding(func(find evidence.Finder) (err error) {
		out, err = evidence.Holders(q, q.d, find, glovebox.Role(q.look.Args["role"]), q.look.Args["at"])
		return err
	})
	return out, err
}

// Indexed is the index of the log.
type Indexed struct {
	Entries uint64 `json:"entries"`
	File    string `json:"file"`
}

// lookIndex brings the index up to date, or with the argument again makes it
// again.
func lookIndex(q *question) (any, error) {
	if err := q.reader(); err != nil {
		return nil, err
	}
	open := func(ctx context.Context) (*index.Index, error) { return index.Open(ctx, q.d.IndexFile(), q.d) }
	if q.look.Args["again"] != "" {
		open = func(ctx context.Context) (*index.Index, error) { return index.Rebuild(ctx, q.d.IndexFile(), q.d) }
	}
	x, err := open(q)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	n, err := x.Entries(q)
	return &Indexed{n, q.d.IndexFile()}, err
}

// Checkpoint is the log's signed head, as people keep it elsewhere.
type Checkpoint struct {
	Checkpoint string `json:"checkpoint"` // a signed note
	Key        string `json:"key"`        // public key of the domain
}

// Consistency is the log's signed head with the proof that the first Old entries
// are all that a log of that size had.
type Consistency struct {
	Checkpoint
	Old   uint64   `json:"old"`
	Proof []string `json:"proof"` // RFC 6962 (2.1.2), base64
	// Keys is the domain's key with its history: what signed a checkpoint that was
	// kept before the key was replaced.
	Keys string `json:"keys"`
}

// lookConsistency proves that the log extends one of ID entries. It tells hashes
// and no entry.
func lookConsistency(q *question) (any, error) {
	old, err := strconv.ParseUint(q.look.ID, 10, 53)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "a size of a log is a number of entries").WithFix("name the size in the second line of the checkpoint that you kept")
	}
	h, proof, err := q.d.Consistency(q, old)
	if err != nil {
		return nil, err
	}
	keys, err := q.keys()
	return &Consistency{Checkpoint{string(h.Note), q.d.Info().Key}, old, proof, keys}, err
}

// keys is the domain's public key with a line for each change of it, found by the
// index: what domain.KeyHistory gives.
func (q *question) keys() (string, error) {
	facts, err := q.find(evidence.Scope{All: true}, &evidence.Query{Action: verify.RotateAction})
	if err != nil {
		return "", err
	}
	all, err := q.bodies(facts)
	if err != nil {
		return "", err
	}
	out := q.d.Info().Key + "\n"
	for i := range all {
		var body struct {
			Link *verify.Link `json:"link"`
		}
		if json.Unmarshal(all[i].Body, &body) != nil || body.Link == nil {
			continue // about another key
		}
		line, err := json.Marshal(body.Link)
		if err != nil {
			return "", glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
		}
		out += string(line) + "\n"
	}
	return out, nil
}

func lookCheckpoint(q *question) (any, error) {
	b, err := q.d.Checkpoint(q)
	return &Checkpoint{string(b), q.d.Info().Key}, err
}
