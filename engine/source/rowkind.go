package source

import (
	"bytes"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// minUTF8 is how many characters of three bytes, Han or CJK marks, make a text
// UTF-8: GB 18030 reads them as other characters and would not stop at them.
const minUTF8 = 4

// What a provider can do about rows of another kind than declared.
const (
	fixSemicolon = "add `delimiter: \";\"` under source, or export the data with commas"
	fixTab       = "add `delimiter: \"\\t\"` under source, or export the data with commas"
	fixBar       = "add `delimiter: \"|\"` under source, or export the data with commas"
	fixComma     = "leave `delimiter` out of source, or export the data with the declared one"
	fixCSV       = "declare source.format: csv, or export the data as JSON: an array of objects, or one object a line"
)

// rowKind tells what a text is whose rows are something else than declared,
// though its start, such as a header in ASCII, is as it should be; nil if they
// are not, or if only few are: those are rejected one by one. It sees the first
// headBytes of the file.
func rowKind(head []byte, def glovebox.Source) *kindOfFile {
	first := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\uFEFF")), " \t\r\n")
	switch {
	case def.Encoding == "gb18030" && mostlyUTF8(head):
		return &kindOfFile{name: "text in UTF-8", fix: fixIsUTF8}
	case def.Encoding != "gb18030" && !utf8Head(head) && mostlyGB(head):
		return &kindOfFile{name: "text in GB 18030 or GBK", fix: fixGB18030}
	case def.Format == "json" && len(first) > 0 && !objectIn(first):
		return &kindOfFile{name: "plain text without a JSON object, such as CSV", fix: fixCSV}
	}
	return nil
}

// foreign says whether a row that is not text in UTF-8, as its file is declared
// to be, is text in GB 18030.
func foreign(row []byte, def glovebox.Source) bool {
	return (def.Encoding == "" || def.Encoding == "utf-8") && bytes.IndexByte(row, 0) < 0 && isGB18030(row)
}

// mostlyForeign refuses a file, read to its end, most of whose rows are text in
// GB 18030 though its start is not; nil if fewer are: those are rejected one by
// one.
func mostlyForeign(n, rows int64, def glovebox.Source) error {
	if 2*n <= rows {
		return nil
	}
	return notThis(textName(def), &kindOfFile{name: "text in GB 18030 or GBK", fix: fixGB18030})
}

// mostlyReturns refuses a file, read to its end, all of whose lines end in a
// carriage return alone though its first one does not, or most of many; nil if
// fewer do: those are rejected one by one.
func mostlyReturns(n, lines int64, def glovebox.Source) error {
	const many = 100
	if n == 0 || n < lines && (n < many || 2*n <= lines) {
		return nil
	}
	return notThis(textName(def), lineEnds())
}

// lineEnds is a text of an old Macintosh, or one that was converted twice.
func lineEnds() *kindOfFile {
	return &kindOfFile{name: "text whose lines end in a carriage return alone", fix: fixLineEnds}
}

// gbWatch looks at bytes that are declared to be GB 18030 on their way to the
// decoder, which takes most of UTF-8 for other characters and does not stop at
// it. At the end it refuses what is UTF-8 on the whole.
type gbWatch struct {
	r       io.Reader
	carry   []byte // the start of a character that a read cut off
	n, high int64  // as utf8Share counts them
}

func (g *gbWatch) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	b := append(g.carry, p[:n]...)
	cut := len(b)
	for k := 1; k < utf8.UTFMax && k <= len(b) && err == nil; k++ {
		if c := b[len(b)-k]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-k:]) {
				cut = len(b) - k
			}
			break
		}
	}
	han, high := utf8Share(b[:cut])
	g.n, g.high = g.n+int64(han), g.high+int64(high)
	g.carry = append(g.carry[:0], b[cut:]...)
	if errors.Is(err, io.EOF) && g.n >= minUTF8 && 2*3*g.n > g.high {
		err = notThis("CSV in GB 18030", &kindOfFile{name: "text in UTF-8", fix: fixIsUTF8})
	}
	return n, err
}

// mostlyUTF8 says whether most bytes above ASCII are characters of Chinese text
// in UTF-8. GB 18030 has such bytes too, but seldom two of them in a row.
func mostlyUTF8(b []byte) bool {
	n, high := utf8Share(b)
	return n >= minUTF8 && 2*3*n > high
}

// utf8Share counts the characters of Chinese text in UTF-8, three bytes each,
// and all bytes above ASCII.
func utf8Share(b []byte) (n, high int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if size == 3 && (unicode.Is(unicode.Han, r) || r >= 0x3000 && r < 0x3040 || r >= 0xFF00) {
			n++
		}
		high += size
		i += size
	}
	return n, high
}

// mostlyGB says whether most lines behind the first are GB 18030 and not UTF-8.
func mostlyGB(head []byte) bool {
	gb, all := 0, 0
	_, rows, _ := bytes.Cut(head, []byte("\n"))
	for l := range lines(rows) {
		if all++; !utf8.Valid(l) && bytes.IndexByte(l, 0) < 0 && isGB18030(l) {
			gb++
		}
	}
	return 2*gb > all
}

// objectIn says whether a line of a text starts as a JSON object or array does.
func objectIn(text []byte) bool {
	for l := range lines(text) {
		if l = bytes.TrimLeft(l, " \t"); len(l) > 0 && (l[0] == '{' || l[0] == '[') {
			return true
		}
	}
	return bytes.IndexByte(text, 0) >= 0 || len(text) > MaxRowBytes
}

// otherDelim names what stands between the columns of a header in place of the
// declared delimiter; nil if that is there or nothing is.
func otherDelim(line []byte, delim string) *kindOfFile {
	if delim == "" {
		delim = ","
	}
	if bytes.Contains(line, []byte(delim)) {
		return nil
	}
	for _, d := range []struct {
		delim string
		is    kindOfFile
	}{
		{";", kindOfFile{name: "text with semicolons between its columns", fix: fixSemicolon}},
		{"\t", kindOfFile{name: "text with tabs between its columns", fix: fixTab}},
		{"|", kindOfFile{name: "text with vertical bars between its columns", fix: fixBar}},
		{",", kindOfFile{name: "text with commas between its columns", fix: fixComma}},
	} {
		if bytes.Contains(line, []byte(d.delim)) {
			return &d.is
		}
	}
	return nil
}
