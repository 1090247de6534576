package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOnlyPipelineMakesReleases guards the airlock: the one constructor of the
// type that can leave, under whatever name a file imports it, called or taken.
func TestOnlyPipelineMakesReleases(t *testing.T) {
	made := 0
	for _, p := range load(t) {
		for _, name := range p.GoFiles {
			uses, err := usesOf(filepath.Join(p.Dir, name), module+"/internal/release", "New")
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case !uses:
			case under(p.ImportPath, "internal/release", "internal/pipeline"):
				made++
			default:
				t.Errorf("%s/%s makes a release: only internal/pipeline may", p.ImportPath, name)
			}
		}
	}
	if made == 0 {
		t.Error("nobody makes a release: this test looks for the wrong name")
	}
}

// TestUsesAreFoundUnderAnyName: an alias, a dot, a value and a link name hide
// nothing.
func TestUsesAreFoundUnderAnyName(t *testing.T) {
	for src, want := range map[string]bool{
		`import "a/release"; var x = release.New()`:                       true,
		`import r "a/release"; var x = r.New()`:                           true,
		`import . "a/release"; var x = New()`:                             true,
		`import r "a/release"; var make = r.New`:                          true,
		`import _ "unsafe"` + "\n//go:linkname f a/release.New\nfunc f()": true,
		`import r "a/release"; var x r.Release`:                           false,
		`import r "a/other"; var x = r.New()`:                             false,
		`import r "a/release"; var x = (struct{ New int }{}).New`:         false,
	} {
		at := filepath.Join(t.TempDir(), "x.go")
		if err := os.WriteFile(at, []byte("package x\n"+src+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := usesOf(at, "a/release", "New"); err != nil || got != want {
			t.Errorf("%s: %v, %v", src, got, err)
		}
	}
}

// usesOf says whether a file uses a name of a package. One that imports the
// package into its own names, or links to the name, does.
func usesOf(file, path, name string) (bool, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		return false, err
	}
	for _, g := range f.Comments {
		for _, c := range g.List {
			if strings.HasPrefix(c.Text, "//go:linkname") && strings.Contains(c.Text, path+"."+name) {
				return true, nil
			}
		}
	}
	found := false
	for _, imp := range f.Imports {
		if imp.Path.Value != `"`+path+`"` {
			continue
		}
		local := path[strings.LastIndex(path, "/")+1:]
		if imp.Name != nil {
			local = imp.Name.Name
		}
		if local == "." {
			return true, nil
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if ok && s.Sel.Name == name {
				x, ok := s.X.(*ast.Ident)
				found = found || ok && x.Name == local
			}
			return true
		})
	}
	return found, nil
}
