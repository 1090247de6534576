package audit_test

import (
	"context"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
)

// A log that does not match its checkpoint is not opened, so that nothing is
// written over the evidence.
func TestDamagedLogIsNotOpened(t *testing.T) {
	t.Parallel()
	ctx, good := context.Background(), t.TempDir()
	l := open(t, good)
	var batch [][]byte
	for seq := 1; seq <= 258; seq++ {
		batch = append(batch, encoded(t, seq))
	}
	if _, err := l.AppendBatch(ctx, batch[:3]); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	early, err := os.ReadFile(filepath.Join(good, ".state/treeState"))
	if err != nil {
		t.Fatal(err)
	}
	l = open(t, good)
	if _, err := l.AppendBatch(ctx, batch[3:]); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)

	edit := func(name string, change func([]byte) []byte) func(string) error {
		return func(dir string) error {
			path := filepath.Join(dir, name)
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, change(data), 0o600)
		}
	}
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.RemoveAll(filepath.Join(dir, name)) }
	}
	for what, damage := range map[string]func(string) error{
		"shorter than its checkpoint": edit(".state/treeState", func([]byte) []byte { return early }),
		"tree state cannot be read":   edit(".state/treeState", func([]byte) []byte { return []byte("{") }),
		"tree state is missing":       remove(".state/treeState"),
		"checkpoint cannot be read":   remove("checkpoint"),
		"not one of this domain":      edit("checkpoint", flip),
		"tiles do not add up":         edit("tile/0/001.p/2", flip),
		"last entry cannot be read":   edit("tile/entries/001.p/2", func(b []byte) []byte { b[len(b)-1]++; return b }),
	} {
		dir := filepath.Join(t.TempDir(), "log")
		if err := os.CopyFS(dir, os.DirFS(good)); err != nil {
			t.Fatal(err)
		}
		if err := damage(dir); err != nil {
			t.Fatal(err)
		}
		_, err := audit.Open(ctx, dir, testKey(t), nil)
		if err == nil {
			t.Errorf("%s: opened", what)
			continue
		}
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	other, err := audit.NewKey("test.example/domain", ed25519.NewKeyFromSeed([]byte(strings.Repeat("y", 32))))
	if err != nil {
		t.Fatal(err)
	}
	_, err = audit.Open(ctx, good, other, nil)
	wantCode(t, err, glovebox.CodeInvalid)
}

// Opening removes what killed writers left and what wider tiles replaced, and
// nothing that the signed tree needs.
func TestOpenClearsUp(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	l := open(t, dir)
	var batch [][]byte
	for seq := 1; seq <= 290; seq++ {
		batch = append(batch, encoded(t, seq))
	}
	if _, err := l.AppendBatch(ctx, batch); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	junk := []string{"checkpoint12345", ".state/treeState6", "tile/0/0007654321", "tile/0/001.p/341234567", "tile/entries/000.p/77", "tile/entries/001.p/200", "tile/entries/002"}
	for _, name := range junk {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("junk"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l = open(t, dir)
	for _, name := range junk {
		if _, err := os.Stat(filepath.Join(dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s is still there", name)
		}
	}
	widths, err := os.ReadDir(filepath.Join(dir, "tile/entries/001.p"))
	if err != nil || len(widths) != 1 || widths[0].Name() != "34" {
		t.Errorf("partial bundles %v, %v; want 34 only", widths, err)
	}
	if _, err := l.Append(ctx, encoded(t, 291)); err != nil {
		t.Error(err)
	}
	seq := 0
	for data, err := range l.Read(ctx, 0, 1<<40) {
		seq++
		if err != nil || string(data) != string(encoded(t, seq)) {
			t.Fatalf("entry %d: %v", seq, err)
		}
	}
	if seq != 291 {
		t.Errorf("%d entries, want 291", seq)
	}
}
