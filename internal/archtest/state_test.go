package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"
)

// TestStatesAreNamed: a state is written as its constant, so that the compiler
// finds a wrong one, and only state.go, state_data.go and internal/domain/job say which there
// are.
func TestStatesAreNamed(t *testing.T) {
	states := map[string]bool{"active": true, "suspended": true, "withdrawn": true, "current": true, "replaced": true, "destroyed": true,
		"proposed": true, "granted": true, "ended": true, "refused": true, "admitted": true, "charged": true, "done": true, "pending": true, "approved": true, "exported": true,
		"paused": true, "cancelled": true, "reviewed": true, "returned": true, "superseded": true, "reported": true, "handling": true, "recovered": true, "closed": true, "frozen": true}
	literal := func(e ast.Expr) bool {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return false
		}
		s, err := strconv.Unquote(lit.Value)
		return err == nil && states[s]
	}
	field := func(e ast.Expr) bool {
		switch x := e.(type) {
		case *ast.SelectorExpr:
			return x.Sel.Name == "State"
		case *ast.Ident:
			return x.Name == "State"
		}
		return false
	}
	for _, p := range load(t) {
		for _, name := range p.GoFiles {
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				bad := false
				switch x := n.(type) {
				case *ast.KeyValueExpr:
					bad = field(x.Key) && literal(x.Value)
				case *ast.BinaryExpr:
					bad = field(x.X) && literal(x.Y) || field(x.Y) && literal(x.X)
				case *ast.AssignStmt:
					for i := range min(len(x.Lhs), len(x.Rhs)) {
						bad = bad || field(x.Lhs[i]) && literal(x.Rhs[i])
					}
				}
				if bad {
					t.Errorf("%s: a state is written as text: use its constant", set.Position(n.Pos()))
				}
				return true
			})
		}
	}
}
