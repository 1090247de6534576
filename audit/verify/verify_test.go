package verify_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
)

const testSeed = "a test's key, never a domain's k"

func testKey(t testing.TB) *audit.Key {
	t.Helper()
	k, err := audit.NewKey("test.example/domain", ed25519.NewKeyFromSeed([]byte(testSeed)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func document(seq uint64) []byte { return fmt.Appendf(nil, `{"job":%d}`, seq) }

// encoded makes entry seq: the jobs are admitted and charged in turn.
func encoded(t testing.TB, seq uint64) []byte {
	t.Helper()
	e := audit.Entry{Seq: seq, Time: fmt.Sprintf("2026-11-21T10:%02d:%02dZ", seq/60%60, seq%60), Actor: "ann", Action: "job.admit",
		Subject: fmt.Sprintf("job/%d", seq), State: fmt.Sprintf("sha256:%x", sha256.Sum256(document(seq)))}
	if seq%2 == 0 {
		e.Action, e.State, e.Subject = verify.ChargeAction, "", fmt.Sprintf("job/%d", seq-1)
		e.Body = json.RawMessage(fmt.Sprintf(`{"charges":[{"dataset":"pums","kind":"pure","amount":{"loss":%d,"delta":0}}]}`, seq))
	}
	data, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// write makes a closed log of n entries. Its first few are appended one by
// one, so that partial tiles of older sizes lie beside the last.
func write(t testing.TB, dir string, n uint64) {
	t.Helper()
	ctx := context.Background()
	l, err := audit.Open(ctx, dir, testKey(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	size, err := l.Size(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var batch [][]byte
	for seq := size + 1; seq <= n; seq++ {
		batch = append(batch, encoded(t, seq))
	}
	if len(batch) > 0 {
		if _, err := l.AppendBatch(ctx, batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func check(t testing.TB, dir string, o *verify.Options) *verify.Report {
	t.Helper()
	r, err := verify.Log(context.Background(), dir, testKey(t).Verifier(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantProblem(t testing.TB, p *verify.Problems, where, what string) {
	t.Helper()
	for _, got := range p.List {
		if strings.Contains(got.Where, where) && strings.Contains(got.What, what) {
			return
		}
	}
	t.Errorf("no problem at %q that says %q; there are %d: %v", where, what, len(p.List)+p.More, p.Err())
}

func TestGoodLogs(t *testing.T) {
	t.Parallel()
	for _, n := range []uint64{0, 1, 2, 5, 255, 256, 257, 700} {
		dir := t.TempDir()
		write(t, dir, n)
		var got uint64
		r := check(t, dir, &verify.Options{Entries: func(e *verify.Entry) error {
			got++
			if e.Seq != got || e.Index != got-1 || !bytes.Equal(e.Raw, encoded(t, got)) {
				t.Errorf("entry %d is not what was written", got)
			}
			return nil
		}})
		if !r.OK() || r.Size != n || r.Read != n || got != n || r.Unsigned != 0 || len(r.Leftovers) > 0 {
			t.Errorf("%d entries: size %d, read %d, unsigned %d, leftovers %v, %v", n, r.Size, r.Read, r.Unsigned, r.Leftovers, r.Err())
		}
	}
}

// Every byte of every file matters: one that is flipped is found. All bytes of
// a small log, some of one that crosses a tile.
func TestFlippedByteInAnyFile(t *testing.T) {
	t.Parallel()
	small, large := t.TempDir(), t.TempDir()
	write(t, small, 3) // leaves partial tiles of 1, 2 and 3
	write(t, small, 4)
	flipAll(t, small, func(n int) int { return 1 })
	write(t, large, 3)
	write(t, large, 260)
	flipAll(t, large, func(n int) int { return max(1, n/3) })
}

func flipAll(t *testing.T, dir string, step func(size int) int) {
	t.Helper()
	if r := check(t, dir, nil); !r.OK() {
		t.Fatal(r.Err())
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || len(data) == 0 {
			return err
		}
		files++
		for at := 0; at < len(data); at += step(len(data)) {
			bad := bytes.Clone(data)
			bad[at] ^= 0x01
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				return err
			}
			if r := check(t, dir, nil); r.OK() {
				t.Errorf("%s: byte %d of %d flipped, nothing found", strings.TrimPrefix(path, dir), at, len(data))
			}
		}
		return os.WriteFile(path, data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 7 {
		t.Errorf("only %d files in the log", files)
	}
	if r := check(t, dir, nil); !r.OK() {
		t.Errorf("the log was not put back: %v", r.Err())
	}
}

func TestEveryFileIsNeeded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, 260)
	for _, name := range []string{"checkpoint", ".state/treeState", "tile/entries/000", "tile/entries/001.p/4", "tile/0/000", "tile/0/001.p/4", "tile/1/000.p/1"} {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		r := check(t, dir, nil)
		wantProblem(t, &r.Problems, name, "")
		// A folder in its place is no better, and a link is not followed.
		if err := os.Symlink("/dev/zero", path); err != nil {
			t.Fatal(err)
		}
		r = check(t, dir, nil)
		wantProblem(t, &r.Problems, name, "not a regular file")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tile/entries/notes.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := check(t, dir, nil)
	wantProblem(t, &r.Problems, "notes.txt", "")
}

func TestTruncatedLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, 4)
	write(t, dir, 9)
	if err := os.Remove(filepath.Join(dir, "tile/entries/000.p/9")); err != nil {
		t.Fatal(err)
	}
	r := check(t, dir, nil)
	wantProblem(t, &r.Problems, "tile/entries/000.p/9", "missing")
	if err := os.WriteFile(filepath.Join(dir, ".state/treeState"), []byte(`{"size":4,"root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r = check(t, dir, nil)
	wantProblem(t, &r.Problems, ".state/treeState", "4 entries, 9 are signed")
	wantProblem(t, &r.Problems, ".state/treeState", "do not add up")
}

// A copy put back as a whole is consistent; a checkpoint kept elsewhere, or
// the database, gives it away.
func TestRollback(t *testing.T) {
	t.Parallel()
	dir, old := t.TempDir(), t.TempDir()
	write(t, dir, 5)
	if err := os.CopyFS(old+"/log", os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	early, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, 300)
	late, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	for _, remembered := range [][]byte{early, late} {
		if r := check(t, dir, &verify.Options{Remembered: [][]byte{remembered}}); !r.OK() {
			t.Errorf("good log: %v", r.Err())
		}
	}
	if r := check(t, old+"/log", &verify.Options{Remembered: [][]byte{early}}); !r.OK() {
		t.Errorf("old copy against its own checkpoint: %v", r.Err())
	}
	r := check(t, old+"/log", &verify.Options{Remembered: [][]byte{early, late}})
	wantProblem(t, &r.Problems, "checkpoint", "rolled back")

	other := t.TempDir() // the same key, another history
	ctx := context.Background()
	l, err := audit.Open(ctx, other, testKey(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); seq <= 7; seq++ {
		e := audit.Entry{Seq: seq, Time: "2026-11-21T10:00:00Z", Actor: "eve", Action: "job.admit", Subject: "job/1"}
		data, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(ctx, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if r := check(t, other, nil); !r.OK() {
		t.Fatal(r.Err())
	}
	r = check(t, other, &verify.Options{Remembered: [][]byte{early}})
	wantProblem(t, &r.Problems, "checkpoint", "history was rewritten")

	_, err = verify.Log(ctx, dir, testKey(t).Verifier(), &verify.Options{Remembered: [][]byte{early, []byte("nonsense")}})
	if glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("nonsense as remembered checkpoint: %v", err)
	}
}

func TestAnotherKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, 3)
	other, err := audit.NewKey("test.example/domain", ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32))))
	if err != nil {
		t.Fatal(err)
	}
	r, err := verify.Log(context.Background(), dir, other.Verifier(), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, &r.Problems, "checkpoint", "not signed by")
	_, err = verify.Log(context.Background(), dir, "not a key", nil)
	if glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("bad key: %v", err)
	}
	_, err = verify.Log(context.Background(), filepath.Join(dir, "none"), other.Verifier(), nil)
	if glovebox.CodeOf(err) != glovebox.CodeNotFound {
		t.Errorf("no folder: %v", err)
	}
}

// What a writer that was killed leaves behind: a number behind a name, and a
// tree that is ahead of its checkpoint.
func TestAfterAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, 3)
	before, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, 6)
	for _, name := range []string{"checkpoint123456", ".state/treeState77", "tile/0/0002147483647", "tile/entries/000.p/61234567"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := check(t, dir, nil)
	if !r.OK() || len(r.Leftovers) != 4 {
		t.Errorf("leftovers %v, problems %v", r.Leftovers, r.Err())
	}
	if err := os.WriteFile(filepath.Join(dir, "checkpoint"), before, 0o600); err != nil {
		t.Fatal(err)
	}
	r = check(t, dir, nil)
	wantProblem(t, &r.Problems, "checkpoint", "3 entries after the last signed one")
	if r.Unsigned != 3 || r.Read != 6 {
		t.Errorf("unsigned %d, read %d", r.Unsigned, r.Read)
	}
	write(t, dir, 6) // opening signs the rest and clears up
	r = check(t, dir, nil)
	if !r.OK() || r.Size != 6 || len(r.Leftovers) != 0 {
		t.Errorf("after opening: size %d, leftovers %v, %v", r.Size, r.Leftovers, r.Err())
	}
}
