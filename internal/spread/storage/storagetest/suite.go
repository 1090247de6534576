// Package storagetest is the suite that every shared storage is held to. It
// promises that a storage which passes does what package storage says, as far as
// one process can see; not that it survives a power cut.
package storagetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/spread/storage"
)

// Run runs the suite on an empty storage.
func Run(t *testing.T, s storage.Storage) {
	t.Helper()
	ctx := context.Background()
	put := func(name, data string) {
		t.Helper()
		if err := s.Put(ctx, name, strings.NewReader(data), int64(len(data))); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if names, err := s.List(ctx, "runs"); err != nil || len(names) != 0 {
		t.Fatalf("an empty storage lists %v, %v", names, err)
	}
	if _, err := s.Get(ctx, "runs/r-1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := s.Size(ctx, "runs/r-1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := s.Remove(ctx, "runs/r-1"); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
	put("runs/r-1", "one")
	put("runs/r-1", "another")
	put("answers/r-1/a", "x")
	put("answers/r-1/b", "")
	b, err := storage.Read(ctx, s, "runs/r-1", 7)
	if err != nil || string(b) != "another" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := storage.Read(ctx, s, "runs/r-1", 6); err == nil {
		t.Error("more is read than asked for")
	}
	if n, err := s.Size(ctx, "runs/r-1"); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
	names, err := s.List(ctx, "answers/r-1")
	if slices.Sort(names); err != nil || !slices.Equal(names, []string{"answers/r-1/a", "answers/r-1/b"}) {
		t.Errorf("%v, %v", names, err)
	}
	// Whole or not at all.
	if err := s.Put(ctx, "runs/r-1", io.MultiReader(strings.NewReader("cut"), broken{}), 99); err == nil {
		t.Error("a file that breaks off is taken")
	}
	if err := s.Put(ctx, "runs/r-2", bytes.NewReader(nil), 1); err == nil {
		t.Error("a file that is shorter than it says is taken")
	}
	if b, err := storage.Read(ctx, s, "runs/r-1", 99); err != nil || string(b) != "another" {
		t.Errorf("a failed write leaves %q, %v", b, err)
	}
	if _, err := s.Size(ctx, "runs/r-2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a failed write leaves something: %v", err)
	}
	for _, bad := range []string{"", "x", "/etc/passwd", "runs/../x", "runs/.x", "runs/", "runs/A", "runs/a/b/c", "runs/a\x00"} {
		if s.Put(ctx, bad, strings.NewReader("x"), 1) == nil {
			t.Errorf("the name %q is taken", bad)
		}
		if _, err := s.Get(ctx, bad); err == nil {
			t.Errorf("the name %q is read", bad)
		}
		if s.Remove(ctx, bad) == nil {
			t.Errorf("the name %q is removed", bad)
		}
	}
	for _, n := range append(names, "runs/r-1") {
		if err := s.Remove(ctx, n); err != nil {
			t.Error(err)
		}
	}
	if names, err := s.List(ctx, "answers/r-1"); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
}

// broken is a reader that breaks off.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken off") }
