package domain

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/store/check"
)

// TestChannelRulesChangedByHand: another domain.json and another policy are
// entries before anything is decided under them, once each, and the files can be
// read for good: also after they were put back.
func TestChannelRulesChangedByHand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dom")
	if _, err := Init(t.Context(), dir, InitOptions{Name: "test"}); err != nil {
		t.Fatal(err)
	}
	again := func() {
		t.Helper()
		d, err := Open(t.Context(), dir, &Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	config, rule := filepath.Join(dir, configFile), filepath.Join(dir, policyDir, "mine.rego")
	old, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	strict := strings.Replace(string(old), "{", "{\n  \"strict\": true,", 1)
	const text = "package glovebox.domain\ndeny contains {\"rule\": \"x\", \"text\": {\"en\": \"no\", \"zh\": \"否\"}} if input.point == \"export\"\n"
	again()
	for _, w := range []struct{ path, text string }{{config, strict}, {config, string(old)}, {rule, text}} {
		if err := os.WriteFile(w.path, []byte(w.text), 0o600); err != nil {
			t.Fatal(err)
		}
		again()
		again()
	}
	if err := os.Remove(rule); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), dir, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var actions []string
	err = d.Store.View(t.Context(), func(tx *store.Tx) error {
		_, err := verify.Log(t.Context(), d.LogDir(), d.Info().Key, &verify.Options{Entries: func(e *verify.Entry) error {
			actions = append(actions, e.Action)
			var r rules
			if err := json.Unmarshal(e.Body, &r); err != nil {
				return err
			}
			for _, digest := range r.Sources {
				if _, err := tx.Kept(digest); err != nil {
					return err
				}
			}
			if e.Action == settingsAction && e.Seq == 2 {
				if b, err := tx.Kept(r.Settings); err != nil || string(b) != strict {
					t.Errorf("the settings of entry %d: %q, %v", e.Seq, b, err)
				}
			}
			if e.Seq == 4 {
				if b, err := tx.Kept(r.Sources["domain/mine.rego"]); err != nil || string(b) != text {
					t.Errorf("the policy of entry %d: %q, %v", e.Seq, b, err)
				}
			}
			return nil
		}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{initAction, settingsAction, settingsAction, policyAction, policyAction}; !slices.Equal(actions, want) {
		t.Errorf("%v, want %v", actions, want)
	}
	whole(t, d, 0)
}

// TestWhatIsKeptIsSealed: the rows show nothing of the documents that they keep.
func TestWhatIsKeptIsSealed(t *testing.T) {
	d, dir := made(t)
	for _, org := range []string{"first-marker-organisation", "second"} {
		err := d.Effect(t.Context(), systemBy(), func(tx *store.Tx) error {
			return Users.Put(tx, "user.add", "x", glovebox.User{Name: "x", Org: org, State: "active"}, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := check.Open(filepath.Join(dir, dbFile), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Schema(t.Context()); err != nil {
		t.Fatal(err)
	}
	for row, err := range db.Kept(t.Context()) {
		if err != nil || strings.Contains(string(row.Sealed), "organisation") {
			t.Errorf("%s shows what it keeps, %v", row.Name, err)
		}
	}
	err = d.Store.View(t.Context(), func(tx *store.Tx) error {
		n := 0
		for b, err := range tx.EachKept() {
			if err != nil {
				return err
			}
			if strings.Contains(string(b), "first-marker-organisation") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("the first version is kept %d times", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
