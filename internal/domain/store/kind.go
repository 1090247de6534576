package store

import (
	"database/sql"
	"errors"

	"glovebox.example/glovebox"
)

// Kind is a kind of document: all of it are a T. internal/domain lists the
// kinds of a domain. A document's subject in the log is "kind/id".
//
// Methods fail with CodeNotFound for what is not there and CodeInternal for what
// SQLite refuses.
type Kind[T any] string

// Subject is what the log calls the document of that id.
func (k Kind[T]) Subject(id string) string { return subject(string(k), id) }

func subject(kind, id string) string { return kind + "/" + id }

// Get reads a document into v.
func (k Kind[T]) Get(t *Tx, id string, v *T) error {
	body, err := t.body(string(k), id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return glovebox.Errorf(glovebox.CodeNotFound, "no %s %q in this domain", string(k), id).
			WithFix("`glovebox %s list` shows what there is", string(k))
	case err != nil:
		return t.failed("read "+string(k), err)
	}
	return decode(string(k), id, body, v)
}

// Find reads a document; nil where there is none.
func (k Kind[T]) Find(t *Tx, id string) (*T, error) {
	known, err := k.Has(t, id)
	if err != nil || !known {
		return nil, err
	}
	v := new(T)
	return v, k.Get(t, id, v)
}

// Has says whether a document is there.
func (k Kind[T]) Has(t *Tx, id string) (bool, error) {
	digest, err := t.Digest(string(k), id)
	return digest != "", err
}

// Put writes a document and records the action that changed it, with details as
// the entry's own (nil: none).
func (k Kind[T]) Put(t *Tx, action, id string, v T, details any) error {
	return t.put(action, string(k), id, v, details)
}

// Record adds an entry about a document that changes none.
func (k Kind[T]) Record(t *Tx, action, id string, details any) error {
	_, err := t.record(action, k.Subject(id), "", details)
	return err
}

// Each calls fn with every document, in order of id.
func (k Kind[T]) Each(t *Tx, fn func(id string, v T) error) error {
	return k.After(t, "", func(id string, v T) (bool, error) { return true, fn(id, v) })
}

// After calls fn with the documents whose id is greater, in order of id, for as long
// as fn says that more are wanted.
func (k Kind[T]) After(t *Tx, after string, fn func(id string, v T) (more bool, err error)) error {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT id, body FROM doc WHERE kind = ? AND id > ? ORDER BY id`, string(k), after)
	if err != nil {
		return t.failed("list "+string(k), err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var body []byte
		if err := rows.Scan(&id, &body); err != nil {
			return t.failed("list "+string(k), err)
		}
		var v T
		if err := decode(string(k), id, body, &v); err != nil {
			return err
		}
		if more, err := fn(id, v); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}

// List reads every document, in order of id.
func (k Kind[T]) List(t *Tx) (out []T, err error) {
	err = k.Each(t, func(_ string, v T) error {
		out = append(out, v)
		return nil
	})
	return out, err
}

// Recorded are the ids of the documents that entries speak of, whether they are
// there or not.
func (k Kind[T]) Recorded(t *Tx) (ids []string, err error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT DISTINCT substr(subject, length(?1) + 2) FROM outbox WHERE substr(subject, 1, length(?1) + 1) = ?1 || '/'`, string(k))
	if err != nil {
		return nil, t.failed("read the outbox", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, t.failed("read the outbox", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Indexes are the places in the log of a document's entries of one action, in
// order. Entries that are not in the log yet are left out.
func (k Kind[T]) Indexes(t *Tx, id, action string) (out []uint64, err error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT idx FROM outbox WHERE subject = ? AND action = ? AND idx IS NOT NULL ORDER BY seq`, k.Subject(id), action)
	if err != nil {
		return nil, t.failed("read the outbox", err)
	}
	defer rows.Close()
	for rows.Next() {
		var i int64
		if err := rows.Scan(&i); err != nil {
			return nil, t.failed("read the outbox", err)
		}
		out = append(out, uint64(i))
	}
	return out, rows.Err()
}

// OpenLedger writes the document of a dataset or of a unit space that is
// registered and fixes its ledger, for good; one of a space that is assumed can be
// fixed once more. The entry holds the ledger's kind and total, and the unit spaces
// whose ledgers whatever is charged to this one is charged to, too.
func (k Kind[T]) OpenLedger(t *Tx, action, id string, v T, b glovebox.Balance, spaces ...string) error {
	return t.openLedger(action, string(k), id, v, b, spaces)
}

// FixLedger gives a unit space whose total was assumed the one that the authority
// says, for good: any, while nothing was taken; else one of the same kind that is
// not larger, and not less than what was taken.
func (k Kind[T]) FixLedger(t *Tx, action, id string, v T, b glovebox.Balance) error {
	return t.fixLedger(action, string(k), id, v, b)
}

// Charge takes a price from every ledger it touches, or from none, and records
// it as one entry with the document of what is paid. A document is charged for
// once: a second charge fails with CodeConflict. A ledger or a cap that does not
// hold the price fails it with CodeBudget. Where nobody works under a scenario,
// that is "" and there are no caps.
func (k Kind[T]) Charge(t *Tx, action, id string, v T, scenario string, charges []glovebox.Charge, caps []Cap) error {
	return t.charge(action, string(k), id, v, scenario, charges, caps)
}
