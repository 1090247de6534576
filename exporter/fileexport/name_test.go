package fileexport

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/exporter/drivertest"
)

// lesser opens a directory on a file system that says no to links, as FAT and
// exFAT do, and perhaps to renaming without replacing too.
func lesser(t *testing.T, dir string, no ...error) *Directory {
	t.Helper()
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	d.link = func(string, string) error { return &os.LinkError{Op: "link", Err: no[0]} }
	if len(no) > 1 {
		d.rename = func(string, string) error { return no[1] }
	}
	return d
}

var lessers = map[string][]error{
	"no links":                    {syscall.EPERM},
	"no links, unknown call":      {syscall.ENOSYS},
	"no renaming":                 {syscall.EPERM, syscall.EINVAL},
	"no renaming, not supported":  {syscall.EOPNOTSUPP, syscall.EOPNOTSUPP},
	"no renaming, not permitted":  {syscall.EPERM, syscall.EPERM},
	"no renaming, unknown to all": {syscall.ENOSYS, syscall.ENOSYS},
}

// TestConformanceWithoutLinks: every promise of a destination holds there, but
// that a killed process leaves nothing: see TestPartIsCompleted.
func TestConformanceWithoutLinks(t *testing.T) {
	for what, no := range lessers {
		t.Run(what, func(t *testing.T) {
			drivertest.Run(t, func(t *testing.T) driver.Destination {
				return again{lesser(t, filepath.Join(t.TempDir(), "out"), no...)}
			})
		})
	}
}

// again does what package exporter does: it tries again what may go away.
type again struct{ *Directory }

func (a again) Put(ctx context.Context, name string, body []byte, sum [sha256.Size]byte) error {
	for {
		if err := a.Directory.Put(ctx, name, body, sum); !driver.IsTransient(err) {
			return err
		}
	}
}

// TestPartIsCompleted: a process that was killed while it filled a file left a
// part. The same bytes complete it, and nothing else does.
func TestPartIsCompleted(t *testing.T) {
	ctx := context.Background()
	for _, part := range []string{"", "bo", "body"} {
		dir := t.TempDir()
		d := lesser(t, dir, syscall.EPERM, syscall.EINVAL)
		path := filepath.Join(dir, "r-1", "file")
		put := func(body string) error { return d.Put(ctx, "r-1/file", []byte(body), sha256.Sum256([]byte(body))) }
		// As far as the killed process came: its marker, its file, a part.
		if err := put("body"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(part), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := put("body and more"); !errors.Is(err, driver.ErrExist) {
			t.Fatalf("another body on %q: %v", part, err)
		}
		if err := put("body"); !errors.Is(err, driver.ErrExist) {
			t.Fatalf("a file that nobody began, %q: %v", part, err)
		}
		sum := sha256.Sum256([]byte("body"))
		if err := d.mark(marker("r-1/file", sum)); err != nil {
			t.Fatal(err)
		}
		if err := put("body"); err != nil && !(part == "body" && errors.Is(err, driver.ErrExist)) {
			t.Fatalf("the same body on %q: %v", part, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != "body" {
			t.Fatalf("%q became %q: %v", part, got, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("left behind: %v %v", left, err)
		}
	}
}

// TestAdvice: what to do about a full or read-only place is said.
func TestAdvice(t *testing.T) {
	for err, want := range map[error]string{syscall.ENOSPC: "make room", syscall.EDQUOT: "make room", syscall.EROFS: "may write", fs.ErrPermission: "may write"} {
		if got := plain("write", "r-1/file", &fs.PathError{Err: err}).Error(); !strings.Contains(got, want) {
			t.Errorf("%v: %s", err, got)
		}
	}
}
