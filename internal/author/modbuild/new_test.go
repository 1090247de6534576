package modbuild

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
)

// TestNewProjects: in each language and kind, all files are filled in, the
// manifest is valid and names the project, and nothing is written twice.
func TestNewProjects(t *testing.T) {
	for _, lang := range Templated() {
		l, _ := Named(lang)
		for _, kind := range Kinds() {
			dir := filepath.Join(t.TempDir(), "new")
			p := Project{Name: "ward-costs", Language: lang, Kind: kind, Dir: dir}
			m, err := New(p)
			if kind == abi.KindMapScalar && l.Scalar == nil {
				if e, ok := errors.AsType[*glovebox.Error](err); !ok || e.Code != glovebox.CodeInvalid || strings.Contains(e.Fix, " "+lang+",") {
					t.Errorf("%s: a project of kind %s: %v", lang, kind, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range []string{"README.md", "README.zh.md", "manifest.json", "job.yaml", l.Main} {
				if !slices.Contains(m.Files, f) {
					t.Errorf("%s %s: no %s", lang, kind, f)
				}
			}
			for _, f := range m.Files {
				b, err := os.ReadFile(filepath.Join(dir, f))
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(b), "{{") && !strings.HasPrefix(f, l.SDKDir) || strings.HasSuffix(f, ".tmpl") {
					t.Errorf("%s %s: %s is not filled in", lang, kind, f)
				}
			}
			b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
			if err != nil {
				t.Fatal(err)
			}
			man, err := abi.DecodeManifest(b)
			if err != nil || man.Name != p.Name || man.Functions[0].Kind != kind {
				t.Errorf("%s %s: %v", lang, kind, err)
			}
			if _, err := New(p); code(err) != glovebox.CodeInvalid {
				t.Errorf("%s %s: a second time: %v", lang, kind, err)
			}
		}
	}
}

func code(err error) glovebox.Code {
	e := new(glovebox.Error)
	errors.As(err, &e)
	return e.Code
}

func TestNewRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, p := range []Project{
		{Name: "x", Language: "cobol"},
		{Name: "x", Language: ""},
		{Name: "x", Language: "wasm"},
		{Name: "Upper", Language: "c"},
		{Name: "", Language: "c"},
		{Name: "../x", Language: "c"},
		{Name: strings.Repeat("x", 64), Language: "c"},
	} {
		if _, err := New(p); code(err) != glovebox.CodeInvalid {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("a refused project left %s", left[0].Name())
	}
	// A folder with anything in it is not touched.
	if err := os.Mkdir("mine", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("mine/notes.txt", []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Project{Name: "mine", Language: "c"}); code(err) != glovebox.CodeInvalid {
		t.Errorf("a folder in use: %v", err)
	}
	if list, _ := os.ReadDir("mine"); len(list) != 1 {
		t.Errorf("%d files in a folder in use", len(list))
	}
	// An empty one is as good as none.
	if err := os.Mkdir("empty", 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Project{Name: "empty", Language: "c"}); err != nil {
		t.Error(err)
	}
}
