package cli

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/clipperhouse/displaywidth"
	"github.com/spf13/cobra"
)

// tree is a fresh command tree in a language.
func tree(lang string) *cobra.Command {
	a := newApp([]string{"--lang", lang}, Streams{In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &bytes.Buffer{}})
	return a.root()
}

// commands lists every command that a person can find, groups included.
func commands(c *cobra.Command) []*cobra.Command {
	var out []*cobra.Command
	for _, s := range c.Commands() {
		if !s.Hidden && s.Name() != "help" && s.Name() != "completion" {
			out = append(append(out, s), commands(s)...)
		}
	}
	return out
}

// shell runs a command line without a domain and returns what it printed.
func shell(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = Run(context.Background(), args, Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

// TestEveryCommandHelps: usage line, a paragraph, options, examples, exit
// status, in both languages, in lines that fit a terminal.
func TestEveryCommandHelps(t *testing.T) {
	for lang, want := range map[string][]string{
		"en": {"Usage:", "Everywhere:", "Example:", "Exit status", "Commands:", "More: "},
		"zh": {"用法：", "通用选项：", "示例：", "退出码", "命令：", "更多："},
	} {
		list := commands(tree(lang))
		if len(list) < 30 {
			t.Fatalf("only %d commands found", len(list))
		}
		for _, c := range list {
			path := strings.Fields(c.CommandPath())[1:]
			status, out, errs := shell(t, slices.Concat(path, []string{"--help", "--lang", lang})...)
			if status != 0 || errs != "" {
				t.Errorf("%s --help: status %d, %s", c.CommandPath(), status, errs)
				continue
			}
			need := []string{want[0], "  " + c.CommandPath(), want[1]}
			if c.HasSubCommands() {
				need = append(need, want[4], want[5])
			} else {
				need = append(need, want[2], want[3])
				if c.Long == "" || c.Example == "" {
					t.Errorf("%s (%s) has no description or no example", c.CommandPath(), lang)
				}
			}
			for _, w := range need {
				if !strings.Contains(out, w) {
					t.Errorf("%s --help (%s) lacks %q:\n%s", c.CommandPath(), lang, w, out)
				}
			}
			if han := strings.ContainsFunc(c.Short+c.Long, func(r rune) bool { return unicode.Is(unicode.Han, r) }); han != (lang == "zh") {
				t.Errorf("%s --help is not in language %s", c.CommandPath(), lang)
			}
			for line := range strings.Lines(out) {
				if w := displaywidth.String(strings.TrimRight(line, "\n")); w > 125 {
					t.Errorf("%s --help (%s): a line is %d columns wide: %s", c.CommandPath(), lang, w, line)
				}
			}
		}
	}
}

// TestHelpTextsAgree: both languages document the same commands and options,
// and every group is on the first screen.
func TestHelpTextsAgree(t *testing.T) {
	en, zh := commands(tree("en")), commands(tree("zh"))
	for i, c := range en {
		if zh[i].CommandPath() != c.CommandPath() || zh[i].Use != c.Use || zh[i].Example != c.Example {
			t.Errorf("%s and %s differ in usage or example", c.CommandPath(), zh[i].CommandPath())
		}
	}
	for _, lang := range []string{"en", "zh"} {
		_, first, _ := shell(t, "--lang", lang)
		for _, c := range en {
			words := strings.Fields(c.CommandPath())[1:]
			line := regexp.MustCompile(`(?m)^  ` + words[0] + ` .*\b` + words[len(words)-1] + `\b`)
			if len(words) == 2 && !line.MatchString(first) {
				t.Errorf("the first screen (%s) does not name %s", lang, c.CommandPath())
			}
		}
	}
}

// TestExamplesAreCommands parses every example of every help text.
func TestExamplesAreCommands(t *testing.T) {
	for _, c := range commands(tree("en")) {
		for line := range strings.Lines(c.Example) {
			words := strings.Fields(line)
			root := tree("en")
			found, rest, err := root.Find(words[1:])
			if err != nil || words[0] != "glovebox" || found.CommandPath() != c.CommandPath() {
				t.Errorf("%s: the example %q is of another command", c.CommandPath(), line)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: %q: %v", c.CommandPath(), line, err)
				continue
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%s: %q: %v", c.CommandPath(), line, err)
			}
		}
	}
}

// mention is a command line in back quotes, as hints and documents name it.
var mention = regexp.MustCompile("`glovebox ([a-z][^`\n]*)`")

// TestHintsNameCommands: whatever hint, rule or document names a command names
// one that there is.
func TestHintsNameCommands(t *testing.T) {
	n := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name != ".." && strings.HasPrefix(name, ".") || name == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if ext := filepath.Ext(path); ext != ".go" && ext != ".rego" && ext != ".md" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range mention.FindAllStringSubmatch(string(b), -1) {
			n++
			checkMention(t, path, m[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 40 {
		t.Fatalf("only %d hints found: they cannot be all", n)
	}
	// internal/domain/store names the list of whatever kind of document is missing.
	for _, kind := range []string{"user", "dataset", "scenario", "job", "release"} {
		checkMention(t, "internal/domain/store", kind+" list")
	}
}

func checkMention(t *testing.T, path, line string) {
	t.Helper()
	var words []string
	for _, w := range strings.Fields(line) {
		if strings.ToUpper(w) != w || strings.HasPrefix(w, "--") { // not a placeholder such as DIR
			words = append(words, w)
		}
	}
	root := tree("en")
	root.InitDefaultHelpCmd()
	c, rest, err := root.Find(words)
	if err != nil || c == nil || !c.HasParent() {
		t.Errorf("%s names `glovebox %s`, which is no command", path, line)
		return
	}
	// What follows a group is one of its commands or alternatives of them.
	if len(rest) > 0 && c.HasSubCommands() {
		for sub := range strings.SplitSeq(rest[0], "|") {
			if s, _, err := c.Find([]string{sub}); (err != nil || s == c) && !strings.HasPrefix(sub, "--") && sub != "..." {
				t.Errorf("%s names `glovebox %s`: %s has no command %s", path, line, c.CommandPath(), sub)
			}
		}
	}
	for _, w := range rest {
		if name, isFlag := strings.CutPrefix(strings.SplitN(w, "=", 2)[0], "--"); isFlag && name != "" {
			if c.Flags().Lookup(name) == nil && c.InheritedFlags().Lookup(name) == nil {
				t.Errorf("%s names `glovebox %s`: no flag --%s", path, line, name)
			}
		}
	}
}
