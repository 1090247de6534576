package cli

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/exporter/bundle"
)

// tamperingPage is read before any test goes to a folder of its own.
var tamperingPage, errTampering = os.ReadFile("../../docs/tampering.md")

// tampering are the tables of docs/tampering.md, by their headings: rows of cells.
func tampering(t *testing.T, page string) map[string][][]string {
	t.Helper()
	out, heading := map[string][][]string{}, ""
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if h, ok := strings.CutPrefix(line, "## "); ok {
			heading = h
		}
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		out[heading] = append(out[heading], cells)
	}
	return out
}

// firstCells are the names in the first cells of rows.
func firstCells(rows [][]string) (out []string) {
	for _, r := range rows {
		for _, m := range backquoted.FindAllStringSubmatch(r[0], -1) {
			out = append(out, m[1])
		}
	}
	return out
}

// TestTamperingIsNamedInFull: docs/tampering.md names every column of every table of
// the database, as its schema has them, every file of a bundle, and tests that are
// there; so that nothing new is forgotten there.
func TestTamperingIsNamedInFull(t *testing.T) {
	if errTampering != nil {
		t.Fatal(errTampering)
	}
	tables := tampering(t, string(tamperingPage))
	schema, err := os.ReadFile("../domain/store/check/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	e := edit(t, dir)
	e.do(string(schema))
	var columns []string
	for _, table := range e.list(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`) {
		for _, c := range e.list(`SELECT name FROM pragma_table_xinfo('` + table + `')`) {
			columns = append(columns, table+"."+c)
		}
	}
	if got := firstCells(tables["Columns of the database"]); !slices.Equal(got, columns) {
		t.Errorf("the columns are\n%q\nthe page has\n%q", columns, got)
	}
	if got := firstCells(tables["Parts of a bundle"]); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(bundle.FileNames()))) {
		t.Errorf("the files of a bundle are\n%q\nthe page has\n%q", bundle.FileNames(), got)
	}
	tests := map[string]bool{}
	name := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
	eachText(t, func(_, text string) {
		for _, m := range name.FindAllStringSubmatch(text, -1) {
			tests[m[1]] = true
		}
	}, "_test.go")
	for heading, rows := range tables {
		for _, r := range rows {
			named := regexp.MustCompile("`(Test[A-Za-z0-9_]+)`").FindAllStringSubmatch(r[len(r)-1], -1)
			if len(named) == 0 {
				t.Errorf("%s: %s names no test", heading, r[0])
			}
			for _, m := range named {
				if !tests[m[1]] {
					t.Errorf("%s: %s names the test %s, which is not there", heading, r[0], m[1])
				}
			}
		}
	}
}

// tamperedFiles: each file of a domain is one of those that docs/tampering.md names,
// and each that `audit verify` answers for is missed, changed or cut unseen by
// nobody. TestChannelRewrittenSchema calls it with its domain.
func tamperedFiles(t *testing.T, base string) {
	t.Helper()
	rows := tampering(t, string(tamperingPage))["Files of a domain"]
	used := map[string]bool{}
	copied := filepath.Join(t.TempDir(), "city")
	if err := copyTree(copied, base); err != nil {
		t.Fatal(err)
	}
	try := func(what, file string, with []byte) {
		t.Helper()
		old, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if with == nil {
			err = os.Remove(file)
		} else {
			err = os.WriteFile(file, with, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		status, out, _ := shell(t, "audit", "verify", "--domain", copied)
		if status == 0 {
			t.Errorf("%s of %s: nobody notices\n%s", what, file, out)
		}
		if err := os.WriteFile(file, old, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(copied, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(copied, file)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(rows, func(r []string) bool {
			return slices.ContainsFunc(firstCells([][]string{r}), func(p string) bool {
				if under, ok := strings.CutSuffix(p, "/**"); ok {
					return strings.HasPrefix(name, under+"/")
				}
				ok, err := path.Match(p, name)
				return ok && err == nil
			})
		})
		if at < 0 {
			t.Errorf("docs/tampering.md does not name %s", name)
			return nil
		}
		used[rows[at][0]] = true
		data, err := os.ReadFile(file)
		if err != nil || !strings.Contains(rows[at][1], "`audit verify`") || len(data) == 0 || name == "domain.db" {
			return err // domain.db: TestChannelRewrittenLedger, column by column
		}
		changed := bytes.Clone(data)
		changed[len(data)/2] ^= 1
		try("a flipped bit", file, changed)
		try("a cut", file, data[:len(data)-1])
		try("the loss", file, nil)
		if strings.HasPrefix(name, "log/tile/entries/") {
			tamperedEntries(t, file, data, try)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !used[r[0]] && !slices.ContainsFunc([]string{"-wal", "policy", "calls", "audit.db"}, func(x string) bool { return strings.Contains(r[0], x) }) {
			t.Errorf("docs/tampering.md names %s, and a domain that lived has none", r[0])
		}
	}
	if status, out, errs := shell(t, "audit", "verify", "--domain", copied); status != 0 {
		t.Errorf("put back as it was: %s%s", out, errs)
	}
}

// tamperedEntries drops, doubles, swaps and replaces whole entries in a file of them.
func tamperedEntries(t *testing.T, file string, data []byte, try func(what, file string, with []byte)) {
	t.Helper()
	var all [][]byte
	for rest := data; len(rest) > 0; {
		n := 2 + int(binary.BigEndian.Uint16(rest))
		all, rest = append(all, rest[:n]), rest[n:]
	}
	at := len(all) / 2
	join := func(e ...[]byte) []byte { return bytes.Join(e, nil) }
	head, tail := join(all[:at]...), join(all[at+2:]...)
	try("a dropped entry", file, join(head, all[at+1], tail))
	try("a doubled entry", file, join(head, all[at], all[at], all[at+1], tail))
	try("two entries in another order", file, join(head, all[at+1], all[at], tail))
	try("an entry in another's place", file, join(head, all[at], all[at], tail))
	try("a log without its last entry", file, join(all[:len(all)-1]...))
}
