package index

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
)

// Check makes every row of the index in a file again from the log and says what
// differs, row by row. Entries that it has not taken in yet are no fault: whoever
// asks it has them taken in first.
func Check(ctx context.Context, path string, log evidence.Log) (bad []string, err error) {
	x := &Index{log: log}
	if x.db, err = open(ctx, path); err != nil {
		return []string{"index: the file is not an index of a log"}, nil //nolint:nilerr // that is the finding
	}
	defer x.db.Close()
	var at int
	if err := x.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&at); err == nil && at != version {
		return nil, nil // of an older program: whoever asks it has it made anew first
	}
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

// allRows is every row of the index as text, in order.
const allRows = `SELECT idx, time || char(0) || actor || char(0) || org || char(0) || action || char(0) || subject || char(0) || scenario || char(0) || product || char(0) || decision, facts, digest,
		coalesce((SELECT group_concat(dataset, char(0)) FROM (SELECT dataset FROM entry_dataset d WHERE d.idx = entry.idx ORDER BY dataset)), '') FROM entry ORDER BY idx`

// each calls fn with every row in order, one in memory at a time.
func (x *Index) each(ctx context.Context, fn func(*row) error) error {
	rows, err := x.db.QueryContext(ctx, allRows)
	if err != nil {
		return unusable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.idx, &r.columns, &r.facts, &r.digest, &r.datasets); err != nil {
			return unusable(err)
		}
		if err := fn(&r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return unusable(err)
	}
	return nil
}

// check goes through log and rows side by side.
func (x *Index) check(ctx context.Context) (bad []string, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	next, end := iter.Pull2(func(yield func(*row, error) bool) {
		err := x.each(ctx, func(r *row) error {
			if !yield(r, nil) {
				return errBehind
			}
			return nil
		})
		if err != nil && !errors.Is(err, errBehind) {
			yield(nil, err)
		}
	})
	defer end()
	fold := evidence.NewFold(x.log)
	known := map[string]*evidence.Subject{}
	fold.Learned = func(name string, s *evidence.Subject) error { known[name] = s; return nil }
	r, err, more := next()
	missing := 0
	err = errors.Join(err, x.log.From(ctx, 0, func(e *verify.Entry) error {
		if !more || err != nil {
			return errors.Join(err, errBehind)
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
		if *r != want {
			bad = append(bad, "index/"+strconv.FormatUint(e.Index, 10)+": the row is not the one that the log makes")
		}
		for more && r.idx <= e.Index {
			if r, err, more = next(); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil && !errors.Is(err, errBehind) {
		return bad, err
	}
	for ; more; r, err, more = next() {
		if err != nil {
			return bad, err
		}
		if missing++; missing <= maxMissing {
			bad = append(bad, "index/"+strconv.FormatUint(r.idx, 10)+": the log has no such entry")
		}
	}
	end() // the one connection is free again
	rest, err := x.checkSubjects(ctx, known)
	return append(bad, rest...), err
}

// maxMissing bounds how many rows behind the log's end are named.
const maxMissing = 1000

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
