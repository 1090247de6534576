package check

import (
	"cmp"
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed schema.sql
var schema string

// version is PRAGMA user_version of a database with that schema.
const version = 4

// maxFaults is how many findings of SQLite's own check are reported.
const maxFaults = 100

// object is one row of sqlite_schema but for the page that it begins on.
type object struct{ typ, name, table, text string }

// Schema compares the schema of the file with the one described, statement by
// statement, and with it the numbers that SQLite keeps beside a schema; then it
// has SQLite check the file (types, constraints, indexes, references). It
// reports what is not as it should be. Call it before the tables are read: those
// that it finds changed are not.
func (d *DB) Schema(ctx context.Context) (bad []string, err error) {
	want, err := described(ctx)
	if err != nil {
		return nil, err
	}
	got, err := objects(ctx, d.db)
	if err != nil {
		return nil, unreadable(err)
	}
	for _, name := range slices.SortedFunc(maps.Keys(want), order) {
		switch has, ok := got[name]; {
		case !ok:
			bad = append(bad, fmt.Sprintf("schema/%s: the %s is missing", name[1], name[0]))
		case !slices.Equal(has, want[name]):
			bad = append(bad, fmt.Sprintf("schema/%s: the %s is not the one of this format", name[1], name[0]))
		default:
			d.sound[name[1]] = name[0] == "table" && named(got, name[1]) == 1
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(got), order) {
		if _, ok := want[name]; !ok {
			bad = append(bad, fmt.Sprintf("schema/%q: a %q that this format does not have", name[1], name[0]))
		}
	}
	for _, p := range []struct {
		name string
		want string
	}{{"user_version", fmt.Sprint(version)}, {"application_id", "0"}, {"encoding", "UTF-8"}} {
		var v string
		if err := d.db.QueryRowContext(ctx, `PRAGMA `+p.name).Scan(&v); err != nil {
			return bad, unreadable(err)
		}
		if v != p.want {
			bad = append(bad, fmt.Sprintf("schema/%s: it is not %s", p.name, p.want))
		}
	}
	if len(bad) > 0 {
		return bad, nil // SQLite's own check would run expressions of a foreign schema
	}
	return d.faults(ctx)
}

// faults has SQLite check the file. Its findings name tables, columns, rows by
// number and pages, never a value.
func (d *DB) faults(ctx context.Context) (bad []string, err error) {
	found, err := texts(ctx, d.db, fmt.Sprintf(`PRAGMA integrity_check(%d)`, maxFaults))
	if err != nil {
		return nil, unreadable(err)
	}
	for _, f := range found {
		if f != "ok" {
			bad = append(bad, "domain.db: "+strings.Join(strings.Fields(f), " "))
		}
	}
	loose, err := texts(ctx, d.db, `SELECT DISTINCT "table" FROM pragma_foreign_key_check ORDER BY 1`)
	if err != nil {
		return nil, unreadable(err)
	}
	for _, table := range loose {
		bad = append(bad, fmt.Sprintf("domain.db: rows of %s refer to rows that are not there", table))
	}
	return bad, nil
}

// described makes the schema in memory and reads it back.
func described(ctx context.Context) (map[[2]string][]object, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, err
	}
	return objects(ctx, db)
}

// objects lists a schema by type and name. A schema that was edited by hand
// may hold anything, even one name twice.
func objects(ctx context.Context, db *sql.DB) (map[[2]string][]object, error) {
	r, err := db.QueryContext(ctx, `SELECT coalesce(CAST(type AS TEXT), ''), coalesce(CAST(name AS TEXT), ''), coalesce(CAST(tbl_name AS TEXT), ''),
		typeof(sql) || ' ' || coalesce(CAST(sql AS TEXT), '') FROM sqlite_schema`)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	all := map[[2]string][]object{}
	for r.Next() {
		var o object
		if err := r.Scan(&o.typ, &o.name, &o.table, &o.text); err != nil {
			return nil, err
		}
		at := [2]string{o.typ, o.name}
		all[at] = append(all[at], o)
	}
	return all, r.Err()
}

// named counts the objects of a name, which SQLite reads without their case.
func named(all map[[2]string][]object, name string) (n int) {
	for at, list := range all {
		if strings.EqualFold(at[1], name) {
			n += len(list)
		}
	}
	return n
}

func order(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }

func texts(ctx context.Context, db *sql.DB, q string) (out []string, err error) {
	r, err := db.QueryContext(ctx, q)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for r.Next() {
		var s string
		if err := r.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, r.Err()
}
