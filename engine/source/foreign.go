package source

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// foreignMarks stand between columns in files that no record declares.
var foreignMarks = []struct {
	is   string
	kind kindOfFile
}{
	{"，", kindOfFile{name: "text with full-width commas between its columns", fix: fixApart}},
	{"；", kindOfFile{name: "text with full-width semicolons between its columns", fix: fixApart}},
	{"、", kindOfFile{name: "text with enumeration commas between its columns", fix: fixApart}},
	{"\x01", kindOfFile{name: "text with control characters between its columns", fix: fixApart}},
	{"\x1f", kindOfFile{name: "text with control characters between its columns", fix: fixApart}},
	{"  ", kindOfFile{name: "text with spaces between its columns, or columns of fixed width", fix: fixApart}},
	{" ", kindOfFile{name: "text with spaces between its columns, or columns of fixed width", fix: fixApart}},
}

// standApart names what stands between the names of a header that has none of
// the declared delimiters; nil: nothing that is known. Spaces may be in a name.
func standApart(line []byte, def glovebox.Source) *kindOfFile {
	if def.Format != "csv" || bytes.IndexByte(line, (def.Delimiter + ",")[0]) >= 0 {
		return nil
	}
	for i, q := range foreignMarks {
		if strings.TrimSpace(q.is) != "" && bytes.Count(line, []byte(q.is)) > 1 {
			return &foreignMarks[i].kind
		}
	}
	return nil
}

// apart refuses a text whose columns stand apart by what no record declares.
func apart(list [][]string, def glovebox.Source) error {
	if def.Delimiter != "" || len(list) < 2 || regular(list) > len(list)/2 {
		return nil
	}
	for _, q := range foreignMarks {
		n := 0
		for _, r := range list {
			if strings.Contains(strings.TrimSpace(strings.Join(r, "")), q.is) {
				n++
			}
		}
		if 10*n >= 9*len(list) {
			return glovebox.Errorf(glovebox.CodeInvalid, "the file is %s", q.kind.name).WithFix("%s", q.kind.fix)
		}
	}
	return nil
}

// noTable says whether a file has bytes that no text has in one of a hundred
// places: it is a database's or a program's.
func noTable(head []byte) bool {
	n := 0
	for _, c := range head {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != 0x01 && c != 0x1f {
			n++
		}
	}
	return 100*n > len(head)
}

// mostLinesUTF8 says whether a text is UTF-8 but for a few of its lines.
func mostLinesUTF8(head []byte) bool {
	good, bad := 0, 0
	for l := range lines(head) {
		switch {
		case !utf8.Valid(l):
			bad++
		case !plainText(l):
			good++
		}
	}
	return good > 0 && good >= 19*bad
}
