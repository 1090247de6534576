package cli

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/words"
)

// full makes a domain in whose database no table is empty and every action has
// left a row: with a counted and a fitted snapshot, two loads, a job that ran,
// one that was refused, a release with a report that was approved and exported.
func full(t *testing.T) (dir string) {
	t.Helper()
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := copyTree(filepath.Join(dir, "json"), "testdata/json"); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	run := func(want int, line string) string {
		t.Helper()
		status, out, errs := shell(t, append(strings.Fields(line), "--domain", "city")...)
		if status != want {
			t.Fatalf("%s: status %d\n%s%s", line, status, out, errs)
		}
		return out
	}
	run(0, "user add wu --role auditor")
	run(0, "dataset load pums pums/pums.csv --as chen")
	run(0, "dataset add json/noisy.yaml --as chen")
	run(0, "dataset load noisy json/noisy.csv --as chen")
	run(0, "dataset sample pums --fit --rho 0.001 --units 3 --as chen")
	run(3, "job run pums/job.yaml --as wu")
	id := regexp.MustCompile(`r-[0-9a-f]{16}`).FindString(run(0, "job run pums/job.yaml --as wang"))
	run(0, "job run pums/job.yaml --as wang")
	run(0, "module test pums/income.wasm --job pums/job.yaml --record pums/dataset.yaml --units 9 --neighbours -o report.json")
	run(0, "release attach "+id+" report.json --as wang")
	run(0, "release approve "+id+" --as zhao")
	run(0, "release approve "+id+" --as chen")
	run(0, "release export "+id+" --to out --as liu")
	run(0, "audit verify")
	return filepath.Join(dir, "city")
}

// editor is somebody with an SQL shell on a domain's database, who knows its
// schema and puts it back as it was.
type editor struct {
	t  *testing.T
	db *sql.DB
}

