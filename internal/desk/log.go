package desk

import (
	"encoding/json"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// Entry is a line of the log.
type Entry struct {
	Index   uint64          `json:"index"`
	Time    string          `json:"time"`
	Actor   string          `json:"actor"`
	Action  string          `json:"action"`
	Subject string          `json:"subject"`
	State   string          `json:"state,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"`
}

func entryOf(e *verify.Entry) Entry {
	return Entry{e.Index, e.Time, e.Actor, e.Action, e.Subject, e.State, e.Body}
}

// reader fails unless whoever asks may read the log.
func (q *question) reader() error {
	v, err := q.viewer()
	if err != nil {
		return err
	}
	if !v.Log() {
		return glovebox.Errorf(glovebox.CodeDenied, "%s may not read the log", q.u.Name).WithFix("act as an auditor or the authority")
	}
	return nil
}

// lookEntries lists entries, oldest first. Args: subject, action, last.
func lookEntries(q *question) (any, error) {
	if err := q.reader(); err != nil {
		return nil, err
	}
	last := 0
	if s := q.look.Args["last"]; s != "" {
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil {
			return nil, glovebox.Invalid("last", "is not a number of entries").WithFix("write a whole number; 0: all")
		}
		last = int(n)
	}
	subject, action := q.look.Args["subject"], q.look.Args["action"]
	list := []Entry{}
	err := q.d.Entries(q, func(e *verify.Entry) error {
		if (subject == "" || subject == e.Subject) && (action == "" || action == e.Action) {
			list = append(list, entryOf(e))
		}
		return nil
	})
	if last > 0 && len(list) > last {
		list = list[len(list)-last:]
	}
	return list, err
}

// lookEntry is the entry of index ID.
func lookEntry(q *question) (any, error) {
	want, err := strconv.ParseUint(q.look.ID, 10, 53)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "an entry is a number").WithFix("`glovebox audit list` shows them")
	}
	if err := q.reader(); err != nil {
		return nil, err
	}
	var found *Entry
	err = q.d.Entries(q, func(e *verify.Entry) error {
		if e.Index == want {
			x := entryOf(e)
			found = &x
		}
		return nil
	})
	if err == nil && found == nil {
		err = glovebox.Errorf(glovebox.CodeNotFound, "the log has no entry %d", want).WithFix("`glovebox audit list` shows them")
	}
	return found, err
}

// Checkpoint is the log's signed head, as people keep it elsewhere.
type Checkpoint struct {
	Checkpoint string `json:"checkpoint"` // a signed note
	Key        string `json:"key"`        // public key of the domain
}

func lookCheckpoint(q *question) (any, error) {
	b, err := q.d.Checkpoint(q)
	return &Checkpoint{string(b), q.d.Info().Key}, err
}
