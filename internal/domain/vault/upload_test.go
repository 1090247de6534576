package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"glovebox.example/glovebox"
)

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// TestUploads: pieces in their order, whole or not at all, and never in clear in
// the directory, while they lie there or while they are read.
func TestUploads(t *testing.T) {
	dir := t.TempDir()
	if err := Init(dir); err != nil {
		t.Fatal(err)
	}
	v, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("420281199001011234,"), 1000)
	id := digestOf(data)
	for _, at := range []int64{5, -1} {
		if err := v.Upload("wang", DefaultQuota, id, at, data[:7]); glovebox.CodeOf(err) != glovebox.CodeConflict {
			t.Errorf("a piece at %d: %v", at, err)
		}
	}
	for at := 0; at < len(data); at += 7000 {
		if err := v.Upload("wang", DefaultQuota, id, int64(at), data[at:min(at+7000, len(data))]); err != nil {
			t.Fatal(err)
		}
		if n, err := v.Uploaded(id); err != nil || n != int64(min(at+7000, len(data))) {
			t.Fatalf("%d %v", n, err)
		}
	}
	f, err := v.OpenUpload(id, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, data) {
		t.Errorf("other bytes came back, %v", err)
	}
	short, err := v.OpenUpload(id, 32)
	if err != nil {
		t.Fatal(err)
	}
	defer short.Close()
	if got, err := io.ReadAll(short); err != nil || !bytes.Equal(got, data[32:]) {
		t.Errorf("without its first bytes: other bytes came back, %v", err)
	}
	if _, err := f.WriteAt([]byte("x"), 0); err == nil {
		t.Error("what was handed out can be changed")
	}
	clear(t, dir)

	// Bytes of another digest keep nobody out.
	other := digestOf([]byte("what the other one has"))
	if err := v.Upload("wang", DefaultQuota, other, 0, []byte("something else")); err != nil {
		t.Fatal(err)
	}
	if _, err := v.OpenUpload(other, 0); glovebox.CodeOf(err) != glovebox.CodeNotFound {
		t.Errorf("bytes of another digest: %v", err)
	}
	if err := v.Upload("wang", DefaultQuota, other, 0, []byte("what the other one has")); err != nil {
		t.Error(err)
	}

	for _, bad := range []string{"", "..", "../../keys", id[:63] + "G", id + "0"} {
		if err := v.Upload("wang", DefaultQuota, bad, 0, data[:1]); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%q: %v", bad, err)
		}
		if err := v.Forget(bad); err != nil {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if f, err := v.OpenUpload(digestOf(nil), 0); err != nil {
		t.Errorf("nothing at all: %v", err)
	} else {
		f.Close()
	}
	if err := v.ForgetUploads(time.Now().Add(time.Hour), func(d string) bool { return d == id }); err != nil {
		t.Fatal(err)
	}
	if n, err := v.Uploaded(id); err != nil || n == 0 {
		t.Errorf("what is wanted was forgotten: %v", err)
	}
	if n, err := v.Uploaded(other); err != nil || n != 0 {
		t.Errorf("%d bytes of what nobody wants are left, %v", n, err)
	}
}

// clear fails if a file of the directory holds the marker in clear.
func clear(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("420281199001011234")) {
			t.Errorf("%s holds what was handed in", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUploadsHaveAQuota: nobody hands in more than the quota says, whatever others
// do; what an act took, or was forgotten, makes room.
func TestUploadsHaveAQuota(t *testing.T) {
	dir := t.TempDir()
	if err := Init(dir); err != nil {
		t.Fatal(err)
	}
	v, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	q := Quota{Files: 3, Bytes: 100}
	send := func(by string, of byte, at int64, n int) error {
		all := bytes.Repeat([]byte{of}, 60)
		return v.Upload(by, q, digestOf(all), at, all[at:at+int64(n)])
	}
	for i, c := range []struct {
		by      string
		of      byte
		at      int64
		n       int
		refused bool
	}{
		{"wang", 'a', 0, 40, false}, {"wang", 'b', 0, 50, false}, {"wang", 'a', 40, 20, true}, {"wang", 'a', 40, 10, false},
		{"wang", 'c', 0, 1, true}, {"lin", 'c', 0, 60, false}, {"lin", 'd', 0, 30, false}, {"lin", 'e', 0, 5, false}, {"lin", 'f', 0, 1, true},
	} {
		if err := send(c.by, c.of, c.at, c.n); c.refused != (glovebox.CodeOf(err) == glovebox.CodeConflict) || !c.refused && err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if err := v.Forget(digestOf(bytes.Repeat([]byte{'e'}, 60))); err != nil {
		t.Fatal(err)
	}
	if err := send("lin", 'f', 0, 1); err != nil {
		t.Error(err)
	}
}
