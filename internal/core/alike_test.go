package core_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

// TestCopiesAskForAWord loads the same people under a second code: a served
// domain keeps nothing without the word, and tells the provider and the authority
// alone. Other people under a third code are no copy.
func TestCopiesAskForAWord(t *testing.T) {
	c := newCity(t)
	c.people()
	record, err := os.ReadFile(filepath.Join(pums, "dataset.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(pums, "pums.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(data)), "\n")
	for i := range rows[1:] { // others, with the same figures: the id is the last column
		rows[i+1] += "7777"
	}
	load := func(code string, data []byte, word bool) (*domain.Load, error) {
		t.Helper()
		var l domain.Load
		name := filepath.Join(t.TempDir(), code+".csv")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return &l, c.client("census").Do(t.Context(), desk.Act{Name: "dataset.load", Subject: "dataset/" + code,
			Params: desk.Params(desk.DatasetLoad{File: name, AcceptCopy: word}), Files: desk.Disk{}}, &l)
	}
	for _, code := range []string{"pums", "again", "others"} {
		name := filepath.Join(t.TempDir(), code+".yaml")
		if err := os.WriteFile(name, bytes.Replace(record, []byte("code: pums"), []byte("code: "+code), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		c.must("census", desk.Act{Name: "dataset.add", Subject: "dataset/" + code, Params: desk.Params(desk.Document{File: name}), Files: desk.Disk{}}, nil)
	}
	if l, err := load("pums", data, false); err != nil || l.Alike != nil {
		t.Fatalf("%v, %v", l.Alike, err)
	}
	if l, err := load("others", []byte(strings.Join(rows, "\n")), false); err != nil || l.Alike != nil {
		t.Fatalf("other people: %v, %v", l.Alike, err)
	}
	if _, err := load("again", data, false); glovebox.CodeOf(err) != glovebox.CodeConflict || !strings.Contains(err.Error(), "look like a copy of pums") {
		t.Fatalf("without the word: %v", err)
	}
	var x domain.DatasetDoc
	see := func(who string) []string {
		t.Helper()
		x = domain.DatasetDoc{}
		if err := c.client(who).Look(t.Context(), desk.Look{Name: "dataset", ID: "again"}, &x); err != nil {
			t.Fatal(err)
		}
		return x.Alike
	}
	if see("census"); x.Snapshot != nil {
		t.Fatal("a load without the word left a snapshot")
	}
	if l, err := load("again", data, true); err != nil || !slices.Equal(l.Alike, []string{"pums"}) {
		t.Fatalf("with the word: %v, %v", l.Alike, err)
	}
	for who, told := range map[string]bool{"census": true, "zhao": true, "wang": false, "sun": false, "liu": false} {
		if got := see(who); (len(got) > 0) != told {
			t.Errorf("%s is told %v", who, got)
		}
	}
}
