package modbuild

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		at := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLanguageIsFoundFromTheFiles: from a file's name, a project file, or the
// one source of a folder; never by guessing between several.
func TestLanguageIsFoundFromTheFiles(t *testing.T) {
	for name, c := range map[string]struct {
		files    []string
		path     string // in the folder; empty: the folder
		language string // asked for
		want     string // language and source; empty: an error
	}{
		"C file":                   {[]string{"a.c", "b.c"}, "b.c", "", "c b.c"},
		"binary":                   {[]string{"a.wasm"}, "a.wasm", "", "wasm a.wasm"},
		"one source":               {[]string{"a.c", "glovebox.h", "a.wasm", "manifest.json"}, "", "", "c a.c"},
		"two sources":              {[]string{"a.c", "b.c"}, "", "", ""},
		"two languages":            {[]string{"a.c", "b.wat"}, "", "", ""},
		"two languages, one asked": {[]string{"a.c", "b.wat"}, "", "wat", "wat b.wat"},
		"only a binary":            {[]string{"a.wasm"}, "", "", ""},
		"another file":             {[]string{"a.txt"}, "a.txt", "", ""},
		"not of the language":      {[]string{"a.c"}, "a.c", "wat", ""},
		"unknown language":         {[]string{"a.c"}, "a.c", "cobol", ""},
		"empty":                    {nil, "", "", ""},
		"sources further down":     {[]string{"src/a.c"}, "", "", ""},
	} {
		dir := folder(t, c.files...)
		got := ""
		task, l, err := find(Source{Path: filepath.Join(dir, c.path), Language: c.language})
		if err == nil {
			got = l.Name + " " + filepath.Base(task.Source)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q (%v)", name, got, c.want, err)
		}
		if e := new(glovebox.Error); err != nil && (!errors.As(err, &e) || e.Code != glovebox.CodeInvalid || e.Fix == "") {
			t.Errorf("%s: the error says nothing to do: %v", name, err)
		}
	}
}

// TestMarksComeFirst: every project file is found in a folder that has it,
// whatever sources lie beside it.
func TestMarksComeFirst(t *testing.T) {
	for _, l := range Languages() {
		for _, m := range l.Marks {
			dir := folder(t, m, "x.c", "y.wat")
			task, got, err := find(Source{Path: dir, Language: l.Name})
			if err != nil || got.Name != l.Name || filepath.Base(task.Source) != m || !task.Project {
				t.Errorf("%s: %v", m, err)
			}
			// Without --lang, it is this language's or an earlier one's.
			_, got, err = find(Source{Path: dir})
			if err != nil || !slices.Contains(got.Marks, m) {
				t.Errorf("%s: %v", m, err)
			}
		}
	}
}

// TestMissingCompilerSaysWhatToInstall: each language, without any program.
func TestMissingCompilerSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	for _, l := range Languages() {
		if l.Install.EN == "" {
			continue
		}
		for _, f := range slices.Concat(l.Marks, []string{"a" + strings.Join(l.Ext, "")}) {
			if len(l.Ext) != 1 && f[0] == 'a' {
				continue
			}
			dir := folder(t, f, "manifest.json")
			_, err := Build(t.Context(), Source{Path: filepath.Join(dir, f), Language: l.Name})
			e := new(glovebox.Error)
			if !errors.As(err, &e) || e.Code != glovebox.CodeInvalid || e.Fix != l.Install.EN {
				t.Errorf("%s: %s: %v", l.Name, f, err)
			}
		}
	}
}
