// Package store is the one embedded SQL database of a domain: documents
// (users, datasets, scenarios, jobs, releases), ledgers, blobs, every version of
// every document, and the outbox of the audit log.
//
// A change of state, the charge that goes with it and the audit entry that
// tells of both are one transaction: Kind.Put cannot be called without an
// action, and the entry names the bytes kept and the ledger opened with it, so
// that every row of every table follows from the log. What the package does not
// promise is that an entry is in the log
// when Update returns: Publish moves it there, and internal/domain calls both
// before any decision takes effect.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options of Open. The zero value is what the product uses.
type Options struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// ReadOnly opens the file without migrating it or taking a write lock.
	ReadOnly bool
	// Still takes the file as it stands, without looking for changes that wait
	// beside it: for readers of media that nobody can write to.
	Still bool
	// Sealer encrypts every version of a document that is kept; nil: they are kept
	// as they are, in tests of this package.
	Sealer Sealer
}

// Store is an open database. It is safe for concurrent use; writes happen one
// at a time.
type Store struct {
	db     *sql.DB
	path   string
	now    func() time.Time
	sealer Sealer
}

// Open opens the database file, creates it if it is missing and brings its
// schema up to date.
func Open(ctx context.Context, path string, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	s := &Store{path: path, now: o.Now, sealer: o.Sealer}
	if s.now == nil {
		s.now = time.Now
	}
	q := url.Values{"_pragma": {"journal_mode(WAL)", "busy_timeout(10000)", "synchronous(NORMAL)", "foreign_keys(1)", "trusted_schema(0)"}, "_txlock": {"immediate"}}
	if o.ReadOnly {
		q = url.Values{"_pragma": {"busy_timeout(10000)", "query_only(1)", "trusted_schema(0)"}}
		if o.Still {
			q.Set("mode", "ro")
			q.Set("immutable", "1")
		}
	}
	if !o.ReadOnly {
		if err := private(path); err != nil {
			return nil, broken(path, err)
		}
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, broken(path, err)
	}
	// One connection: SQLite has one writer, and a second would only wait.
	db.SetMaxOpenConns(1)
	s.db = db
	if !o.ReadOnly {
		err = migrate(ctx, db)
		fault.Point("migrated")
	} else {
		err = db.PingContext(ctx)
	}
	if err != nil {
		return nil, errors.Join(broken(path, err), db.Close())
	}
	return s, nil
}

// migrate brings the schema up to the newest version: the files of migrations
// in order, each of them once. PRAGMA user_version counts those that were run;
// it changes in the same transaction, so that a kill leaves all of it or none.
func migrate(ctx context.Context, db *sql.DB) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	var at int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&at); err != nil || at == len(names) {
		return err
	}
	tx, err := db.BeginTx(ctx, nil) // takes the writer's lock: see _txlock
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&at); err != nil {
		return err
	}
	if at < 0 || at > len(names) {
		return errors.New("its schema is of another version than this program's")
	}
	for _, name := range names[at:] {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `PRAGMA user_version = `+strconv.Itoa(len(names))); err != nil {
		return err
	}
	return tx.Commit()
}

// private makes the database file, if it is missing, for its owner alone, and
// closes to others what an earlier hand left open. SQLite gives the files that
// it makes beside it the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		st, err := os.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil && st.Mode().Perm()&0o077 == 0:
			continue
		case err == nil:
			err = os.Chmod(name, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func broken(path string, err error) error {
	return (&glovebox.Error{Code: glovebox.CodeInternal, File: path, Msg: "the domain database cannot be opened"}).
		Because(err).WithFix("check the file's owner and free disk space, or restore it from a backup")
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// View runs fn in a transaction that is always rolled back.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	return s.run(ctx, "", false, fn)
}

// Update runs fn in one transaction on behalf of actor: all of it is durable
// when Update returns nil, none of it is there otherwise.
func (s *Store) Update(ctx context.Context, actor string, fn func(*Tx) error) error {
	return s.run(ctx, actor, true, fn)
}

func (s *Store) run(ctx context.Context, actor string, write bool, fn func(*Tx) error) error {
	sqlTx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the domain database is not available").Because(err)
	}
	tx := &Tx{ctx: ctx, tx: sqlTx, actor: actor, write: write, now: s.now, sealer: s.sealer}
	err = fn(tx)
	if err == nil {
		err = tx.unsaid()
	}
	if err == nil && len(tx.blobs)+len(tx.kept) > 0 {
		err = glovebox.Errorf(glovebox.CodeInternal, "bytes were kept without an entry that names them")
	}
	if err != nil {
		return errors.Join(err, ignoreDone(sqlTx.Rollback()))
	}
	if !write {
		return ignoreDone(sqlTx.Rollback())
	}
	fault.Point("uncommitted")
	if err := sqlTx.Commit(); err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the change was not saved").Because(err)
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
