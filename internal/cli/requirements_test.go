package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var backquoted = regexp.MustCompile("`([^`]+)`")

// eachText calls fn with every file of the tree that has one of these ends.
func eachText(t *testing.T, fn func(path, text string), ends ...string) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && name != ".." && strings.HasPrefix(name, ".") {
			return fs.SkipDir
		}
		for _, end := range ends {
			if d.IsDir() || !strings.HasSuffix(path, end) {
				continue
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fn(path, string(b))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRequirementsNameWhatIsThere: docs/requirements.md has the 112 rows, each
// once; a row that is held names a command and a test, and every rule, command
// and test that it names is there.
func TestRequirementsNameWhatIsThere(t *testing.T) {
	tests, rules := map[string]bool{}, map[string]bool{}
	name := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
	eachText(t, func(_, text string) {
		for _, m := range name.FindAllStringSubmatch(text, -1) {
			tests[m[1]] = true
		}
	}, "_test.go")
	rule := regexp.MustCompile(`"([a-z_]+\.[a-z_]+)": \{`)
	eachText(t, func(_, text string) {
		for _, m := range rule.FindAllStringSubmatch(text, -1) {
			rules[m[1]] = true
		}
	}, ".rego")
	b, err := os.ReadFile("../../docs/requirements.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 10 || !regexp.MustCompile(`^ \d{3}-\d\d $`).MatchString(cells[1]) {
			continue
		}
		row, state := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[5])
		if seen[row] {
			t.Errorf("row %s is there twice", row)
		}
		seen[row] = true
		if !strings.Contains("✓◐–", state) {
			t.Errorf("row %s: %q is no state", row, state)
		}
		for _, m := range backquoted.FindAllStringSubmatch(cells[6], -1) {
			if !rules[m[1]] {
				t.Errorf("row %s names the rule %s, which is not there", row, m[1])
			}
		}
		commands := backquoted.FindAllStringSubmatch(cells[7], -1)
		for _, m := range commands {
			checkMention(t, "docs/requirements.md row "+row, m[1])
		}
		proofs := backquoted.FindAllStringSubmatch(cells[8], -1)
		for _, m := range proofs {
			if !tests[m[1]] {
				t.Errorf("row %s names the test %s, which is not there", row, m[1])
			}
		}
		if state == "✓" && (len(proofs) == 0 || len(commands) == 0) {
			t.Errorf("row %s is held, and names no command or no test", row)
		}
	}
	if len(seen) != 112 {
		t.Errorf("%d rows, there are 112", len(seen))
	}
}
