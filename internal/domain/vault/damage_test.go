package vault

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

func TestDamageIsDetected(t *testing.T) {
	dir, v := fresh(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 20000)
	store(t, v, "a", 1, map[string][]byte{"part-0000.parquet": data, "part-0001.parquet": data[:len(data)/2]})
	store(t, v, "a", 2, map[string][]byte{"part-0000.parquet": data})
	store(t, v, "b", 1, map[string][]byte{"part-0000.parquet": data})
	at := func(elem ...string) string { return filepath.Join(append([]string{dir, "vault"}, elem...)...) }
	part := at("snapshots", "a", "1", "part-0000.parquet.age")
	intact, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	write := func(path string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flip := func(i int) []byte {
		b := bytes.Clone(intact)
		b[i] ^= 1
		return b
	}
	for name, b := range map[string][]byte{
		"header": flip(40), "first chunk": flip(len(intact) / 3), "last byte": flip(len(intact) - 1),
		"cut in a chunk": intact[:len(intact)-1], "cut at a chunk": intact[:len(intact)-len(data)%(64<<10)-16], "cut in the header": intact[:100],
		"empty": {}, "longer": append(bytes.Clone(intact), 0), "huge": append(bytes.Clone(intact), make([]byte, 1<<20)...), "plain": data,
	} {
		write(part, b)
		if _, err := v.OpenPart("a", 1, "part-0000.parquet"); err == nil {
			t.Errorf("%s: not detected", name)
		} else {
			refused(t, err, glovebox.CodeInternal, "part-0000.parquet of snapshot a version 1 is damaged, or someone changed it")
		}
	}
	// Another part of the same snapshot, under this one's name.
	other, err := os.ReadFile(at("snapshots", "a", "1", "part-0001.parquet.age"))
	if err != nil {
		t.Fatal(err)
	}
	write(part, other)
	_, err = v.OpenPart("a", 1, "part-0000.parquet")
	refused(t, err, glovebox.CodeInternal, "damaged")
	if err := os.Remove(part); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("snapshots", "a", "1", "part-0001.parquet.age"), part); err != nil {
		t.Fatal(err)
	}
	_, err = v.OpenPart("a", 1, "part-0000.parquet")
	refused(t, err, glovebox.CodeInternal, "damaged")
	// A whole other snapshot with its key, in the place of this one.
	move := func(from, to string) {
		t.Helper()
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(at("snapshots", "b", "1"), at("snapshots", "a", "2"))
	_, err = v.OpenPart("a", 2, "part-0000.parquet")
	refused(t, err, glovebox.CodeInternal, "damaged")
	move(at("keys", "b-1.age"), at("keys", "a-2.age"))
	_, err = v.OpenPart("a", 2, "part-0000.parquet")
	refused(t, err, glovebox.CodeInternal, "index of snapshot a version 2 is damaged")
	write(at("keys", "a-2.age"), []byte("age-encryption.org/v1\n"))
	_, err = v.OpenPart("a", 2, "part-0000.parquet")
	refused(t, err, glovebox.CodeInvalid, "the key is damaged")
}

func TestDestroyedSnapshotIsGone(t *testing.T) {
	dir, v := fresh(t)
	store(t, v, "a", 1, map[string][]byte{"part-0000.parquet": []byte("x")})
	store(t, v, "a", 2, map[string][]byte{"part-0000.parquet": []byte("y")})
	if err := v.DestroySnapshot("a", 1); err != nil {
		t.Fatal(err)
	}
	_, err := v.OpenPart("a", 1, "part-0000.parquet")
	refused(t, err, glovebox.CodeNotFound, "not in the vault")
	refused(t, v.DestroySnapshot("a", 1), glovebox.CodeNotFound, "not in the vault")
	if got, err := read(v, "a", 2, "part-0000.parquet"); err != nil || string(got) != "y" {
		t.Errorf("the other version: %q, %v", got, err)
	}
	// Only the key is gone: the parts cannot be read, and can be destroyed.
	if err := os.Remove(filepath.Join(dir, "vault/keys/a-2.age")); err != nil {
		t.Fatal(err)
	}
	_, err = v.OpenPart("a", 2, "part-0000.parquet")
	refused(t, err, glovebox.CodeConflict, "the key of snapshot a version 2 was destroyed")
	_, err = v.ReadManifest("a", 2)
	refused(t, err, glovebox.CodeConflict, "was destroyed")
	if err := v.DestroySnapshot("a", 2); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "vault/snapshots/a")); !os.IsNotExist(err) {
		t.Errorf("the dataset's directory is still there: %v", err)
	}
}

func TestCleanRemovesLeftovers(t *testing.T) {
	dir, v := fresh(t)
	for n := range 3 {
		store(t, v, "a", n+1, map[string][]byte{"part-0000.parquet": []byte("x")})
	}
	w, err := v.NewSnapshot("b", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create("part-0000.parquet"); err != nil {
		t.Fatal(err)
	}
	at := func(p string) string { return filepath.Join(dir, "vault", p) }
	for _, f := range []string{"keys/b-1.age", "keys/.tmp-123", "snapshots/stray"} {
		if err := os.WriteFile(at(f), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(at("keys/a-2.age")); err != nil { // a destruction that was cut short
		t.Fatal(err)
	}
	if err := v.Clean(func(code string, version int) bool { return code == "a" && version != 3 }); err != nil {
		t.Fatal(err)
	}
	var left []string
	err = filepath.WalkDir(at(""), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left = append(left, strings.TrimPrefix(p, at("")+"/"))
		}
		return err
	})
	want := "keys/a-1.age snapshots/a/1/index.age snapshots/a/1/manifest.json.age snapshots/a/1/part-0000.parquet.age " +
		"snapshots/a/2/index.age snapshots/a/2/manifest.json.age snapshots/a/2/part-0000.parquet.age snapshots/stray"
	if got := strings.Join(left, " "); err != nil || got != want {
		t.Errorf("left: %s (%v)", got, err)
	}
	if err := v.Clean(nil); err != nil {
		t.Fatal(err)
	}
	if got, err := read(v, "a", 1, "part-0000.parquet"); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNoPlaintextUnderTheDirectory(t *testing.T) {
	dir, v := fresh(t)
	marker := "Zq4Marker9"
	search := func(when string) {
		t.Helper()
		files := 0
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			b, err := os.ReadFile(p)
			if bytes.Contains(b, []byte(marker)) || strings.Contains(p, marker) {
				t.Errorf("%s: %s holds the marker", when, p)
			}
			return err
		})
		if err != nil || files < 3 { // the keys
			t.Fatalf("%s: %d files, %v", when, files, err)
		}
	}
	w, err := v.NewSnapshot("a", 1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := w.Create("part-0000.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(bytes.Repeat([]byte(marker), 100_000)); err != nil {
		t.Fatal(err)
	}
	search("half written")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	search("closed")
	if err := w.Commit([]byte(marker)); err != nil {
		t.Fatal(err)
	}
	search("committed")
	g, err := v.OpenPart("a", 1, "part-0000.parquet")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	search("open")
	if err := v.DestroySnapshot("a", 1); err != nil {
		t.Fatal(err)
	}
	search("destroyed")
}
