package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, not %q: %v", filepath.Base(path), got, want, err)
	}
}

// TestReplace: a file is there in full or as it was, and nothing beside it.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := Replace(path, 0o640, text("first")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o604); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	if err := Replace(link, 0o640, text("second")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "second")
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o604 {
		t.Errorf("the file lost its mode: %v %v", st.Mode(), err)
	}
	full := errors.New("no room")
	err := Replace(path, 0o640, func(w io.Writer) error { return errors.Join(text("half")(w), full) })
	if !errors.Is(err, full) {
		t.Errorf("a failed write: %v", err)
	}
	wantFile(t, path, "second")
	for _, bad := range []string{dir, filepath.Join(dir, "no", "where"), filepath.Join(path, "x")} {
		if err := Replace(bad, 0o640, text("x")); err == nil {
			t.Errorf("%s was written", bad)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestReplaceDevice: a device stays one, and its error is an error.
func TestReplaceDevice(t *testing.T) {
	if err := Replace("/dev/full", 0o640, text("x")); err == nil {
		t.Error("/dev/full took a text")
	}
	if err := Replace("/dev/null", 0o640, text("x")); err != nil {
		t.Error(err)
	}
	if st, err := os.Stat("/dev/full"); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		t.Fatalf("/dev/full is no device any more: %v", err)
	}
}
