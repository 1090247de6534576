package domain

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/domain/store"
)

// TestDailySelfCheck: once a day the domain checks itself and says in its log what
// it found: nothing where all is as it was written, and by name what is not.
func TestDailySelfCheck(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "city")
	if _, err := Init(t.Context(), dir, InitOptions{}); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 15, 1, 0, 0, 0, time.UTC)
	now = now.AddDate(10, 0, 0) // after the entry of init
	d, err := Open(t.Context(), dir, &Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	check := func() *SelfChecked {
		t.Helper()
		c, err := d.SelfCheck(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := check(); c == nil || c.Problems != 0 || c.Entries != 1 || c.Day != "2036-03-15" || c.FreePart < 0 {
		t.Fatalf("%+v", c)
	}
	now = now.Add(14 * time.Hour) // still the same day in Beijing
	if c := check(); c != nil {
		t.Errorf("twice a day: %+v", c)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, dbFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO doc (kind, id, rev, body) VALUES ('grace', 'x', 1, '{}')`); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Hour)
	if c := check(); c == nil || c.Problems == 0 || !strings.Contains(strings.Join(c.First, " "), "grace/x") {
		t.Errorf("%+v", c)
	}
	var entry []byte
	if err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		entry, err = tx.Newest(DomainKeys.Subject(d.Name), selfCheckAction)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var e struct {
		Body SelfChecked `json:"body"`
	}
	if err := json.Unmarshal(entry, &e); err != nil || e.Body.Problems == 0 || e.Body.Day != "2036-03-16" {
		t.Errorf("%v %s", err, entry)
	}
	if _, err := db.Exec(`DELETE FROM doc WHERE kind = 'grace'`); err != nil {
		t.Fatal(err)
	}
	if v, err := d.Verify(t.Context()); err != nil || len(v.Problems) > 0 {
		t.Errorf("%v %v", err, v.Problems)
	}
}
