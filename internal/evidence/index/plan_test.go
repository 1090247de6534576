package index

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/evidence"
)

// TestQueriesUseIndexes: no question, and not the check of the index, looks through
// a table for each row of another, and a question by a name does not look through
// all entries: the work grows with the answer, not with the log.
func TestQueriesUseIndexes(t *testing.T) {
	db, err := open(context.Background(), filepath.Join(t.TempDir(), "audit.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	plan := func(q string, args ...any) string {
		t.Helper()
		rows, err := db.Query(`EXPLAIN QUERY PLAN `+q, args...)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		defer rows.Close()
		var out []string
		for rows.Next() {
			var id, parent, other int
			var detail string
			if err := rows.Scan(&id, &parent, &other, &detail); err != nil {
				t.Fatal(err)
			}
			out = append(out, detail)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return strings.Join(out, "\n")
	}
	if p := plan(allRows); strings.Contains(p, "SCAN d") || !strings.Contains(p, "SEARCH d") {
		t.Errorf("the check: %s", p)
	}
	all := evidence.Scope{All: true}
	for _, q := range []evidence.Query{{Actor: "x"}, {Org: "x"}, {Scenario: "x"}, {Product: "x"}, {Subject: "x/y"}, {Subjects: []string{"x/y", "x/z"}}, {Kind: "user"},
		{Action: "job.charge"}, {Action: "job."}, {Decision: evidence.Deny}, {Dataset: "x"}, {Person: "x"}, {From: "2026"}, {To: "2026"}} {
		where, args := conditions(all, &q)
		if p := plan(`SELECT facts FROM entry WHERE `+strings.Join(where, " AND "), args...); strings.Contains(p, "SCAN entry\n") || strings.HasSuffix(p, "SCAN entry") {
			t.Errorf("%+v: %s", q, p)
		}
	}
}
