package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// plantable are the packages in which the auditor may plant faults; product is
// where it never does: with the tag it does not compile.
const product = "cmd/glovebox"

var plantable = []string{product, "privacy", "privacy/bill", "privacy/mechanism", "sandbox", "internal/worker/work", "internal/domain/store", "internal/pipeline", "internal/proof/attack/suite"}

// TestFaultsAreCompiledOnlyByTheirTag: the build tag of planted faults stands
// in files of three names, in the packages above; the files that hold the
// faults need it, and those for the product forbid it.
func TestFaultsAreCompiledOnlyByTheirTag(t *testing.T) {
	const tag = "glovebox_" + "plant"
	first := map[string]string{"plant_on.go": "//go:build " + tag + "\n", "plant_test.go": "//go:build " + tag + "\n", "plant_off.go": "//go:build !" + tag + "\n"}
	found := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text, rel := string(b), strings.TrimPrefix(filepath.ToSlash(path), "../../")
		mentions := strings.Contains(text, tag)
		want, known := first[filepath.Base(path)]
		allowed := slices.Contains(plantable, filepath.ToSlash(filepath.Dir(rel)))
		switch {
		case mentions && (!known || !allowed):
			t.Errorf("%s names the tag %s: it belongs into plant_on.go, plant_off.go and plant_test.go of %v", rel, tag, plantable)
		case known && allowed && !strings.HasPrefix(text, want):
			t.Errorf("%s does not begin with %q", rel, want)
		case mentions:
			found++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 8 {
		t.Errorf("%d files with the tag: the list cannot be right", found)
	}
	stop, err := os.ReadFile(filepath.Join("../..", product, "plant_on.go"))
	if err != nil || !strings.Contains(string(stop), "\nconst _ = the_product_") {
		t.Errorf("nothing keeps the product from being compiled with the tag: %v", err)
	}
	for _, p := range load(t) {
		if slices.Contains(p.GoFiles, "plant_on.go") {
			t.Errorf("%s compiles its faults without the tag", p.ImportPath)
		}
		for _, imp := range p.Imports {
			if under(imp, "internal/proof/attack") && !under(p.ImportPath, "internal/proof/attack") {
				t.Errorf("%s imports %s: the auditor looks at the product, not the other way round", p.ImportPath, imp)
			}
		}
	}
}
