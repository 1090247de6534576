package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/internal/fault"
)

// Log is where entries go: audit.Log in the product.
type Log interface {
	// AppendBatch adds entries and returns the index of the first once all are
	// durable. If it fails in between, the log holds the first of them.
	AppendBatch(ctx context.Context, entries [][]byte) (first uint64, err error)
	Size(ctx context.Context) (uint64, error)
	Entry(ctx context.Context, index uint64) ([]byte, error)
}

type pending struct {
	seq             int64
	subject, action string
	entry           []byte
}

// sound says whether a row of the outbox is what the store writes: its columns
// are those of its entry.
func (p *pending) sound() bool {
	e, err := audit.DecodeEntry(p.entry)
	return err == nil && p.seq > 0 && e.Seq == uint64(p.seq) && e.Subject == p.subject && e.Action == p.action
}

// Publish moves every entry of the outbox that is not in the log yet into it,
// in order, and notes its index. After a crash between the two it finds what
// the log already holds and adds nothing twice: entry seq n is always at index
// n-1, because there is one writer and one order. Where an entry ahead of one
// that is in the log is not, or a row is not its entry's, somebody else wrote to
// the database: nothing is moved then.
func (s *Store) Publish(ctx context.Context, log Log) error {
	var todo []pending
	err := s.View(ctx, func(t *Tx) error {
		rows, err := t.tx.QueryContext(ctx, `SELECT seq, subject, action, entry FROM outbox WHERE idx IS NULL ORDER BY seq`)
		if err != nil {
			return t.failed("read the outbox", err)
		}
		defer rows.Close()
		for rows.Next() {
			var p pending
			if err := rows.Scan(&p.seq, &p.subject, &p.action, &p.entry); err != nil {
				return t.failed("read the outbox", err)
			}
			if !p.sound() {
				return forked(p.seq)
			}
			todo = append(todo, p)
		}
		if err := rows.Err(); err != nil || len(todo) == 0 {
			return err
		}
		var last int64
		if err := t.tx.QueryRowContext(ctx, `SELECT max(seq) FROM outbox`).Scan(&last); err != nil {
			return t.failed("read the outbox", err)
		}
		if first := todo[0].seq; last-first+1 != int64(len(todo)) {
			return forked(first)
		}
		return nil
	})
	if err != nil || len(todo) == 0 {
		return err
	}
	size, err := log.Size(ctx)
	if err != nil {
		return err
	}
	// What the log tells of must not be lost with the machine's power.
	if err := s.sync(); err != nil {
		return err
	}
	first, last := todo[0].seq, todo[len(todo)-1].seq
	for len(todo) > 0 && uint64(todo[0].seq-1) < size { // appended before a crash
		got, err := log.Entry(ctx, uint64(todo[0].seq-1))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, todo[0].entry) {
			return forked(todo[0].seq)
		}
		todo = todo[1:]
	}
	for next := todo; len(next) > 0; {
		n := min(len(next), maxAtOnce)
		entries := make([][]byte, n)
		for i := range n {
			entries[i] = next[i].entry
		}
		got, err := log.AppendBatch(ctx, entries)
		if err != nil {
			return err
		}
		if got != uint64(next[0].seq-1) {
			return forked(next[0].seq)
		}
		next = next[n:]
	}
	fault.Point("appended")
	return s.setIndexes(ctx, first, last)
}

// sync makes what was committed durable: SQLite itself waits for the disk when it
// moves its log of changes into the database, and not at each commit, so that many
// steps that publish together wait once.
func (s *Store) sync() error {
	f, err := os.Open(s.path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // all is in the database, which SQLite has flushed
	}
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err != nil {
		return broken(s.path, err)
	}
	return nil
}

// maxAtOnce bounds what the log is given at once.
const maxAtOnce = 512

func forked(seq int64) error {
	return glovebox.Errorf(glovebox.CodeInternal, "the audit log and the domain database disagree at entry %d", seq).
		WithFix("stop all use of this domain and run `glovebox audit verify`")
}

// setIndexes notes the places of entries in the log: entry seq n is at n-1.
func (s *Store) setIndexes(ctx context.Context, first, last int64) error {
	return s.run(ctx, "", true, func(t *Tx) error {
		if _, err := t.tx.ExecContext(ctx, `UPDATE outbox SET idx = seq - 1 WHERE seq BETWEEN ? AND ? AND idx IS NULL`, first, last); err != nil {
			return t.failed("note an entry's index", err)
		}
		return nil
	})
}

// Recorded is how many entries there are, in the log or on their way to it.
func (t *Tx) Recorded() (n uint64, err error) {
	if err := t.tx.QueryRowContext(t.ctx, `SELECT count(*) FROM outbox`).Scan(&n); err != nil {
		return 0, t.failed("read the outbox", err)
	}
	return n, nil
}

// Newest is the newest entry of one action about a subject, in the log or on its
// way there; nil: there is none.
func (t *Tx) Newest(subject, action string) (entry []byte, err error) {
	err = t.tx.QueryRowContext(t.ctx, `SELECT entry FROM outbox WHERE subject = ? AND action = ? ORDER BY seq DESC LIMIT 1`, subject, action).Scan(&entry)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, t.failed("read the outbox", err)
	}
	return entry, nil
}

// Docs calls fn with every document of the database as the log knows it.
func (t *Tx) Docs(fn func(subject string, body []byte) error) error {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT kind || '/' || id, body FROM doc ORDER BY kind, id`)
	if err != nil {
		return t.failed("list documents", err)
	}
	defer rows.Close()
	for rows.Next() {
		var subject string
		var body []byte
		if err := rows.Scan(&subject, &body); err != nil {
			return t.failed("list documents", err)
		}
		if err := fn(subject, body); err != nil {
			return err
		}
	}
	return rows.Err()
}
