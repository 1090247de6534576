package store

import (
	"database/sql"
	"errors"
	"iter"

	"glovebox.example/glovebox"
)

// Sealer encrypts what is kept, under its digest, and reads it back.
type Sealer interface {
	Seal(name string, data []byte) ([]byte, error)
	Unseal(name string, sealed []byte) ([]byte, error)
}

// Keep keeps bytes for as long as the domain lives: a request to the policy, its
// answer, the text of a policy. The next entry of the transaction names their
// digests in "kept"; without one the transaction fails. Documents need no call:
// Kind.Put keeps every version.
func (t *Tx) Keep(data ...[]byte) error {
	for _, b := range data {
		d := glovebox.Digest(b)
		if err := t.keep(d, b); err != nil {
			return err
		}
		t.kept = append(t.kept, d)
	}
	return nil
}

// keep writes bytes that an entry names, once.
func (t *Tx) keep(name string, data []byte) (err error) {
	var known int
	if err := t.tx.QueryRowContext(t.ctx, `SELECT count(*) FROM kept WHERE digest = ?`, name).Scan(&known); err != nil {
		return t.failed("read what is kept", err)
	}
	if known > 0 {
		return nil
	}
	if t.sealer != nil {
		if data, err = t.sealer.Seal(name, data); err != nil {
			return err
		}
	}
	if _, err := t.tx.ExecContext(t.ctx, `INSERT INTO kept (digest, data) VALUES (?, ?)`, name, data); err != nil {
		return t.failed("keep a document", err)
	}
	return nil
}

// Kept reads what is kept under a digest, checked against it.
func (t *Tx) Kept(name string) ([]byte, error) {
	var data []byte
	err := t.tx.QueryRowContext(t.ctx, `SELECT data FROM kept WHERE digest = ?`, name).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "no document %s is kept in this domain", name).WithFix("run `glovebox audit verify`")
	}
	if err != nil {
		return nil, t.failed("read what is kept", err)
	}
	return t.unsealed(name, data)
}

// EachKept yields everything that is kept, by digest, each checked against it.
func (t *Tx) EachKept() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		rows, err := t.tx.QueryContext(t.ctx, `SELECT digest, data FROM kept ORDER BY digest`)
		if err != nil {
			yield(nil, t.failed("read what is kept", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var data []byte
			if err = rows.Scan(&name, &data); err != nil {
				err = t.failed("read what is kept", err)
			} else {
				data, err = t.unsealed(name, data)
			}
			if !yield(data, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, t.failed("read what is kept", err))
		}
	}
}

func (t *Tx) unsealed(name string, data []byte) (_ []byte, err error) {
	if t.sealer != nil {
		if data, err = t.sealer.Unseal(name, data); err != nil {
			return nil, err
		}
	}
	if glovebox.Digest(data) != name {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the bytes kept as %s are not those bytes", name).WithFix("run `glovebox audit verify`")
	}
	return data, nil
}
