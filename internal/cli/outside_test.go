package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	away "glovebox.example/glovebox/internal/evidence/outside"
)

// TestOutsideChecks: with what a domain gave out and its key, and nothing else,
// bundle, log, documents and reports are checked; each file of the copy that is
// changed, left out or added is named.
func TestOutsideChecks(t *testing.T) {
	_, run := lived(t)
	run(0, "audit copy copy --as sun")
	run(0, "report make summary --from 2020-01-01 --to 2099-12-31 -o h.md --as sun")
	bundles, err := filepath.Glob("out/r-*")
	if err != nil || len(bundles) != 1 {
		t.Fatalf("%v, %v", bundles, err)
	}
	if err := os.RemoveAll("city"); err != nil { // the domain is far away
		t.Fatal(err)
	}
	recipe(t, bundles[0])
	key := "copy/key.pub"
	check(t, 0, "bundle", bundles[0], "--key", key)
	check(t, 0, "log", "copy", "--key", key)
	check(t, 0, "log", "copy/log", "--key", key)
	check(t, 0, "report", "h.md", "--evidence", "copy", "--key", key)
	if out, _ := check(t, 0, "log", "copy"); !strings.Contains(out, "no --key") {
		t.Errorf("%s", out)
	}
	check(t, 2)
	check(t, 2, "report", "h.md")
	check(t, 2, "other", "copy")
	other := "test+5dbd96b1+AU9UZ2DZLahGYvT9pvAEuovySIuzubmfP/0+yHlX/JBv"
	for _, what := range [][]string{{"bundle", bundles[0]}, {"log", "copy"}, {"report", "h.md", "--evidence", "copy"}} {
		check(t, 2, append(what, "--key", other)...)
	}
	var files []string
	for _, pattern := range []string{"copy/log/checkpoint", "copy/log/tile/entries/*.p/*", "copy/log/tile/0/*.p/*", "copy/kept/*", bundles[0] + "/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	for _, name := range files {
		if st, err := os.Stat(name); err != nil || st.IsDir() {
			continue
		}
		old, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		what := []string{"log", "copy", "--key", key}
		if strings.HasPrefix(name, "out/") {
			what = []string{"bundle", bundles[0], "--key", key}
		}
		flipped := bytes.Clone(old)
		flipped[len(flipped)/2] ^= 1
		for _, data := range [][]byte{flipped, old[:len(old)-1], append(bytes.Clone(old), '\n'), nil} {
			if data == nil && strings.Contains(name, ".p/") && name != widest(t, filepath.Dir(name)) {
				continue // the end of an older tree need not stay
			}
			if data == nil {
				err = os.Remove(name)
			} else {
				err = os.WriteFile(name, data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if out, _ := check(t, 2, what...); !strings.Contains(out, "NOT verified") {
				t.Errorf("%s: %s", name, out)
			}
		}
		if err := os.WriteFile(name, old, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("copy/kept/"+strings.Repeat("0", 64), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs := check(t, 2, "log", "copy", "--key", key); !strings.Contains(errs, "no entry of the log names this document") {
		t.Errorf("%s", errs)
	}
}

// recipe runs the lines of a bundle's README, as they stand there, on the bundle
// and on bundles of which one file has another byte.
func recipe(t *testing.T, dir string) {
	t.Helper()
	for _, tool := range []string{"python3", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Logf("no %s: the recipe of README.txt is not tried", tool)
			return
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "README.txt"))
	if err != nil {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(string(page), "# ---- begin\n")
	lines, _, ok := strings.Cut(lines, "# ---- end\n")
	if n := strings.Count(lines, "\n"); !ok || n > 24 {
		t.Fatalf("the recipe has %d lines", n)
	}
	try := func(dir string) (string, error) {
		cmd := exec.Command("python3", "-c", lines)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := try(dir); err != nil || !strings.Contains(out, "all right") {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"result.csv", "audit/entry.json", "audit/proof.json", "statement.dsse.json", "key.pub"} {
		copied := filepath.Join(t.TempDir(), "b")
		if err := copyTree(copied, dir); err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(copied, filepath.FromSlash(name))
		b, err := os.ReadFile(at)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		if err := os.WriteFile(at, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := try(copied); err == nil {
			t.Errorf("%s with another byte passes:\n%s", name, out)
		}
	}
}

// widest is the file of a folder of partial tiles that ends the tree.
func widest(t *testing.T, dir string) string {
	t.Helper()
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, n := range names {
		w, _ := strconv.Atoi(n.Name())
		most = max(most, w)
	}
	return filepath.Join(dir, strconv.Itoa(most))
}

func check(t *testing.T, want int, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if status := away.Main(args, glovebox.English, &o, &e); status != want {
		t.Errorf("%v: status %d, not %d\n%s%s", args, status, want, o.String(), e.String())
	}
	return o.String(), e.String()
}
