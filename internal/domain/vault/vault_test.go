package vault

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// fresh makes a domain directory and opens its vault.
func fresh(t testing.TB) (string, *Vault) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "domain")
	if err := Init(dir); err != nil {
		t.Fatal(err)
	}
	return dir, reopen(t, dir)
}

func reopen(t testing.TB, dir string) *Vault {
	t.Helper()
	v, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// store writes a snapshot with the given parts.
func store(t testing.TB, v *Vault, code string, version int, parts map[string][]byte) {
	t.Helper()
	w, err := v.NewSnapshot(code, version)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
	}()
	for name, data := range parts {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit([]byte(`{"manifest":true}`)); err != nil {
		t.Fatal(err)
	}
}

func read(v *Vault, code string, version int, name string) ([]byte, error) {
	f, err := v.OpenPart(code, version, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// refused checks an error's code and part of its text.
func refused(t *testing.T, err error, code glovebox.Code, text string) {
	t.Helper()
	if err == nil || glovebox.CodeOf(err) != code || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v (%s), want %s with %q", err, glovebox.CodeOf(err), code, text)
	}
}

func TestSnapshotRoundTrip(t *testing.T) {
	dir, v := fresh(t)
	big := make([]byte, 3<<20+17)
	_, _ = rand.Read(big)
	parts := map[string][]byte{"part-0000.parquet": big, "part-0001.parquet": {}, "sealed-0000.parquet": []byte("sealed")}
	store(t, v, "population", 1, parts)
	store(t, v, "population", 2, map[string][]byte{"part-0000.parquet": []byte("second")})
	v = reopen(t, dir)
	for name, want := range parts {
		got, err := read(v, "population", 1, name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if got, err := read(v, "population", 2, "part-0000.parquet"); err != nil || string(got) != "second" {
		t.Errorf("%q, %v", got, err)
	}
	if m, err := v.ReadManifest("population", 1); err != nil || string(m) != `{"manifest":true}` {
		t.Errorf("manifest %q, %v", m, err)
	}
	for _, name := range []string{"part-0002.parquet", "manifest.json", "index", "../keys/domain", ""} {
		_, err := v.OpenPart("population", 1, name)
		refused(t, err, glovebox.CodeNotFound, "no such part")
	}
	_, err := v.OpenPart("population", 3, "part-0000.parquet")
	refused(t, err, glovebox.CodeNotFound, "not in the vault")
	_, err = v.OpenPart("..", 1, "part-0000.parquet")
	refused(t, err, glovebox.CodeInvalid, "not the name of a snapshot")
}

func TestPartsInParallel(t *testing.T) {
	_, v := fresh(t)
	const n = 16
	name := func(i int) string { return fmt.Sprintf("part-%04d.parquet", i) }
	parallel := func(do func(i int) error) {
		t.Helper()
		errs := make(chan error, n)
		for i := range n {
			go func() { errs <- do(i) }()
		}
		for range n {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
	}
	w, err := v.NewSnapshot("a", 1)
	if err != nil {
		t.Fatal(err)
	}
	parallel(func(i int) error {
		f, err := w.Create(name(i))
		if err != nil {
			return err
		}
		_, err = f.Write([]byte(name(i)))
		return errors.Join(err, f.Close())
	})
	if err := w.Commit(nil); err != nil {
		t.Fatal(err)
	}
	parallel(func(i int) error {
		b, err := read(v, "a", 1, name(i))
		if err == nil && string(b) != name(i) {
			err = fmt.Errorf("%s holds %s", name(i), b)
		}
		return err
	})
}

func TestMemoryFileCannotBeChanged(t *testing.T) {
	_, v := fresh(t)
	store(t, v, "a", 1, map[string][]byte{"part-0000.parquet": []byte("hello")})
	f, err := v.OpenPart("a", 1, "part-0000.parquet")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("x"), 0); !errors.Is(err, unix.EPERM) {
		t.Errorf("write: %v", err)
	}
	if err := f.Truncate(1); !errors.Is(err, unix.EPERM) {
		t.Errorf("truncate: %v", err)
	}
	// Another descriptor of the same file is no way around the seals.
	path := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	if g, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
		if _, err := g.WriteAt([]byte("x"), 0); !errors.Is(err, unix.EPERM) {
			t.Errorf("write through the path: %v", err)
		}
		_ = g.Close()
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "hello" {
		t.Errorf("%q, %v", b, err)
	}
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("the descriptor survives exec: %#x, %v", flags, err)
	}
}

func TestWriterRefusesMisuse(t *testing.T) {
	_, v := fresh(t)
	store(t, v, "a", 1, nil)
	_, err := v.NewSnapshot("a", 1)
	refused(t, err, glovebox.CodeConflict, "in the vault already")
	for _, bad := range []struct {
		code    string
		version int
	}{{"A", 1}, {"a", 0}, {"", 1}, {"../a", 1}, {"a/b", 1}} {
		_, err := v.NewSnapshot(bad.code, bad.version)
		refused(t, err, glovebox.CodeInvalid, "not the name of a snapshot")
	}
	w, err := v.NewSnapshot("a", 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"manifest.json", "index", "", "../x.y", "a/b.c", ".hidden.x", "P.x", "a.b.c.d"} {
		_, err := w.Create(name)
		refused(t, err, glovebox.CodeInternal, "not a name")
	}
	f, err := w.Create("part-0000.parquet")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Create("part-0000.parquet")
	refused(t, err, glovebox.CodeInternal, "written twice")
	refused(t, w.Commit(nil), glovebox.CodeInternal, "1 parts of snapshot a version 2 are not complete")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	_, err = w.Create("part-0001.parquet")
	refused(t, err, glovebox.CodeInternal, "finished")
	refused(t, w.Commit(nil), glovebox.CodeInternal, "finished")
	_, err = v.OpenPart("a", 2, "part-0000.parquet")
	refused(t, err, glovebox.CodeNotFound, "not in the vault")
}

// TestSecondWriterLosesNothing commits one version twice: the first stays
// readable.
func TestSecondWriterLosesNothing(t *testing.T) {
	_, v := fresh(t)
	late, err := v.NewSnapshot("a", 1)
	if err != nil {
		t.Fatal(err)
	}
	store(t, v, "a", 1, map[string][]byte{"part-0000.parquet": []byte("first")})
	refused(t, late.Commit(nil), glovebox.CodeConflict, "in the vault already")
	if err := late.Abort(); err != nil {
		t.Fatal(err)
	}
	if got, err := read(v, "a", 1, "part-0000.parquet"); err != nil || string(got) != "first" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestNoPlaintextUnderTheDirectory plants a marker in data and manifest and
// searches every file, also while the snapshot is being written.
// FuzzOpenPart puts foreign bytes in the place of a part.
// FuzzIndex decodes foreign bytes as an index.
