package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingIsCompiledAtStart: what a package makes of a text as it is
// imported, every command and every worker pays for. Such things are made on
// first use, by sync.OnceValue.
func TestNothingIsCompiledAtStart(t *testing.T) {
	for _, p := range load(t) {
		if under(p.ImportPath, "internal/proof", "examples") {
			continue
		}
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR && compiles(g) {
					t.Errorf("%s/%s compiles something as it is imported", p.ImportPath, name)
				}
			}
		}
	}
}

// compiles says whether a declaration calls something like regexp.MustCompile
// outside a function.
func compiles(d *ast.GenDecl) (found bool) {
	ast.Inspect(d, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if s, ok := c.Fun.(*ast.SelectorExpr); ok && (strings.HasPrefix(s.Sel.Name, "Must") || strings.HasPrefix(s.Sel.Name, "Compile")) {
				found = true
			}
			if fn, ok := c.Fun.(*ast.FuncLit); ok { // called at once
				ast.Inspect(fn.Body, func(n ast.Node) bool {
					s, ok := n.(*ast.SelectorExpr)
					found = found || ok && strings.HasPrefix(s.Sel.Name, "Must")
					return true
				})
			}
		}
		_, isFunc := n.(*ast.FuncLit)
		return !isFunc
	})
	return found
}
