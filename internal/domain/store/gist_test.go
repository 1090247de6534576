package store

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// TestGistsAreTheDocuments: after every change a sift says what reading all
// documents says; a change that was not committed is remembered by nobody, though
// the next one has its revision.
func TestGistsAreTheDocuments(t *testing.T) {
	ctx := context.Background()
	s := open(t)
	type doc struct{ Owner string }
	const kind = Kind[doc]("thing")
	var g Gists[string]
	made := 0
	sift := func(tx *Tx) (out []string, err error) {
		err = Sift(tx, kind, &g, "", func(d *doc) string { made++; return d.Owner }, func(id, x string, _ func() (*doc, error)) (bool, error) {
			out = append(out, id+" "+x)
			return true, nil
		})
		return out, err
	}
	same := func(what string, reads int) {
		t.Helper()
		before := made
		if err := s.View(ctx, func(tx *Tx) error {
			got, err := sift(tx)
			var want []string
			if err == nil {
				err = kind.Each(tx, func(id string, d doc) error { want = append(want, id+" "+d.Owner); return nil })
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if made-before != reads {
			t.Errorf("%s: %d documents were read, want %d", what, made-before, reads)
		}
	}
	put := func(id, owner string, then error) {
		t.Helper()
		if err := s.Update(ctx, "ann", func(tx *Tx) error {
			if err := kind.Put(tx, "thing.put", id, doc{owner}, nil); err != nil {
				return err
			}
			if _, err := sift(tx); err != nil {
				return err
			}
			return then
		}); !errors.Is(err, then) {
			t.Fatal(err)
		}
	}
	put("a", "wang", nil)
	put("b", "liu", nil)
	same("two", 2)
	same("two again", 0)
	put("a", "mallory", errors.New("not committed"))
	same("a change that was given up", 0)
	put("a", "zhao", nil)
	same("a change of the same revision", 1)
}
