// Package index makes a log quick to ask: an SQLite file of what its entries can
// be found by. It holds nothing that the log and the kept documents do not say,
// can be thrown away and made again at any time, and is brought up to date before
// it answers.
//
// What it promises: an answer is the one that evidence.Find gives, as long as
// nobody writes to the file but this package; Check makes every row again and
// names those that differ. What it does not promise: that a file somebody else
// wrote to gives all entries; whoever has to be sure runs Check first.
package index

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
)

//go:embed schema.sql
var schema string

// version is PRAGMA user_version: another one is made anew.
const version = 3

// Index is an open index.
type Index struct {
	db  *sql.DB
	log evidence.Log
}

// Open opens the index in a file, or makes it, and takes in the entries that the
// log has more. One that does not fit the log is made anew.
func Open(ctx context.Context, path string, log evidence.Log) (_ *Index, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, unusable(err)
	}
	x := &Index{log: log}
	if x.db, err = open(ctx, path); err != nil {
		return nil, unusable(err)
	}
	fits, err := x.fits(ctx)
	if err == nil && fits {
		err = x.update(ctx)
	}
	if err != nil && ctx.Err() == nil || !fits {
		_ = x.db.Close()
		return Rebuild(ctx, path, log)
	}
	return x, err
}

// Rebuild throws the index away and makes it again from the log.
func Rebuild(ctx context.Context, path string, log evidence.Log) (_ *Index, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, unusable(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, unusable(err)
		}
	}
	x := &Index{log: log}
	if x.db, err = open(ctx, path); err != nil {
		return nil, unusable(err)
	}
	if err := x.update(ctx); err != nil {
		return nil, errors.Join(err, x.db.Close())
	}
	return x, nil
}

func unusable(err error) error {
	return glovebox.Errorf(glovebox.CodeInternal, "the index of the log cannot be written").Because(err).WithFix("check the owner of the domain's folder cache and free disk space")
}

func open(ctx context.Context, path string) (*sql.DB, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	_ = f.Close() // nothing was written
	q := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "trusted_schema(0)"}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	var at, tables int
	err = db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&at)
	if err == nil {
		err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables)
	}
	if err == nil && at == 0 && tables == 0 {
		_, err = db.ExecContext(ctx, "BEGIN IMMEDIATE; "+schema+fmt.Sprintf("PRAGMA user_version = %d; COMMIT", version))
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close closes the file.
func (x *Index) Close() error { return x.db.Close() }

// fits says whether the index is of this format and its last entry is the log's.
func (x *Index) fits(ctx context.Context) (bool, error) {
	var at int
	if err := x.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&at); err != nil || at != version {
		return false, err
	}
	next, digest, err := x.end(ctx)
	if err != nil || next == 0 {
		return err == nil, err
	}
	same := false
	stop := errors.New("seen")
	err = x.log.From(ctx, next-1, func(e *verify.Entry) error {
		same = glovebox.Digest(e.Raw) == digest
		return stop
	})
	if errors.Is(err, stop) {
		err = nil
	}
	return same, err
}

// end is the entry that comes next, and the digest of the one before.
func (x *Index) end(ctx context.Context) (next uint64, digest string, err error) {
	var last sql.NullInt64
	err = x.db.QueryRowContext(ctx, `SELECT idx, digest FROM entry ORDER BY idx DESC LIMIT 1`).Scan(&last, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return uint64(last.Int64) + 1, digest, err
}
