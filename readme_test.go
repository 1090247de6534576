package glovebox_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/cli"
	"glovebox.example/glovebox/internal/proof/testkit/demo"
)

// TestMain is the hook for workers: they are this test binary, started again.
func TestMain(m *testing.M) { demo.Main(m) }

// TestReadmeCommands runs the by-hand walk through of both READMEs, line by
// line, and checks that every file that they link to is there.
func TestReadmeCommands(t *testing.T) {
	for _, name := range []string{"README.md", "README.zh.md"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1)
			if len(blocks) < 2 {
				t.Fatal("the walk through is gone")
			}
			city := filepath.Join(t.TempDir(), "city")
			n := 0
			for line := range strings.Lines(blocks[1][1]) {
				words, ok := strings.CutPrefix(strings.TrimSpace(line), "$ glovebox ")
				if !ok {
					t.Fatalf("not a command: %s", line)
				}
				var out, errs bytes.Buffer
				status := cli.Main(split(strings.ReplaceAll(words, "./city", city)), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
				if status != 0 {
					t.Fatalf("glovebox %s: exit %d\n%s%s", words, status, &out, &errs)
				}
				n++
			}
			if n < 10 {
				t.Fatalf("only %d commands", n)
			}
			for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1) {
				if _, err := os.Stat(link[1]); err != nil {
					t.Errorf("a link leads nowhere: %s", link[1])
				}
			}
		})
	}
}

// split splits words as a shell does, with double quotes.
func split(s string) (out []string) {
	for _, m := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(s, -1) {
		out = append(out, m[1]+m[2])
	}
	return out
}
