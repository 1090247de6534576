package fileexport_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/exporter/drivertest"
	"glovebox.example/glovebox/exporter/fileexport"
)

func open(t *testing.T, dir string) *fileexport.Directory {
	t.Helper()
	d, err := fileexport.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestConformance(t *testing.T) {
	drivertest.Run(t, func(t *testing.T) driver.Destination { return open(t, filepath.Join(t.TempDir(), "out")) })
}

func TestModesAndNothingLeftBehind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	d := open(t, dir)
	body := []byte("x")
	sum := sha256.Sum256(body)
	for _, name := range []string{"r-1/a", "r-1/audit/b", "r-1/a"} {
		if err := d.Put(context.Background(), name, body, sum); err != nil && !errors.Is(err, driver.ErrExist) {
			t.Fatal(err)
		}
	}
	if err := d.Put(context.Background(), "r-1/c", body, [32]byte{}); err == nil {
		t.Fatal("a wrong digest was taken")
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = fs.ModeDir | 0o700
		} else {
			files++
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
		return nil
	})
	if err != nil || files != 2 {
		t.Errorf("%d files, want 2: %v", files, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("after close: %d names, want r-1 alone: %v", len(names), err)
	}
}

// Links in the directory lead nowhere outside it, and are not exports.
func TestLinksAreNotFollowedOut(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	d := open(t, dir)
	if err := os.Symlink(outside, filepath.Join(dir, "r-1")); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	body := []byte("x")
	if err := d.Put(context.Background(), "r-1/a", body, sha256.Sum256(body)); err == nil {
		t.Error("wrote through a link")
	}
	if names, err := os.ReadDir(outside); err != nil || len(names) != 1 {
		t.Errorf("%d files outside, want 1: %v", len(names), err)
	}
	if err := d.Put(context.Background(), "link", body, sha256.Sum256(body)); !errors.Is(err, driver.ErrExist) {
		t.Errorf("put over a link: %v", err)
	}
	if _, err := d.Stat(context.Background(), "link"); !errors.Is(err, driver.ErrExist) {
		t.Errorf("stat of a link: %v", err)
	}
}

func TestFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "x")} {
		if _, err := fileexport.Open(dir); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%q: %v", dir, err)
		}
	}
}
