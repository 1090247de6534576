package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// choices are the files that may name a mode of jobs or ask whether a job has
// its section: one list for each of what people write (and what makes of a job one
// of another mode), what is asked and what is
// done, the words of the policy, the screens, and the auditor's own cases.
var choices = []string{
	"internal/document/catalog/mode.go", "internal/document/catalog/tune.go", "internal/request/mode.go", "internal/worker/work/mode.go", "internal/worker/work/blocks.go",
	"policy/enums.go", "internal/cli/asked.go", "internal/cli/limits.go", "internal/proof/attack/suite/modes.go",
}

// TestModesAreChosenInOnePlace: a further mode is a file in each of three
// packages and a line in their lists, and no condition anywhere else.
func TestModesAreChosenInOnePlace(t *testing.T) {
	found := map[string]bool{}
	for _, p := range load(t) {
		for _, f := range p.GoFiles {
			name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") + "/" + f
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch x := n.(type) {
				case *ast.SelectorExpr:
					if pkg, ok := x.X.(*ast.Ident); !ok || pkg.Name != "glovebox" || !slices.Contains([]string{"ModeMap", "ModeBlocks", "ModeTrain", "ModeTune"}, x.Sel.Name) {
						return true
					}
				case *ast.BinaryExpr:
					section, ok := x.X.(*ast.SelectorExpr)
					other, isName := x.Y.(*ast.Ident)
					if !ok || !isName || other.Name != "nil" || !slices.Contains([]string{"blocks", "train"}, strings.ToLower(section.Sel.Name)) {
						return true
					}
				default:
					return true
				}
				if found[name] = true; !slices.Contains(choices, name) {
					t.Errorf("%s chooses by a job's mode: ask work.Mode for what differs", name)
				}
				return true
			})
		}
	}
	for _, name := range choices {
		if !found[name] {
			t.Errorf("%s chooses by no mode any more", name)
		}
	}
}
