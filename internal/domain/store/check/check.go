// Package check reads a domain database for the auditor, with SQL and a schema
// of its own: it shares no code with internal/domain/store, which writes it. The
// tables are described in docs/formats/database.md.
//
// It promises to report what the file holds and to change nothing; a table that
// is not exactly the one described is not read at all, since reading a view or a
// generated column runs what its author wrote. It does not judge the rows:
// audit/verify compares them with the log. What is in the file and in no table
// (free pages, pages cut off) it does not look at: no reader of a domain does.
package check

import (
	"context"
	"database/sql"
	"iter"
	"net/url"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"glovebox.example/glovebox"
)

// DB is an open database.
type DB struct {
	db    *sql.DB
	sound map[string]bool // tables that are those described
}

// Open opens the file for reading; still: as it stands, on media that nobody can
// write to.
func Open(path string, still bool) (*DB, error) {
	q := url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)", "busy_timeout(10000)", "trusted_schema(0)"}}
	if still {
		q.Set("immutable", "1")
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err == nil {
		db.SetMaxOpenConns(1)
		err = db.Ping()
	}
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "not a domain database"}).Because(err)
	}
	return &DB{db: db, sound: map[string]bool{}}, nil
}

// Close closes the file.
func (d *DB) Close() error { return d.db.Close() }

// Doc is one document.
type Doc struct {
	Subject string // kind/ID
	Rev     int64
	Data    []byte
}

// Docs yields every document. Like its siblings it is nil where Schema found
// that the table is not the one described.
func (d *DB) Docs(ctx context.Context) iter.Seq2[Doc, error] {
	return rows(ctx, d, "doc", `SELECT kind || '/' || id, rev, body FROM doc NOT INDEXED ORDER BY kind, id`, func(r *sql.Rows) (v Doc, err error) {
		return v, r.Scan(&v.Subject, &v.Rev, &v.Data)
	})
}

// Ledger is one ledger.
type Ledger struct {
	Account, Kind         string
	Assumed               int64
	TotalLoss, TotalDelta int64
	SpentLoss, SpentDelta int64
}

// Ledgers yields every ledger.
func (d *DB) Ledgers(ctx context.Context) iter.Seq2[Ledger, error] {
	return rows(ctx, d, "ledger", `SELECT account, kind, assumed, total_loss, total_delta, spent_loss, spent_delta FROM ledger NOT INDEXED ORDER BY account`,
		func(r *sql.Rows) (v Ledger, err error) {
			return v, r.Scan(&v.Account, &v.Kind, &v.Assumed, &v.TotalLoss, &v.TotalDelta, &v.SpentLoss, &v.SpentDelta)
		})
}

// Charge is one charge.
type Charge struct {
	Job, Account    string
	Scenario, Actor string
	Loss, Delta     int64
	Parts           string
	Seq             int64
}

// Charges yields every charge.
func (d *DB) Charges(ctx context.Context) iter.Seq2[Charge, error] {
	return rows(ctx, d, "charge", `SELECT job, account, scenario, actor, loss, delta, parts, seq FROM charge NOT INDEXED ORDER BY job, account`,
		func(r *sql.Rows) (v Charge, err error) {
			return v, r.Scan(&v.Job, &v.Account, &v.Scenario, &v.Actor, &v.Loss, &v.Delta, &v.Parts, &v.Seq)
		})
}

// Part is what one part of a ledger has taken.
type Part struct {
	Account, Family, Value string
	Loss, Delta            int64
}

// Parts yields every part.
func (d *DB) Parts(ctx context.Context) iter.Seq2[Part, error] {
	return rows(ctx, d, "part", `SELECT account, family, value, loss, delta FROM part NOT INDEXED ORDER BY account, family, value`,
		func(r *sql.Rows) (v Part, err error) {
			return v, r.Scan(&v.Account, &v.Family, &v.Value, &v.Loss, &v.Delta)
		})
}

// Out is one row of the outbox.
type Out struct {
	Seq             int64
	Subject, Action string
	Entry           []byte
	Index           *int64 // nil: not in the log yet
}

// Outbox yields every row of the outbox.
func (d *DB) Outbox(ctx context.Context) iter.Seq2[Out, error] {
	return rows(ctx, d, "outbox", `SELECT seq, subject, action, entry, idx FROM outbox NOT INDEXED ORDER BY seq`, func(r *sql.Rows) (v Out, err error) {
		return v, r.Scan(&v.Seq, &v.Subject, &v.Action, &v.Entry, &v.Index)
	})
}

// Blob is bytes kept under their digest.
type Blob struct {
	Name string
	Data []byte
}

// Blobs yields all that is kept.
func (d *DB) Blobs(ctx context.Context) iter.Seq2[Blob, error] {
	return rows(ctx, d, "blob", `SELECT digest, data FROM blob NOT INDEXED ORDER BY digest`, func(r *sql.Rows) (v Blob, err error) {
		return v, r.Scan(&v.Name, &v.Data)
	})
}

// Kept is a document that was true once, under its digest, as it is sealed.
type Kept struct {
	Name   string
	Sealed []byte
}

// Kept yields all of them.
func (d *DB) Kept(ctx context.Context) iter.Seq2[Kept, error] {
	return rows(ctx, d, "kept", `SELECT digest, data FROM kept NOT INDEXED ORDER BY digest`, func(r *sql.Rows) (v Kept, err error) {
		return v, r.Scan(&v.Name, &v.Sealed)
	})
}

// rows yields the rows of a table; an error ends them.
func rows[T any](ctx context.Context, d *DB, table, q string, scan func(*sql.Rows) (T, error)) iter.Seq2[T, error] {
	if !d.sound[table] {
		return nil
	}
	return func(yield func(T, error) bool) {
		var zero T
		r, err := d.db.QueryContext(ctx, q)
		if err != nil {
			yield(zero, unreadable(err))
			return
		}
		defer r.Close()
		for r.Next() {
			v, err := scan(r)
			if err != nil {
				err = unreadable(err)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := r.Err(); err != nil {
			yield(zero, unreadable(err))
		}
	}
}

func unreadable(err error) error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the domain database cannot be read").Because(err).WithFix("restore it from a backup")
}
