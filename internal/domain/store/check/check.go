// Package check reads a domain database for the auditor, with SQL of its own:
// it shares no code with internal/domain/store, which writes it. The tables are
// described in docs/formats/database.md.
//
// It promises to report what the file holds and to change nothing. It does not
// judge: audit/verify compares what it yields with the log, and Sums and Blobs
// compare the tables with one another.
package check

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"iter"
	"net/url"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"glovebox.example/glovebox"
)

// DB is an open database.
type DB struct{ db *sql.DB }

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
	return &DB{db}, nil
}

// Close closes the file.
func (d *DB) Close() error { return d.db.Close() }

// Docs yields every document: its subject and its bytes.
func (d *DB) Docs(ctx context.Context) iter.Seq2[[2]string, error] {
	return rows(ctx, d.db, `SELECT kind || '/' || id, body FROM doc ORDER BY kind, id`, func(r *sql.Rows) (v [2]string, err error) {
		return v, r.Scan(&v[0], &v[1])
	})
}

// Row is one charge.
type Row struct {
	Job, Dataset string
	Loss, Delta  int64
}

// Charges yields every charge.
func (d *DB) Charges(ctx context.Context) iter.Seq2[Row, error] {
	return rows(ctx, d.db, `SELECT job, dataset, loss, delta FROM charge ORDER BY job, dataset`, func(r *sql.Rows) (v Row, err error) {
		return v, r.Scan(&v.Job, &v.Dataset, &v.Loss, &v.Delta)
	})
}

// Sums reports every ledger whose spending is not the sum of its charges.
func (d *DB) Sums(ctx context.Context) (bad []string, err error) {
	const q = `SELECT dataset FROM ledger l WHERE
		spent_loss <> (SELECT coalesce(sum(loss), 0) FROM charge c WHERE c.dataset = l.dataset) OR
		spent_delta <> (SELECT coalesce(sum(delta), 0) FROM charge c WHERE c.dataset = l.dataset) OR
		spent_loss > total_loss OR spent_delta > total_delta ORDER BY dataset`
	for code, err := range rows(ctx, d.db, q, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) }) {
		if err != nil {
			return bad, err
		}
		bad = append(bad, fmt.Sprintf("ledger/%s: what is spent is not the sum of the charges", code))
	}
	return bad, nil
}

// Blobs reports stored bytes that are not those of their name, and releases
// whose bytes are missing.
func (d *DB) Blobs(ctx context.Context) (bad []string, err error) {
	type blob struct {
		name string
		data []byte
	}
	for b, err := range rows(ctx, d.db, `SELECT digest, data FROM blob ORDER BY digest`, func(r *sql.Rows) (b blob, err error) {
		return b, r.Scan(&b.name, &b.data)
	}) {
		if err != nil {
			return bad, err
		}
		if h := sha256.Sum256(b.data); "sha256:"+hex.EncodeToString(h[:]) != b.name {
			bad = append(bad, "blob/"+b.name+": the bytes are others than those of this name")
		}
	}
	const q = `SELECT id FROM doc WHERE kind = 'release' AND NOT EXISTS (SELECT 1 FROM blob WHERE digest = json_extract(body, '$.content'))`
	for id, err := range rows(ctx, d.db, q, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) }) {
		if err != nil {
			return bad, err
		}
		bad = append(bad, "release/"+id+": its bytes are missing")
	}
	return bad, nil
}

func rows[T any](ctx context.Context, db *sql.DB, q string, scan func(*sql.Rows) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		r, err := db.QueryContext(ctx, q)
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
