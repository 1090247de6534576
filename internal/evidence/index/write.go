package index

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
)

// batch is how many entries one transaction takes in.
const batch = 10_000

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
