package store

import (
	"database/sql"
	"errors"
	"strings"

	"glovebox.example/glovebox"
)

// Seen is which documents a transaction asked for one by one, and the digest of
// each; "" where there was none.
type Seen map[string]string

// ChangedError is why a change was not made: what it was based on is not as it
// was.
type ChangedError struct{ Err *glovebox.Error }

func (e *ChangedError) Error() string { return e.Err.Error() }

// Unwrap gives the error its code and fix.
func (e *ChangedError) Unwrap() error { return e.Err }

// IsChanged says whether err is, or wraps, a *ChangedError.
func IsChanged(err error) bool {
	_, ok := errors.AsType[*ChangedError](err)
	return ok
}

// Seen is what the transaction asked for so far. A decision that is made after
// it is good as long as Same says so.
func (t *Tx) Seen() Seen { return t.seen }

// Same fails with a *ChangedError of CodeConflict unless every document is as it was
// seen: whoever decides outside of the transaction that writes calls it there.
func (t *Tx) Same(seen Seen) error {
	for name, was := range seen {
		kind, id, _ := strings.Cut(name, "/")
		now, err := t.Digest(kind, id)
		if err != nil {
			return err
		}
		if now != was {
			return Changed(kind, id)
		}
	}
	return nil
}

// Changed is the failure of a change that was based on another state of kind/id.
func Changed(kind, id string) error {
	return &ChangedError{glovebox.Errorf(glovebox.CodeConflict, "%s %s is not as it was when the change was begun", kind, id).
		WithFix("look at it again, then decide again")}
}

// Digest is the digest of the document kind/id, as the log's entries name it; ""
// where there is none.
func (t *Tx) Digest(kind, id string) (string, error) {
	body, err := t.body(kind, id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", t.failed("read "+kind, err)
	}
	return glovebox.Digest(body), nil
}

// body reads a document, and notes that it was asked for.
func (t *Tx) body(kind, id string) ([]byte, error) {
	var body []byte
	err := t.tx.QueryRowContext(t.ctx, `SELECT body FROM doc WHERE kind = ? AND id = ?`, kind, id).Scan(&body)
	if t.seen == nil {
		t.seen = Seen{}
	}
	switch {
	case err == nil:
		t.seen[subject(kind, id)] = glovebox.Digest(body)
	case errors.Is(err, sql.ErrNoRows):
		t.seen[subject(kind, id)] = ""
	}
	return body, err
}
