package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestCheckSeesEveryBlob: a layout that was written passes, the same folder
// gives the same index, and each file changed, gone or added is noticed.
func TestCheckSeesEveryBlob(t *testing.T) {
	from := t.TempDir()
	if err := os.MkdirAll(filepath.Join(from, "usr", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "usr", "bin", "program"), []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	m := meta{Version: "1.2.3", Arch: "amd64", Time: time.Unix(1, 0).UTC()}
	made := func() string {
		layout := t.TempDir()
		if err := write(from, layout, m); err != nil {
			t.Fatal(err)
		}
		return layout
	}
	layout, out := made(), t.TempDir()
	if err := check(layout, out); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(out, "usr", "bin", "program")); err != nil || string(b) != "program" {
		t.Fatalf("unpacked: %q, %v", b, err)
	}
	read := func(dir string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, "index.json"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if !bytes.Equal(read(layout), read(made())) {
		t.Error("the same folder gave another index")
	}
	blobs, err := filepath.Glob(filepath.Join(layout, "blobs", "sha256", "*"))
	if err != nil || len(blobs) != 3 {
		t.Fatalf("%d blobs, %v", len(blobs), err)
	}
	for _, blob := range blobs {
		b, err := os.ReadFile(blob)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range [][]byte{append(bytes.Clone(b), ' '), b[:len(b)-1], nil} {
			if err := os.WriteFile(blob, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if check(layout, "") == nil {
				t.Errorf("%s: %d bytes for %d pass", filepath.Base(blob), len(bad), len(b))
			}
		}
		if err := os.WriteFile(blob, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(layout, "blobs", "sha256", "more"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if check(layout, "") == nil {
		t.Error("a blob that nothing names passes")
	}
}
