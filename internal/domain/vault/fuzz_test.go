package vault

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"glovebox.example/glovebox"
)

func FuzzOpenPart(f *testing.F) {
	dir, v := fresh(f)
	plain := []byte("the one and only plaintext")
	store(f, v, "a", 1, map[string][]byte{"part-0000.parquet": plain})
	path := filepath.Join(dir, "vault/snapshots/a/1/part-0000.parquet.age")
	intact, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(intact)
	f.Add(intact[:len(intact)-1])
	f.Add([]byte("age-encryption.org/v1\n-> X25519 a\n\n--- b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := read(v, "a", 1, "part-0000.parquet")
		switch {
		case err == nil && !bytes.Equal(got, plain):
			t.Fatalf("other bytes are accepted: %q", got)
		case err != nil && glovebox.CodeOf(err) != glovebox.CodeInternal:
			t.Fatal(err)
		}
	})
}

func FuzzIndex(f *testing.F) {
	id := snapshot{"a", 1}
	f.Add(index{"part-0000.parquet": {5, [32]byte{1}}, "manifest.json": {0, [32]byte{}}}.encode(id))
	f.Add([]byte("glovebox index 1 a 1\n"))
	f.Add([]byte("glovebox index 1 a 1\n00 1 a.b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, ok := decodeIndex(data, id)
		if ok && !bytes.Equal(x.encode(id), data) {
			t.Fatal("an index is read that was not written")
		}
		if _, other := decodeIndex(data, snapshot{"a", 2}); ok && other {
			t.Fatal("one index for two snapshots")
		}
	})
}
