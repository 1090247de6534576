package storage_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"glovebox.example/glovebox/internal/spread/storage"
	"glovebox.example/glovebox/internal/spread/storage/storagetest"
)

func TestDir(t *testing.T) {
	dir := t.TempDir()
	s, err := storage.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	storagetest.Run(t, s)
}

// TestDirHoldsForeignThings: a pipe, a link out of the folder and a folder in
// place of a file are errors, and nobody waits.
func TestDirHoldsForeignThings(t *testing.T) {
	dir := t.TempDir()
	s, err := storage.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, lay := range map[string]func(path string) error{
		"pipe": func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"link": func(p string) error { return os.Symlink("/etc/passwd", p) },
		"dir":  func(p string) error { return os.Mkdir(p, 0o700) },
	} {
		if err := os.MkdirAll(filepath.Join(dir, "parts"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := lay(filepath.Join(dir, "parts", name)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), "parts/"+name); err == nil {
			t.Errorf("a %s is read", name)
		}
	}
	if _, err := storage.OpenDir(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a folder that is not there is opened")
	}
}
