package store

import (
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
)

// TestEveryVersionIsKept: a document that is written again can be read as it was,
// by the state of its entry; the same bytes are kept once, and nothing is kept
// without an entry that names it, changed or taken away.
func TestEveryVersionIsKept(t *testing.T) {
	s := open(t)
	put := func(v string) {
		t.Helper()
		err := s.Update(t.Context(), "a", func(tx *Tx) error {
			if err := tx.Keep([]byte("asked " + v)); err != nil {
				return err
			}
			return datasets.Put(tx, "dataset.current", "care", map[string]string{"from": v}, map[string]string{"why": "test"})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put("may")
	put("june")
	put("may")
	log := &memLog{}
	if err := s.Publish(t.Context(), log); err != nil {
		t.Fatal(err)
	}
	err := s.View(t.Context(), func(tx *Tx) error {
		for i, want := range []string{"may", "june", "may"} {
			e, err := audit.DecodeEntry(log.entries[i])
			if err != nil {
				return err
			}
			doc, err := tx.Kept(e.State)
			if err != nil || string(doc) != `{"from":"`+want+`"}` {
				t.Errorf("entry %d: %s, %v", i, doc, err)
			}
			asked := glovebox.Digest([]byte("asked " + want))
			if string(e.Body) != `{"kept":["`+asked+`"],"why":"test"}` {
				t.Errorf("entry %d: %s", i, e.Body)
			}
			if b, err := tx.Kept(asked); err != nil || string(b) != "asked "+want {
				t.Errorf("entry %d: %s, %v", i, b, err)
			}
		}
		n := 0
		for _, err := range tx.EachKept() {
			if err != nil {
				return err
			}
			n++
		}
		if n != 4 {
			t.Errorf("%d documents are kept, not 4", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), "a", func(tx *Tx) error { return tx.Keep([]byte("nobody names it")) }); err == nil {
		t.Error("bytes are kept that no entry names")
	}
	for _, q := range []string{`UPDATE kept SET data = x''`, `DELETE FROM kept`} {
		if err := s.Update(t.Context(), "a", func(tx *Tx) error { _, err := tx.tx.ExecContext(t.Context(), q); return err }); err == nil {
			t.Errorf("%s is allowed", q)
		}
	}
}
