package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// bothLanguages are the pages that the five roles need, each with a Chinese
// page beside it: NAME.md and NAME.zh.md.
var bothLanguages = []string{
	"README", "docs/access", "docs/cli-json", "docs/cluster", "docs/operations", "docs/policy", "docs/sdk", "docs/serving", "docs/states", "docs/tampering", "docs/threat-model",
	"docs/formats/act", "docs/formats/backup", "docs/formats/audit-log", "docs/formats/database", "docs/formats/dataset", "docs/formats/domain", "docs/formats/grant",
	"docs/formats/guest-abi", "docs/formats/job", "docs/formats/ledger", "docs/formats/module-manifest",
	"docs/formats/neighbour-report", "docs/formats/report", "docs/formats/run", "docs/formats/release-bundle", "docs/formats/scenario", "docs/formats/snapshot",
	"docs/formats/vault", "docs/formats/worker-frames",
}

var (
	code        = regexp.MustCompile("`[^`]+`")
	ideogram    = regexp.MustCompile(`\p{Han}`)
	chinese     = regexp.MustCompile(`^[\p{Han} ]*\p{Han}[\p{Han} ]*$`)
	link        = regexp.MustCompile(`\]\(([^():#]*)(?:#([^()]*))?\)`)
	notInAnchor = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// TestChinesePagesFollowTheEnglish: the same headings, tables, rows and blocks
// of code in the same order, and the same names of fields in each row's first
// cell: what was added to one page and forgotten in the other shows.
func TestChinesePagesFollowTheEnglish(t *testing.T) {
	for _, name := range bothLanguages {
		en, zh := shape(page(t, name+".md"), true), shape(page(t, name+".zh.md"), false)
		for i := range max(len(en), len(zh)) {
			a, b := part(en, i), part(zh, i)
			if a != b {
				t.Errorf("%s: part %d is %s in English, %s in Chinese", name, i+1, a, b)
				break
			}
		}
	}
}

// TestChinesePagesAreListed: each Chinese page is held to its English one.
func TestChinesePagesAreListed(t *testing.T) {
	for _, pattern := range []string{"*.zh.md", "docs/*.zh.md", "docs/*/*.zh.md"} {
		files, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			name, _ := strings.CutSuffix(strings.TrimPrefix(f, "../../"), ".zh.md")
			if !slices.Contains(bothLanguages, name) {
				t.Errorf("%s.zh.md is not held to its English page", name)
			}
			for line := range strings.Lines(page(t, name+".zh.md")) {
				_, title, _ := strings.Cut(strings.TrimSpace(line), " ")
				if strings.HasPrefix(line, "#") && strings.Contains(title, " ") && !ideogram.MatchString(line) && !code.MatchString(line) {
					t.Errorf("%s.zh.md: the heading %q is not Chinese", name, strings.TrimSpace(line))
				}
			}
		}
	}
}

// shape lists what a page is made of: headings by level, rows of tables by the
// names of their first cells, blocks of code. A column of an English page that
// is headed in Chinese alone is not counted: it says in Chinese what the one
// before it says, and a Chinese page has the two in one.
func shape(text string, english bool) []string {
	var out []string
	fence, table, both := false, false, 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		head := !table
		table = strings.HasPrefix(line, "|")
		switch {
		case strings.HasPrefix(line, "```"):
			if fence = !fence; fence {
				out = append(out, "a block of code")
			}
		case fence:
		case strings.HasPrefix(line, "#"):
			out = append(out, "a heading of level "+fmt.Sprint(len(line)-len(strings.TrimLeft(line, "#"))))
		case strings.HasPrefix(line, "|"):
			cells := strings.Split(line, "|")
			if head {
				both = 0
				for _, c := range cells {
					if english && chinese.MatchString(c) {
						both++
					}
				}
			}
			names := code.FindAllString(cells[1], -1)
			slices.Sort(names) // the order of words differs
			out = append(out, fmt.Sprintf("a row of %d cells about %v", len(cells)-2-both, names))
		}
	}
	return out
}

func part(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "not there"
}

// TestChinesePagesLinkToChinesePages: each link leads to a file that is there,
// to its Chinese page where it has one (but for a page's own English one), and
// to a heading of that page.
func TestChinesePagesLinkToChinesePages(t *testing.T) {
	links := 0
	for _, name := range bothLanguages {
		for _, m := range link.FindAllStringSubmatch(page(t, name+".zh.md"), -1) {
			to, heading := filepath.Join(filepath.Dir(name), m[1]), m[2]
			if m[1] == "" {
				to = name + ".zh.md"
			}
			links++
			own := to == name+".md"
			if slices.Contains(bothLanguages, strings.TrimSuffix(to, ".md")) && !own {
				t.Errorf("%s.zh.md links to %s, which has a Chinese page", name, to)
			}
			if heading != "" && !slices.Contains(anchors(page(t, to)), heading) {
				t.Errorf("%s.zh.md links to %s#%s: there is no such heading", name, to, heading)
			}
			if _, err := os.Stat(filepath.Join("../..", to)); err != nil {
				t.Errorf("%s.zh.md: %v", name, err)
			}
		}
	}
	if links < 30 {
		t.Fatalf("only %d links found", links)
	}
}

// anchors are the names by which links reach the headings of a page.
func anchors(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			title = strings.ToLower(strings.TrimSpace(title))
			out = append(out, strings.ReplaceAll(notInAnchor.ReplaceAllString(title, ""), " ", "-"))
		}
	}
	return out
}