func edit(t *testing.T, dir string, file ...string) *editor {
	t.Helper()
	name := filepath.Join(append([]string{dir}, append(file, "domain.db")[0])...)
	db, err := sql.Open("sqlite", name+"?_pragma=foreign_keys(0)&_pragma=ignore_check_constraints(1)&_pragma=synchronous(0)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return &editor{t, db}
}

func (e *editor) do(q string, args ...any) {
	e.t.Helper()
	if _, err := e.db.Exec(q, args...); err != nil {
		e.t.Fatalf("%s: %v", q, err)
	}
}

func (e *editor) list(q string, args ...any) (out []string) {
	e.t.Helper()
	rows, err := e.db.Query(q, args...)
	if err != nil {
		e.t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			e.t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		e.t.Fatal(err)
	}
	return out
}

// unguarded runs fn with all triggers out of the way, which come back after it.
func (e *editor) unguarded(fn func()) {
	e.t.Helper()
	texts := e.list(`SELECT sql FROM sqlite_schema WHERE type = 'trigger'`)
	for _, name := range e.list(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`) {
		e.do(`DROP TRIGGER ` + name)
	}
	fn()
	for _, q := range texts {
		e.do(q)
	}
}

// keys is how a problem names a row, as SQL on its table.
var keys = map[string]string{
	"doc": `kind || '/' || id`, "ledger": `'ledger/' || account`, "charge": `job || ' on ' || account`,
	"outbox": `'outbox/' || seq || ':'`, "blob": `'blob/' || digest`, "kept": `'kept/' || digest`, "part": `'ledger/' || account || ' part ' || value`,
}

// TestChannelRewrittenLedger edits each column of each row of each table of a
// full domain, takes each row away and adds one like it, always under a schema
// that is as it should be: each time the check names the row.
func TestChannelRewrittenLedger(t *testing.T) {
	dir := full(t)
	d, err := domain.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	e := edit(t, dir)
	edits := map[string]int{}
	tables := e.list(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
	if len(tables) != len(keys) {
		t.Fatalf("the tables are %v", tables)
	}
	for _, table := range tables {
		key := keys[table]
		// Copies of all rows, to put each back.
		e.do(`CREATE TEMP TABLE old_` + table + ` AS SELECT *, ` + key + ` AS row_key FROM ` + table)
		columns := e.list(`SELECT name FROM pragma_table_xinfo('` + table + `')`)
		all := strings.Join(columns, ", ")
		rows := e.list(`SELECT row_key FROM old_` + table)
		if len(rows) == 0 && table != "part" { // of charges to parts of a ledger: see TestSpacesAndParts of audit/verify
			t.Fatalf("%s is empty", table)
		}
		try := func(what, row, change string) {
			t.Helper()
			e.unguarded(func() { e.do(change, row) })
			found(t, d, strings.TrimSuffix(row, ":"), what+" of "+table)
			e.unguarded(func() {
				e.do(`DELETE FROM ` + table)
				e.do(`INSERT INTO ` + table + ` (` + all + `) SELECT ` + all + ` FROM temp.old_` + table)
			})
			edits[table]++
		}
		for _, row := range rows {
			where := ` WHERE ` + key + ` = ?1`
			for _, c := range columns {
				switch typ := e.list(`SELECT type FROM pragma_table_xinfo('`+table+`') WHERE name = ?`, c)[0]; typ {
				case "INTEGER":
					try(c, row, `UPDATE `+table+` SET `+c+` = `+c+` + 100000`+where)
					if c == "idx" {
						try(c+" (null)", row, `UPDATE `+table+` SET idx = NULL`+where)
					}
				case "TEXT":
					try(c, row, `UPDATE `+table+` SET `+c+` = `+c+` || ' '`+where)
				case "BLOB":
					try(c, row, `UPDATE `+table+` SET `+c+` = CAST(`+c+` || ' ' AS BLOB)`+where)
				default:
					t.Fatalf("%s.%s has type %s", table, c, typ)
				}
			}
			try("a row", row, `DELETE FROM `+table+where)
		}
		e.do(`DROP TABLE temp.old_` + table)
	}
	t.Log(edits)
	if v, err := d.Verify(t.Context()); err != nil || len(v.Problems) > 0 {
		t.Errorf("put back as it was: %v, %v", v.Problems, err)
	}
}

// english is a phrase that nobody has translated.
var english = regexp.MustCompile(`[a-z]{2,} [a-z]{2,}`)

// found wants the check to name a row or a part of the schema.
func found(t *testing.T, d *domain.Domain, name, what string) {
	t.Helper()
	v, err := d.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range v.Problems {
		if zh := words.In(glovebox.Chinese, p); english.MatchString(zh) {
			t.Errorf("in Chinese: %s", zh)
		}
	}
	for _, p := range v.Problems {
		if strings.Contains(p, name) {
			return
		}
	}
	t.Errorf("%s: %s is not named: %q", what, name, v.Problems)
}

// TestChannelRewrittenSchema: what else an SQL editor can do to the file.
func TestChannelRewrittenSchema(t *testing.T) {
	dir := full(t)
	base := filepath.Join(t.TempDir(), "base")
	clean := func() { // a copy without WAL
		e := edit(t, dir)
		e.do(`PRAGMA wal_checkpoint(TRUNCATE)`)
		e.db.Close()
	}
	clean()
	if err := copyTree(base, dir); err != nil {
		t.Fatal(err)
	}
	tamperedFiles(t, base)
	type change struct{ named, statements string }
	changes := map[string]change{
		"a view":                     {`schema/"v"`, `CREATE VIEW v AS SELECT 1`},
		"a table":                    {`schema/"extra"`, `CREATE TABLE extra (a)`},
		"an index":                   {`schema/"i"`, `CREATE INDEX i ON charge (actor)`},
		"a trigger":                  {`schema/"undo"`, `CREATE TRIGGER undo AFTER INSERT ON charge BEGIN UPDATE doc SET rev = rev WHERE 0; END`},
		"full-text search":           {`schema/"fts_data"`, `CREATE VIRTUAL TABLE fts USING fts5 (body)`},
		"statistics":                 {`schema/"sqlite_stat1"`, `ANALYZE`},
		"a column":                   {"schema/charge", `ALTER TABLE charge ADD COLUMN refund INTEGER`},
		"a generated column":         {"schema/ledger", `ALTER TABLE ledger ADD COLUMN twice INTEGER GENERATED ALWAYS AS (2 * total_loss) VIRTUAL`},
		"a renamed column":           {"schema/charge", `DROP TRIGGER charge_no_update; DROP TRIGGER charge_no_delete; ALTER TABLE charge RENAME COLUMN actor TO who`},
		"a weaker trigger":           {"schema/ledger_only_grows", `DROP TRIGGER ledger_only_grows; CREATE TRIGGER ledger_only_grows BEFORE UPDATE ON ledger WHEN 0 BEGIN SELECT RAISE(ABORT, 'no'); END`},
		"a trigger on another table": {"schema/ledger_no_delete", `DROP TRIGGER ledger_no_delete; CREATE TRIGGER ledger_no_delete BEFORE DELETE ON blob BEGIN SELECT RAISE(ABORT, 'a ledger cannot be deleted'); END`},
		"a table as a view":          {"schema/charge", `ALTER TABLE charge RENAME TO hidden; CREATE VIEW charge AS WITH RECURSIVE f (n) AS (SELECT 1 UNION ALL SELECT n FROM f) SELECT n FROM f`},
		"the version":                {"schema/user_version", `PRAGMA user_version = 99`},
		"the version of before":      {"schema/user_version", `PRAGMA user_version = 0`},
		"the application":            {"schema/application_id", `PRAGMA application_id = 7`},
		"a check taken out":          {"schema/ledger", `PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (total_loss >= 0)', '') WHERE name = 'ledger'`},
		"a blank":                    {"schema/doc", `PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT, ', 'STRICT,') WHERE name = 'doc'`},
		"another type": {"domain.db: ", `PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT, ', '') WHERE name = 'doc'; PRAGMA writable_schema = reset;
			UPDATE doc SET body = CAST(body AS BLOB); PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'WITHOUT', 'STRICT, WITHOUT') WHERE name = 'doc'`},
		"a broken check":     {"ledger/pums: its total", `DROP TRIGGER ledger_only_grows; UPDATE ledger SET total_loss = -1; ` + triggerText(t, dir, "ledger_only_grows")},
		"a broken reference": {"domain.db: ", `INSERT INTO charge VALUES ('j', 'nothing', '', '', 0, 0, '', 1)`},
		"an index that lacks a row": {"domain.db: ", `PRAGMA writable_schema = 1; CREATE TEMP TABLE kept AS SELECT * FROM sqlite_schema WHERE name = 'outbox_subject';
			DELETE FROM sqlite_schema WHERE name = 'outbox_subject'; PRAGMA writable_schema = reset; DROP TRIGGER outbox_no_change;
			UPDATE outbox SET subject = 'job/other' WHERE seq = 3; PRAGMA writable_schema = 1;
			INSERT INTO sqlite_schema SELECT * FROM temp.kept;
			PRAGMA writable_schema = reset;` + triggerText(t, dir, "outbox_no_change")},
		"a row in the outbox's future": {"outbox/1000", `INSERT INTO outbox (seq, subject, action, entry) SELECT 1000, subject, action, entry FROM outbox WHERE seq = 2`},
		"a ledger for a new dataset":   {"ledger/free", `INSERT INTO ledger (account, kind, assumed, total_loss, total_delta) VALUES ('free', 'pure', 0, 9, 9)`},
		"bytes that nobody kept":       {"blob/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", `INSERT INTO blob VALUES ('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', x'')`},
		"a kept document that was not": {"kept/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", `INSERT INTO kept VALUES ('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', x'')`},
		"a document of a new kind":     {"grace/x", `INSERT INTO doc VALUES ('grace', 'x', 1, '{}')`},
	}
	e := edit(t, dir)
	for _, typ := range []string{"trigger", "index"} {
		for _, name := range e.list(`SELECT name FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL`, typ) {
			changes["no "+name] = change{"schema/" + name, "DROP " + typ + " " + name}
		}
	}
	for what, c := range changes {
		copied := filepath.Join(t.TempDir(), "city")
		if err := copyTree(copied, base); err != nil {
			t.Fatal(err)
		}
		e := edit(t, copied)
		e.do(c.statements)
		// By the command, which opens the domain for writing first.
		status, out, errs := shell(t, "audit", "verify", "--domain", copied)
		if status != 2 || !strings.Contains(errs, c.named) || !strings.HasPrefix(out, "NOT verified") {
			t.Errorf("%s: status %d, %s is not named\n%s%s", what, status, c.named, out, errs)
		}
		e.db.Close()
	}
}

func triggerText(t *testing.T, dir, name string) string {
	t.Helper()
	return edit(t, dir).list(`SELECT sql FROM sqlite_schema WHERE name = ?`, name)[0]
}

// TestDatabaseIsPrivate: the database, and what SQLite puts beside it, is its
// owner's alone, whatever the mask of the process; what was open is closed.
func TestDatabaseIsPrivate(t *testing.T) {
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	city := filepath.Join(dir, "city")
	look := func() (n int) {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(city, "domain.db*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if st, err := os.Stat(name); err != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", name, st.Mode(), err)
			}
		}
		return len(names)
	}
	look()
	if err := os.Chmod(filepath.Join(city, "domain.db"), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := domain.Open(t.Context(), city, &domain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n := look(); n != 3 {
		t.Errorf("%d files", n)
	}
}
