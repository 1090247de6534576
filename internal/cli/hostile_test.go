package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"glovebox.example/glovebox/text"
)

// tricks are texts that play with a terminal, hide something or look like
// another text; the first ones do so in any text, the others only in a name.
var tricks = []string{
	"a\x1b[31mb", "a\x1b]0;b\x07", "a\u009b2Jb", "a\u202eb", "a\u2066b", "a\u200bb", "a\u200db", "a\u2060b", "a\ufeffb",
	"a\U000e0041b", "a\ufe0f", "葛\U000e0100", "a\u3164b", "a\u115fb", "a\uffa0b", "a\u2028b", "a\u00adb", "a\ue000b", "a\u2800b",
}

var nameTricks = []string{"a\u00a0b", "a\u3000b", "p\u0430ypal", "\u0410股", "e\u0301", "ａb", "a  b", "\u0441\u043e\u0441"}

// try runs one command line and fails if it does what it may not: end well, or
// print what does not show.
func try(t *testing.T, wantOK bool, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	status := Run(context.Background(), args, Streams{Out: &out, Err: &errs})
	if (status == 0) != wantOK {
		t.Errorf("%+q ends with %d: %s", args, status, errs.String())
	}
	printed := out.String() + errs.String()
	for _, r := range printed {
		if r != '\n' && r != '\t' && !text.Shown(r) || r == unicode.ReplacementChar {
			t.Errorf("%+q prints %U in %+q", args, r, printed)
			break
		}
	}
	return printed
}

// TestHostileTexts brings each trick to every door of the command line and of
// the documents, and reads what is printed.
func TestHostileTexts(t *testing.T) {
	for _, k := range ownEnv {
		if k != "PATH" && k != "TMPDIR" && k != "HOME" {
			t.Setenv(k, "")
		}
	}
	dir := t.TempDir()
	d := filepath.Join(dir, "d")
	try(t, true, "init", d, "--name", "t")
	try(t, true, "user", "add", "chen", "--full-name", "陈静", "--role", "provider", "--org", "xy", "--domain", d)
	try(t, true, "user", "add", "liu", "--role", "operator", "--domain", d)
	try(t, true, "user", "add", "张三", "--role", "developer", "--domain", d)
	if out := try(t, true, "user", "list", "--as", "张三", "--domain", d); !strings.Contains(out, "张三 ") || !strings.Contains(out, "chen (陈静)") {
		t.Errorf("the list of users is\n%s", out)
	}
	for i, s := range append(append([]string{}, tricks...), nameTricks...) {
		lang := []string{"--lang", "en"}
		if i%2 == 1 {
			lang[1] = "zh"
		}
		for _, args := range [][]string{
			{"user", "add", s, "--role", "developer", "--domain", d},
			{"user", "add", "x1", "--full-name", s, "--role", "developer", "--domain", d},
			{"user", "add", "x1", "--org", s, "--role", "provider", "--domain", d},
			{"job", "list", "--as", s, "--domain", d},
			{"dataset", "show", s, "--domain", d, "--as", "chen"},
			{"dataset", "load", "d", filepath.Join(dir, s), "--domain", d, "--as", "chen"},
			{"job", "check", filepath.Join(dir, s), "--domain", d, "--as", "张三"},
			{"release", "show", s, "--domain", d, "--as", "liu"},
			{"init", filepath.Join(dir, "e"), "--name", s},
			{"verify", filepath.Join(dir, s)},
			{s}, {"user", s}, {"user", "list", "--" + s}, {"user", "list", "--domain", s},
		} {
			try(t, false, append(args, lang...)...)
			try(t, false, append(args, "--json")...)
		}
	}
	doors := []struct{ command, doc string }{
		{"dataset", "code: d\ntitle: {en: %TITLE}\nprovider: %NAME\nupdate: year\nsource: {format: csv}\n" +
			"unit: {space: person, column: id, max_rows: 100}\nledger: {kind: zcdp, rho: 1}\ncolumns:\n  - {name: id, type: string, class: identifier, grade: 4}\n" +
			"  - {name: v, type: string, class: public, grade: 1, source: %HEADER, title: {zh: %TITLE}, values: [x, %VALUE]}\n" +
			"quality: [{name: q, check: %CHECK, text: {en: %TITLE}}]\n"},
		{"job", "scenario: s\nproduct: p\nmodule: %TITLE\ninputs: {d: {columns: [v], where: %CHECK}}\nparams: {a: %TEXT}\nmode: blocks\n" +
			"blocks: {count: 64, metrics: {m: {combine: vote, values: [x, %VALUE], default: x}}}\nrelease: {method: dp, epsilon: 1}\n"},
		{"scenario", "code: s\ntitle: {en: %TITLE}\npurpose: {en: %TEXT}\nproducts: [{code: p, registration: %NAME, title: {en: %TITLE}, limits: {zh: %TEXT}}]\nneeds: {d: [v]}\n"},
	}
	const marks = "%TITLE %NAME %HEADER %VALUE %CHECK %TEXT"
	write := func(doc, mark, s string) string {
		for _, m := range strings.Fields(marks) {
			plain := `"xy"`
			if m == "%CHECK" {
				plain = `"v = 'x'"`
			}
			if m == mark {
				plain = s
			}
			doc = strings.ReplaceAll(doc, m, plain)
		}
		path := filepath.Join(dir, "doc.yaml")
		if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	refused := func(out string) {
		t.Helper()
		if !strings.Contains(out, text.Advice) && !strings.Contains(out, "registration: does not have the expected form") {
			t.Errorf("it is refused for another reason: %s", out)
		}
	}
	for _, door := range doors {
		as := map[string]string{"dataset": "chen", "scenario": "liu", "job": "张三"}[door.command]
		verb := map[string]string{"dataset": "add", "scenario": "add", "job": "check"}[door.command]
		for _, mark := range strings.Fields(marks) {
			if !strings.Contains(door.doc, mark) {
				continue
			}
			list := tricks
			if mark == "%NAME" || mark == "%VALUE" {
				list = append(append([]string{}, tricks...), nameTricks...)
			}
			for _, s := range list {
				path := write(door.doc, mark, strconv.QuoteToASCII(s)) // as an escape
				refused(try(t, false, door.command, verb, path, "--domain", d, "--as", as))
				path = write(door.doc, mark, `"`+s+`"`) // as it is
				refused(try(t, false, door.command, verb, path, "--domain", d, "--as", as, "--json"))
			}
		}
		path := write("# a\u202eb\n"+door.doc, "", "") // in a comment
		refused(try(t, false, door.command, verb, path, "--domain", d, "--as", as))
		try(t, door.command != "job", door.command, verb, write(door.doc, "", ""), "--domain", d, "--as", as) // the job has no module
	}
	try(t, true, "dataset", "show", "d", "--domain", d, "--as", "chen")
	try(t, true, "scenario", "show", "s", "--domain", d, "--as", "liu")
}
