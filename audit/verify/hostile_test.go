package verify_test

import (
	"crypto/ed25519"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/mod/sumdb/note"

	"glovebox.example/glovebox/audit/verify"
)

// TestReportsCanBeShown: names of files, subjects and amounts that a screen would
// obey, or not show, come out written out. Those after the first three are
// printable in the eyes of package strconv.
func TestReportsCanBeShown(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 3)
	hidden := []string{"\x1b[2J", "\u202e", "\U000e0041", "\ufe0f", "\u3164", "\u115f", "\uffa0", "\u034f", "\u17b4", "\u2800", "\ufffc", "\x9b2J", "\xff"}
	for i, x := range hidden {
		name := filepath.Join(dir, "tile", "a"+x)
		if i%2 == 0 {
			name = filepath.Join(dir, "b"+x)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	state := verify.NewState()
	rep := check(t, dir, &verify.Options{Entries: state.Entry})
	if len(rep.List) < len(hidden) {
		t.Fatalf("%d files that do not belong, %d problems", len(hidden), len(rep.List))
	}
	docs := func(yield func(verify.Document, error) bool) {
		for _, x := range hidden {
			if !yield(verify.Document{Subject: "job/" + x, Data: []byte("{}")}, nil) {
				return
			}
		}
	}
	rows := func(yield func(verify.Row, error) bool) {
		for _, x := range hidden {
			if !yield(verify.Row{Job: "j" + x, Account: "d" + x}, nil) {
				return
			}
		}
	}
	found := state.Check(verify.Tables{Documents: iter.Seq2[verify.Document, error](docs), Charges: iter.Seq2[verify.Row, error](rows)})
	if len(found.List) < 2*len(hidden) {
		t.Fatalf("%d problems", len(found.List))
	}
	texts := []string{rep.Err().Error(), rep.Origin, rep.First, rep.Last, rep.Root}
	for _, p := range append(rep.List, found.List...) {
		texts = append(texts, p.String())
	}
	for _, s := range append(texts, rep.Leftovers...) {
		if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("the report holds %+q", s)
		}
		for _, x := range hidden {
			if strings.Contains(s, x) {
				t.Errorf("%+q holds %+q", s, x)
			}
		}
	}
	for _, x := range hidden {
		key, err := note.NewEd25519VerifierKey("n"+x, ed25519.NewKeyFromSeed([]byte(testSeed)).Public().(ed25519.PublicKey))
		if err != nil {
			continue // it is no UTF-8
		}
		if _, err := verify.Proof([]byte("{}"), []byte("{}"), key); err == nil || strings.Contains(err.Error(), x) || !strings.Contains(err.Error(), "verifier key") {
			t.Errorf("a key with the name %+q: %v", "n"+x, err)
		}
	}
}
