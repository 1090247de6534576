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
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
)

//go:embed schema.sql
var schema string

// version is PRAGMA user_version: another one is made anew.
const version = 1

// batch is how many entries one transaction takes in.
const batch = 10_000

// Log is a source that can be read from an entry on, without being checked.
type Log interface {
	evidence.Source
	// From calls fn with every entry from an index on, in order.
	From(ctx context.Context, index uint64, fn func(*verify.Entry) error) error
}

// Index is an open index.
type Index struct {
	db  *sql.DB
	log Log
}

// Open opens the index in a file, or makes it, and takes in the entries that the
// log has more. One that does not fit the log is made anew.
func Open(ctx context.Context, path string, log Log) (_ *Index, err error) {
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
func Rebuild(ctx context.Context, path string, log Log) (_ *Index, err error) {
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

// update takes in what the log has more.
func (x *Index) update(ctx context.Context) error {
	next, _, err := x.end(ctx)
	if err != nil {
		return unusable(err)
	}
	w := &writer{ctx: ctx, db: x.db}
	fold := evidence.NewFold(x.log)
	fold.Known, fold.Learned = w.known, w.learn
	err = x.log.From(ctx, next, func(e *verify.Entry) error {
		f, err := fold.Facts(ctx, e)
		if err != nil {
			return err
		}
		return w.add(&f, glovebox.Digest(e.Raw))
	})
	return errors.Join(err, w.done(err == nil))
}

// writer adds entries in transactions of a batch.
type writer struct {
	ctx context.Context
	db  *sql.DB
	tx  *sql.Tx
	n   int
}

func (w *writer) begin() (err error) {
	if w.tx == nil {
		w.tx, err = w.db.BeginTx(w.ctx, nil)
	}
	return err
}

func (w *writer) exec(q string, args ...any) error {
	if err := w.begin(); err != nil {
		return unusable(err)
	}
	if _, err := w.tx.ExecContext(w.ctx, q, args...); err != nil {
		return unusable(err)
	}
	return nil
}

func (w *writer) add(f *evidence.Facts, digest string) error {
	facts, err := json.Marshal(f)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a fact cannot be encoded").Because(err)
	}
	err = w.exec(`INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(f.Index), f.Time, f.Actor, f.Org, f.Action, f.Subject, f.Scenario, f.Product, f.Decision, string(facts), digest)
	for _, code := range f.Datasets {
		if err == nil {
			err = w.exec(`INSERT OR IGNORE INTO entry_dataset VALUES (?, ?)`, code, int64(f.Index))
		}
	}
	if w.n++; err == nil && w.n%batch == 0 {
		err = w.done(true)
	}
	return err
}

func (w *writer) known(name string) (*evidence.Subject, error) {
	if err := w.begin(); err != nil {
		return nil, unusable(err)
	}
	return subject(w.tx.QueryRowContext(w.ctx, `SELECT known FROM subject WHERE name = ?`, name))
}

func subject(row *sql.Row) (*evidence.Subject, error) {
	var text string
	err := row.Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	s := &evidence.Subject{}
	if err == nil {
		err = json.Unmarshal([]byte(text), s)
	}
	if err != nil {
		return nil, unusable(err)
	}
	return s, nil
}

func (w *writer) learn(name string, s *evidence.Subject) error {
	text, err := json.Marshal(s)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a fact cannot be encoded").Because(err)
	}
	return w.exec(`INSERT INTO subject VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET known = excluded.known, operator = excluded.operator, provider = excluded.provider`,
		name, string(text), s.Operator, s.Provider)
}

func (w *writer) done(keep bool) error {
	tx := w.tx
	w.tx = nil
	switch {
	case tx == nil:
		return nil
	case !keep:
		return tx.Rollback()
	}
	if err := tx.Commit(); err != nil {
		return unusable(err)
	}
	return nil
}

// Entries is how many entries the index has.
func (x *Index) Entries(ctx context.Context) (uint64, error) {
	n, _, err := x.end(ctx)
	if err != nil {
		return 0, unusable(err)
	}
	return n, nil
}

// Find answers a query. More says that the page is not the last.
func (x *Index) Find(ctx context.Context, s evidence.Scope, q *evidence.Query) (out []evidence.Facts, more bool, err error) {
	if err := q.Check(); err != nil {
		return nil, false, err
	}
	where, args := conditions(s, q)
	order := "ASC"
	if q.Newest {
		order = "DESC"
	}
	//nolint:gosec // of constants: every value is an argument
	text := `SELECT facts FROM entry WHERE ` + strings.Join(where, ` AND `) + ` ORDER BY idx ` + order
	if q.Limit > 0 {
		text += ` LIMIT ?`
		args = append(args, q.Limit+1)
	}
	rows, err := x.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, false, unusable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var f evidence.Facts
		if err := rows.Scan(&text); err != nil {
			return nil, false, unusable(err)
		}
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			return nil, false, unusable(err)
		}
		out = append(out, f)
	}
	if err := rows.Err(); err != nil {
		return nil, false, unusable(err)
	}
	if q.Limit > 0 && len(out) > q.Limit {
		out, more = out[:q.Limit], true
	}
	if q.Newest {
		slices.Reverse(out)
	}
	return out, more, nil
}

// conditions are a query as SQL. Times become bounds of indexes, since both rise
// together.
func conditions(s evidence.Scope, q *evidence.Query) (where []string, args []any) {
	add := func(text string, v ...any) {
		where, args = append(where, text), append(args, v...)
	}
	add("1")
	for _, c := range []struct{ column, value string }{
		{"actor", q.Actor}, {"org", q.Org}, {"scenario", q.Scenario}, {"product", q.Product}, {"subject", q.Subject},
	} {
		if c.value != "" {
			add(c.column+" = ?", c.value)
		}
	}
	switch {
	case strings.HasSuffix(q.Action, "."):
		add("action >= ? AND action < ?", q.Action, strings.TrimSuffix(q.Action, ".")+"/") // "/" follows "."
	case q.Action != "":
		add("action = ?", q.Action)
	}
	switch q.Decision {
	case "":
	case "any":
		add("decision <> ''")
	default:
		add("decision = ?", q.Decision)
	}
	if q.Dataset != "" {
		add("idx IN (SELECT idx FROM entry_dataset WHERE dataset = ?)", q.Dataset)
	}
	if q.From != "" {
		add("idx >= (SELECT coalesce(min(idx), 9223372036854775807) FROM entry WHERE time >= ?)", q.From)
	}
	if q.To != "" {
		add("idx < (SELECT coalesce(min(idx), 9223372036854775807) FROM entry WHERE time >= ?)", q.To)
	}
	if q.After != nil {
		add("idx > ?", int64(*q.After))
	}
	if s.All {
		return where, args
	}
	// What a subject is known by may have changed since the entry; who answers
	// for it does not.
	var seen []string
	if s.Developer != "" {
		seen, args = append(seen, "actor = ?"), append(args, s.Developer)
	}
	if s.Operator != "" {
		seen, args = append(seen, "scenario <> '' AND 'scenario/' || scenario IN (SELECT name FROM subject WHERE operator = ?)"), append(args, s.Operator)
	}
	if s.Provider != "" {
		seen, args = append(seen, "idx IN (SELECT d.idx FROM subject s JOIN entry_dataset d ON s.name = 'dataset/' || d.dataset WHERE s.provider = ?)"), append(args, s.Provider)
	}
	return append(where, "("+strings.Join(seen, " OR ")+")"), args
}

// Check makes every row of the index in a file again from the log and says what
// differs, row by row. Entries that it has not taken in yet are no fault: whoever
// asks it has them taken in first.
func Check(ctx context.Context, path string, log Log) (bad []string, err error) {
	x := &Index{log: log}
	if x.db, err = open(ctx, path); err != nil {
		return []string{"index: the file is not an index of a log"}, nil //nolint:nilerr // that is the finding
	}
	defer x.db.Close()
	if bad, err = x.check(ctx); err != nil && ctx.Err() == nil {
		return append(bad, "index: the file cannot be read to its end"), nil
	}
	return bad, err
}

// row is a row of the index as text.
type row struct {
	idx                              uint64
	columns, facts, digest, datasets string
}

func (x *Index) rows(ctx context.Context) (all []row, err error) {
	rows, err := x.db.QueryContext(ctx, `SELECT idx, time || char(0) || actor || char(0) || org || char(0) || action || char(0) || subject || char(0) || scenario || char(0) || product || char(0) || decision, facts, digest,
		coalesce((SELECT group_concat(dataset, char(0)) FROM (SELECT dataset FROM entry_dataset d WHERE d.idx = entry.idx ORDER BY dataset)), '') FROM entry ORDER BY idx`)
	if err != nil {
		return nil, unusable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.idx, &r.columns, &r.facts, &r.digest, &r.datasets); err != nil {
			return nil, unusable(err)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, unusable(err)
	}
	return all, nil
}

func (x *Index) check(ctx context.Context) (bad []string, err error) {
	all, err := x.rows(ctx)
	if err != nil {
		return nil, err
	}
	fold, n := evidence.NewFold(x.log), 0
	known := map[string]*evidence.Subject{}
	fold.Learned = func(name string, s *evidence.Subject) error { known[name] = s; return nil }
	err = x.log.From(ctx, 0, func(e *verify.Entry) error {
		if n == len(all) {
			return errBehind
		}
		f, err := fold.Facts(ctx, e)
		if err != nil {
			return err
		}
		text, err := json.Marshal(f)
		if err != nil {
			return err
		}
		want := row{e.Index, strings.Join([]string{f.Time, f.Actor, f.Org, f.Action, f.Subject, f.Scenario, f.Product, f.Decision}, "\x00"), string(text), glovebox.Digest(e.Raw), strings.Join(f.Datasets, "\x00")}
		if all[n] != want {
			bad = append(bad, "index/"+fmt.Sprint(e.Index)+": the row is not the one that the log makes")
		}
		for n < len(all) && all[n].idx <= e.Index {
			n++
		}
		return nil
	})
	if err != nil && !errors.Is(err, errBehind) {
		return nil, err
	}
	for ; n < len(all); n++ {
		bad = append(bad, "index/"+fmt.Sprint(all[n].idx)+": the log has no such entry")
	}
	more, err := x.checkSubjects(ctx, known)
	return append(bad, more...), err
}

// errBehind ends the reading of a log at the end of its index.
var errBehind = errors.New("the index has no more rows")

// checkSubjects compares what is known of subjects.
func (x *Index) checkSubjects(ctx context.Context, known map[string]*evidence.Subject) (bad []string, err error) {
	rows, err := x.db.QueryContext(ctx, `SELECT name, known, operator, provider FROM subject`)
	if err != nil {
		return nil, unusable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, text, operator, provider string
		if err := rows.Scan(&name, &text, &operator, &provider); err != nil {
			return nil, unusable(err)
		}
		want, err := json.Marshal(known[name])
		if err != nil {
			return nil, unusable(err)
		}
		if s := known[name]; s == nil || string(want) != text || s.Operator != operator || s.Provider != provider {
			bad = append(bad, "index/"+name+": the row is not the one that the log makes")
		}
		delete(known, name)
	}
	for name := range known {
		bad = append(bad, "index/"+name+": the row is missing")
	}
	slices.Sort(bad)
	return bad, rows.Err()
}
