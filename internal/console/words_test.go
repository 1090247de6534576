package console

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/words"
)

// TestPagesAreInBothLanguages: each text that a template or the code shows is in
// the catalogue of pages, and nothing is there that no page shows. A text is
// written as a constant: {{t "..."}}, v.T("...").
func TestPagesAreInBothLanguages(t *testing.T) {
	shown := map[string]string{}
	quoted := `("(?:[^"\\]|\\.)*")`
	inTemplate, inGo := regexp.MustCompile(`[{( ]t `+quoted), regexp.MustCompile(`(?:\.T\(|say\([a-zA-Z.]+, |text\()`+quoted)
	take := func(name string, all [][]string) {
		for _, m := range all {
			s, err := strconv.Unquote(m[1])
			if err != nil {
				t.Fatal(err)
			}
			shown[s] = name
		}
	}
	err := fs.WalkDir(files, "templates", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, p)
		take(p, inTemplate.FindAllStringSubmatch(string(b), -1))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range sources {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		take(p, inGo.FindAllStringSubmatch(string(b), -1))
	}
	for _, s := range titles {
		shown[s] = "titles"
	}
	for _, f := range forms {
		for _, x := range f.Inputs {
			shown[x.Label] = "forms"
		}
		if f.Note != "" {
			shown[f.Note] = "forms"
		}
	}
	for _, s := range slices.Concat(paramNames(), filterNames, fieldValues()) {
		shown[s] = "params"
	}
	if len(shown) < 50 {
		t.Fatalf("only %d texts found", len(shown))
	}
	known := words.PageTexts()
	for s, at := range shown {
		if !slices.Contains(known, s) {
			t.Errorf("%s: no translation of %q", at, s)
		}
	}
	for _, s := range known {
		if shown[s] == "" {
			t.Errorf("no page shows %q", s)
		}
	}
}

// TestTermsAreInBothLanguages: what an act does is said in Chinese, too.
func TestTermsAreInBothLanguages(t *testing.T) {
	for _, a := range access.Acts {
		if words.In("zh", a.Text) == a.Text {
			t.Errorf("%s: no translation of %q", a.Name, a.Text)
		}
	}
}
