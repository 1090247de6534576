package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func page(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestEveryFolderIsExplained: ARCHITECTURE.md names each folder of the top and
// of internal, and no other.
func TestEveryFolderIsExplained(t *testing.T) {
	text := page(t, "ARCHITECTURE.md")
	folders := map[string]bool{}
	for _, in := range []string{"", "internal"} {
		list, err := os.ReadDir(filepath.Join("../..", in))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			switch name := d.Name(); {
			case !d.IsDir() || strings.HasPrefix(name, "."):
			case in == "" && (name == "internal" || name == "bin" || name == "build" || strings.HasPrefix(name, "demo-")): // not sources
			default:
				folders[filepath.Join(in, name)] = true
			}
		}
	}
	if len(folders) < 30 {
		t.Fatalf("only %d folders found", len(folders))
	}
	for f := range folders {
		if !regexp.MustCompile("`" + regexp.QuoteMeta(f) + "[/`]").MatchString(text) {
			t.Errorf("ARCHITECTURE.md does not name %s", f)
		}
	}
	for _, m := range regexp.MustCompile("`(internal/[a-z]+)`").FindAllStringSubmatch(text, -1) {
		if !folders[m[1]] {
			t.Errorf("ARCHITECTURE.md names %s, which is not there", m[1])
		}
	}
}

// TestEveryDependencyIsOwned: each module that go.mod requires directly has its
// owners in this package and its reason in RATIONALE.md.
func TestEveryDependencyIsOwned(t *testing.T) {
	text := page(t, "RATIONALE.md")
	mods := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(page(t, "go.mod"), -1)
	if len(mods) < 20 {
		t.Fatalf("only %d direct requirements found", len(mods))
	}
	for _, m := range mods {
		owned := false
		for prefix := range owners {
			owned = owned || strings.HasPrefix(m[1], prefix)
		}
		if !owned {
			t.Errorf("%s has no owner in internal/archtest", m[1])
		}
		short := strings.TrimPrefix(regexp.MustCompile(`/v\d+$`).ReplaceAllString(m[1], ""), "github.com/")
		if !strings.Contains(text, "`"+short) {
			t.Errorf("RATIONALE.md does not say why %s", short)
		}
	}
}
