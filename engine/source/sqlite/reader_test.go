package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
)

// database makes a database by statements and returns its bytes.
func database(t testing.TB, statements ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(b []byte, table string) (*Reader, error) {
	return Open(context.Background(), bytes.NewReader(b), int64(len(b)), table)
}

func TestReader(t *testing.T) {
	b := database(t, `CREATE TABLE "租 赁" (编号 TEXT, "ra""te" REAL, day DATE, n BOOLEAN, g AS (1))`,
		`INSERT INTO "租 赁" VALUES ('0012', 1.5, '2024-03-18', 1), (NULL, 9007199254740993, 20240318, x'00'), (CAST(x'ff' AS TEXT), -0.0, '', NULL)`)
	r, err := open(b, "租 赁")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := strings.Join(r.Columns(), "|"); got != `编号|ra"te|day|n` {
		t.Errorf("columns %s", got)
	}
	want := [][]rows.Field{
		{{Kind: rows.Text, Text: []byte("0012")}, {Kind: rows.Float, Float: 1.5}, {Kind: rows.Text, Text: []byte("2024-03-18")}, {Kind: rows.Int, Int: 1}},
		{{}, {Kind: rows.Float, Float: 9007199254740992}, {Kind: rows.Int, Int: 20240318}, {Kind: rows.Other}},
		{{Kind: rows.Garbled}, {Kind: rows.Float}, {Kind: rows.Text, Text: []byte("")}, {}},
	}
	for i := range want {
		row, err := r.Next()
		if err != nil || row == nil || row.Number != int64(i+1) {
			t.Fatalf("row %d: %v, %v", i, row, err)
		}
		for j, f := range row.Fields {
			if w := want[i][j]; f.Kind != w.Kind || f.Int != w.Int || f.Float != w.Float || string(f.Text) != string(w.Text) {
				t.Errorf("row %d, field %d is %+v, want %+v", i, j, f, w)
			}
		}
	}
	if row, err := r.Next(); row != nil || err != nil {
		t.Errorf("a row more: %v", err)
	}
}

// TestRefusals: what runs when it is read, what is not there, what is cut.
func TestRefusals(t *testing.T) {
	b := database(t, `CREATE TABLE t (a)`, `INSERT INTO t VALUES (1)`, `CREATE VIEW v AS SELECT a FROM t`, `CREATE VIRTUAL TABLE f USING fts5(a)`)
	for table, want := range map[string]string{"v": "a view", "f": "a view", "x": "no table of the name", "sqlite_schema": "no table of the name"} {
		if _, err := open(b, table); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", table, err)
		}
	}
	if _, err := open(database(t, `PRAGMA journal_mode=WAL`, `CREATE TABLE t (a)`), "t"); err == nil || !strings.Contains(err.Error(), "WAL") {
		t.Errorf("WAL: %v", err)
	}
	if _, err := open([]byte("a,b\n1,2\n"), "t"); err == nil || !strings.Contains(err.Error(), "no SQLite") {
		t.Errorf("CSV: %v", err)
	}
}

// TestDamaged: whatever byte is changed, there is an error of ours or rows, and
// neither hangs nor holds a value.
func TestDamaged(t *testing.T) {
	secret := "HIDDEN-VALUE"
	b := database(t, `PRAGMA page_size=512`, `CREATE TABLE t (a, b)`, `WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 60) INSERT INTO t SELECT '`+secret+`' || i, i FROM n`)
	failed := 0
	for at := 0; at < len(b); at += 7 {
		bad := bytes.Clone(b)
		bad[at] ^= 0xff
		r, err := open(bad, "t")
		if err == nil {
			for n := 0; n < 10_000; n++ {
				var row *rows.Row
				if row, err = r.Next(); row == nil || err != nil {
					break
				}
			}
			r.Close()
		}
		if err != nil {
			if failed++; glovebox.CodeOf(err) != glovebox.CodeInvalid || strings.Contains(err.Error(), secret) {
				t.Errorf("byte %d: %v", at, err)
			}
		}
	}
	if failed < 20 {
		t.Errorf("only %d changes were noticed: the test sees nothing", failed)
	}
}
