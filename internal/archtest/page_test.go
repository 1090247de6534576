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

// wings are the folders of internal that hold packages of one kind, each of
// which ARCHITECTURE.md names too.
var wings = []string{"internal/author", "internal/document", "internal/domain", "internal/proof", "internal/spread", "internal/worker"}

// TestEveryFolderIsExplained: ARCHITECTURE.md names each folder of the top, of
// internal and of its wings, and no other.
func TestEveryFolderIsExplained(t *testing.T) {
	text := page(t, "ARCHITECTURE.md")
	folders := map[string]bool{}
	for _, in := range append([]string{"", "internal"}, wings...) {
		list, err := os.ReadDir(filepath.Join("../..", in))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			switch name := d.Name(); {
			case !d.IsDir() || strings.HasPrefix(name, "."):
			case in != "" && (name == "schema" || name == "testdata" || name == "migrations"): // parts of a package
			case in == "" && (name == "internal" || name == "bin" || name == "build" || strings.HasPrefix(name, "demo-")): // not sources
			default:
				folders[filepath.Join(in, name)] = true
			}
		}
	}
	if len(folders) < 20 {
		t.Fatalf("only %d folders found", len(folders))
	}
	for f := range folders {
		if !regexp.MustCompile("`" + regexp.QuoteMeta(f) + "[/`]").MatchString(text) {
			t.Errorf("ARCHITECTURE.md does not name %s", f)
		}
	}
	for _, m := range regexp.MustCompile("`(internal/[a-z/]*[a-z])/?`").FindAllStringSubmatch(text, -1) {
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

// TestEveryActionIsExplained: docs/formats/audit-log.md lists every action that
// a step writes into the log, and no other.
func TestEveryActionIsExplained(t *testing.T) {
	_, text, _ := strings.Cut(page(t, "docs/formats/audit-log.md"), "**Actions")
	text, _, _ = strings.Cut(text, "\n**")
	listed := map[string]bool{}
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([a-z]+\\.[a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
				listed[m[1]] = true
			}
		}
	}
	written := map[string]bool{}
	for _, dir := range []string{"domain", "pipeline"} {
		files, err := filepath.Glob("../" + dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			for _, m := range regexp.MustCompile(`\b(?:Put|Record|Charge|OpenLedger)\((?:tx, )?"([a-z]+\.[a-z_]+)"`).FindAllStringSubmatch(page(t, filepath.Join("internal/archtest", f)), -1) {
				written[m[1]] = true
			}
		}
	}
	if len(written) < 25 {
		t.Fatalf("only %d actions found", len(written))
	}
	for a := range written {
		if !listed[a] {
			t.Errorf("docs/formats/audit-log.md does not list the action %s", a)
		}
	}
	for a := range listed {
		if !written[a] {
			t.Errorf("docs/formats/audit-log.md lists %s, which nothing writes", a)
		}
	}
}
