package source

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// kindOf tells what a file is by its first bytes; nil if they say nothing, as
// those of a sound CSV or JSON file do.
func kindOf(head []byte) *kindOfFile {
	for _, m := range magic {
		if len(head) >= m.at+len(m.bytes) && string(head[m.at:m.at+len(m.bytes)]) == m.bytes {
			k := m.is
			// Letters alone may start a text too: then what follows decides.
			k.sure = !plainText([]byte(m.bytes)) || m.at > 0 && !plainText(head[:m.at]) || m.at == 0 && !utf8Head(head) && bytes.IndexByte(head, 0) >= 0
			if m.bytes == "PK\x03\x04" {
				zipKind(head, &k)
			}
			return &k
		}
	}
	return textKind(head)
}

// zipKind names the documents that are zip archives.
func zipKind(head []byte, k *kindOfFile) {
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	switch {
	case has("xl/"):
		k.name, k.fix, k.format = "an Excel workbook (.xlsx)", fixXLSX, "xlsx"
	case has("word/"):
		k.name, k.fix = "a Word document (.docx)", fixExport
	case has("application/vnd.oasis.opendocument.spreadsheet"):
		k.name, k.fix = "an OpenDocument spreadsheet (.ods)", fixSheet
	case has("[Content_Types].xml"):
		k.name, k.fix = "an Office document (such as .xlsx)", fixSheet
	case has("Index/Document.iwa"):
		k.name, k.fix = "a Numbers spreadsheet", fixSheet
	}
}

// textKind names texts that are not what a CSV or JSON file is.
func textKind(head []byte) *kindOfFile {
	if wide(head, 0) {
		return &kindOfFile{name: "text in UTF-16 without a byte order mark", fix: fixUTF16BE, sure: true}
	}
	if wide(head, 1) {
		return &kindOfFile{name: "text in UTF-16 without a byte order mark", fix: fixUTF16LE, sure: true}
	}
	b := bytes.TrimPrefix(head, []byte("\uFEFF"))
	b = bytes.ToLower(bytes.TrimLeft(b[:min(len(b), 1024)], " \t\r\n"))
	for _, m := range []struct {
		start string
		is    kindOfFile
	}{
		{"<!doctype html", kindOfFile{name: "a web page (HTML)", fix: fixExport}},
		{"<html", kindOfFile{name: "a web page (HTML)", fix: fixExport}},
		{"<table", kindOfFile{name: "a web page (HTML)", fix: fixExport}},
		{"<meta", kindOfFile{name: "a web page (HTML)", fix: fixExport}},
		{"<?xml", kindOfFile{name: "an XML file", fix: fixExport}},
		{"insert into ", kindOfFile{name: "a script of SQL", fix: fixDump}},
		{"create table ", kindOfFile{name: "a script of SQL", fix: fixDump}},
		{"drop table ", kindOfFile{name: "a script of SQL", fix: fixDump}},
		{"-- mysql dump", kindOfFile{name: "a script of SQL", fix: fixDump}},
		{"-- mariadb dump", kindOfFile{name: "a script of SQL", fix: fixDump}},
		{"--\n-- postgresql database dump", kindOfFile{name: "a script of SQL", fix: fixDump}},
		{"begin:vcard", kindOfFile{name: "a list of contacts (vCard)", fix: fixExport}},
	} {
		if bytes.HasPrefix(b, []byte(m.start)) {
			return &m.is
		}
	}
	return nil
}

// wide says whether every second byte of a text is nearly always zero, as in
// UTF-16 without a mark; odd is the place of the zeros, 1 for little-endian.
func wide(head []byte, odd int) bool {
	b := head[:min(len(head), 512)&^1]
	zero, other := 0, 0
	for i, c := range b {
		if c == 0 && i%2 == odd {
			zero++
		} else if c == 0 {
			other++
		}
	}
	return len(b) >= 4 && other == 0 && zero >= len(b)/8 && zero > 1
}

// plainText says whether b holds only what a text in ASCII may hold.
func plainText(b []byte) bool {
	for _, c := range b {
		if c >= 0x7f || c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return true
}

// utf8Head says whether the start of a file is UTF-8; its last character may
// be cut off where the file goes on.
func utf8Head(head []byte) bool {
	if len(head) == headBytes {
		for n := 1; n < utf8.UTFMax; n++ {
			if utf8.RuneStart(head[len(head)-n]) {
				head = head[:len(head)-n]
				break
			}
		}
	}
	return utf8.Valid(head)
}

// isGB18030 says whether bytes that are not UTF-8 read as GB 18030.
func isGB18030(b []byte) bool {
	s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	return err == nil && !bytes.Contains(s, []byte("\uFFFD")) && !plainText(s)
}
