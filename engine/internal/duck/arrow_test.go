package duck

import (
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheTagIsForTwoFiles: arrow.go alone needs the tag, so that a build
// without it compiles everywhere, and then refuses at the first use of DuckDB.
func TestTheTagIsForTwoFiles(t *testing.T) {
	var tagged []string
	err := filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.ImportsOnly)
		if err != nil {
			return nil // not the project's Go: testdata
		}
		for _, g := range f.Comments {
			for _, c := range g.List {
				if constraint.IsGoBuild(c.Text) && strings.Contains(c.Text, "duckdb_arrow") {
					tagged = append(tagged, filepath.Base(path))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(tagged) != 2 || tagged[0] != "arrow.go" || tagged[1] != "arrow_off.go" {
		t.Errorf("files with the tag: %v", tagged)
	}
	if out, err := exec.Command("go", "vet", "-tags=", ".").CombinedOutput(); err != nil {
		t.Errorf("without the tag: %v\n%s", err, out)
	}
}
