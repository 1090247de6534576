package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// TestDigestsAreNamedInOnePlace: glovebox.Digest names bytes. The checker of
// the log alone has its own.
func TestDigestsAreNamedInOnePlace(t *testing.T) {
	for _, p := range load(t) {
		if p.ImportPath == module || under(p.ImportPath, "audit/verify") {
			continue
		}
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				sums, names := false, false
				ast.Inspect(d, func(n ast.Node) bool {
					switch n := n.(type) {
					case *ast.SelectorExpr:
						sums = sums || n.Sel.Name == "Sum256"
					case *ast.BinaryExpr:
						l, ok := n.X.(*ast.BasicLit)
						names = names || ok && n.Op == token.ADD && l.Value == `"sha256:"`
					}
					return true
				})
				if sums && names {
					t.Errorf("%s/%s names bytes by itself: glovebox.Digest does", p.ImportPath, name)
				}
			}
		}
	}
}
