package bundle_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/release"
)

func TestBundleVerifies(t *testing.T) {
	t.Parallel()
	c := content()
	files := build(t, c, evidence(t, c))
	for _, o := range []*bundle.Options{nil, trusted(t)} {
		r := check(t, asFS(files), o)
		if !r.OK() {
			t.Fatal(r.Err())
		}
		_, digest, _ := c.Encode()
		shown := product()
		shown.Limits.EN = `Only for planning.\u{1B}[2J`
		if r.Domain != domain || r.Release != c.ID || r.Content != digest || r.Index != 2 || r.Rows != 7 || r.Columns != 3 ||
			r.Trusted != (o != nil) || !reflect.DeepEqual(r.Product, shown) || !r.Decision.Allow || r.Receipt.Charges[0].Amount.Loss != 1_000_000_001 {
			t.Errorf("the report does not say what was built: %+v", r)
		}
	}
	dir := t.TempDir() // and from a folder
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := check(t, os.DirFS(dir), trusted(t)); !r.OK() {
		t.Error(r.Err())
	}
}

func TestEmptyResult(t *testing.T) {
	t.Parallel()
	c := content()
	c.Rows, c.Facts = [][]any{}, json.RawMessage(`{}`)
	if r := check(t, asFS(build(t, c, evidence(t, c))), trusted(t)); !r.OK() || r.Rows != 0 {
		t.Error(r.Rows, r.Err())
	}
}

func TestSameInputSameBytes(t *testing.T) {
	t.Parallel()
	c := content()
	ev := evidence(t, c)
	a, b := build(t, c, ev), build(t, c, ev)
	for i := range a {
		if a[i].Name != b[i].Name || !bytes.Equal(a[i].Data, b[i].Data) {
			t.Errorf("%s differs from one build to the next", a[i].Name)
		}
	}
}

// Every byte of every file matters.
func TestFlippedByteInAnyFile(t *testing.T) {
	t.Parallel()
	c := content()
	files := build(t, c, evidence(t, c))
	for i, f := range files {
		step := max(1, len(f.Data)/80)
		for at := 0; at < len(f.Data); at += step {
			bad := slices.Clone(files)
			bad[i].Data = bytes.Clone(f.Data)
			bad[i].Data[at] ^= 0x01
			if r := check(t, asFS(bad), trusted(t)); r.OK() {
				t.Errorf("%s: byte %d of %d flipped, nothing found", f.Name, at, len(f.Data))
			}
		}
	}
}

func TestEveryFailureIsNamed(t *testing.T) {
	t.Parallel()
	c := content()
	files := build(t, c, evidence(t, c))
	f := asFS(files)
	delete(f, bundle.ReadmeFile)
	f["notes.txt"] = &fstest.MapFile{Data: []byte("x")}
	f["extra/file"] = &fstest.MapFile{Data: []byte("x")}
	f["bad\x1b[2Jname"] = &fstest.MapFile{Data: []byte("x")}
	f[bundle.ResultCSV] = &fstest.MapFile{Data: []byte("changed")}
	f[bundle.ProofFile] = &fstest.MapFile{Data: []byte("{}")}
	r := check(t, f, trusted(t))
	for file, what := range map[string]string{
		bundle.ReadmeFile: "missing", "notes.txt": "no bundle has", "extra": "no bundle has", `bad\u{1B}[2Jname`: "no bundle has",
		bundle.ResultCSV: "SHA-256 differs", bundle.ProofFile: "SHA-256 differs",
	} {
		if !slices.ContainsFunc(r.Failures, func(x bundle.Failure) bool { return x.File == file && strings.Contains(x.What, what) }) {
			t.Errorf("no failure of %s that says %q: %v", file, what, r.Failures)
		}
	}
	if !slices.ContainsFunc(r.Failures, func(x bundle.Failure) bool {
		return x.File == bundle.ResultCSV && strings.Contains(x.What, "does not hold what")
	}) {
		t.Errorf("the changed result is not named as such: %v", r.Failures)
	}
	if glovebox.CodeOf(r.Err()) != glovebox.CodeInvalid {
		t.Errorf("code %q", glovebox.CodeOf(r.Err()))
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	good := content()
	ev := evidence(t, good)
	for what, change := range map[string]func(*release.Content, *bundle.Evidence){
		"name":        func(c *release.Content, _ *bundle.Evidence) { c.ID = "../up" },
		"columns":     func(c *release.Content, _ *bundle.Evidence) { c.Columns, c.Rows = nil, nil },
		"column name": func(c *release.Content, _ *bundle.Evidence) { c.Columns[0].Name = "=a" },
		"twice":       func(c *release.Content, _ *bundle.Evidence) { c.Columns[0].Name = "year" },
		"type":        func(c *release.Content, _ *bundle.Evidence) { c.Columns[0].Type = glovebox.Bool },
		"row":         func(c *release.Content, _ *bundle.Evidence) { c.Rows[0] = c.Rows[0][1:] },
		"cell":        func(c *release.Content, _ *bundle.Evidence) { c.Rows[0][0] = 1.5 },
		"utf-8":       func(c *release.Content, _ *bundle.Evidence) { c.Rows[0][0] = "\xff" },
		"receipt":     func(_ *release.Content, ev *bundle.Evidence) { ev.Receipt = glovebox.Receipt{} },
		"proof":       func(_ *release.Content, ev *bundle.Evidence) { ev.Proof = nil },
		"signer":      func(_ *release.Content, ev *bundle.Evidence) { ev.Signer = nil },
		"domain":      func(_ *release.Content, ev *bundle.Evidence) { ev.Domain = "a b" },
	} {
		c, e := content(), ev
		change(c, &e)
		if _, err := bundle.Build(context.Background(), c, e); glovebox.CodeOf(err) != glovebox.CodeInternal {
			t.Errorf("%s: %v", what, err)
		}
	}
	ev.Decision.Allow = false
	if _, err := bundle.Build(context.Background(), good, ev); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("a refusal: %v", err)
	}
}

func TestReadmeSaysWhatMayBeDone(t *testing.T) {
	t.Parallel()
	c := content()
	text := string(asFS(build(t, c, evidence(t, c)))[bundle.ReadmeFile].Data)
	for _, want := range []string{"Care hot spots", "照护热点", "登-2026-001", "Only for planning.", "仅供规划使用。", c.ID, domain} {
		if !strings.Contains(text, want) {
			t.Errorf("README.txt does not say %q", want)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("README.txt holds a terminal's control code")
	}
}

// One file of a bundle is replaced by anything: it never verifies, nothing
// panics.
func FuzzVerify(f *testing.F) {
	c := content()
	files := build(f, c, evidence(f, c))
	for i, file := range files {
		f.Add(byte(i), file.Data[:len(file.Data)/2])
		f.Add(byte(i), []byte(`{}`))
	}
	o := trusted(f)
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		bad := slices.Clone(files)
		i := int(which) % len(bad)
		if bytes.Equal(bad[i].Data, data) {
			return
		}
		bad[i].Data = data
		r, err := bundle.VerifyFiles(context.Background(), bad, verify.Proof, o)
		if err != nil || r.OK() {
			t.Errorf("%s replaced by %q: %v", bad[i].Name, data, err)
		}
	})
}
