package engine

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/rowtest"
)

// zipOf makes an archive with the named entries.
func zipOf(t testing.TB, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		e, err := w.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write([]byte("secret")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func utf16Of(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// TestFileKinds: a file that is something else than its record declares is
// called what it is, with something to do.
func TestFileKinds(t *testing.T) {
	const text = "人员,城镇\n张三,secret\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	var gz bytes.Buffer
	z := gzip.NewWriter(&gz)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	whole := string(fixture(t, "no-crc"))
	noise := strings.Repeat("\x00\xff\x80secret", 50)
	for _, q := range []struct{ name, format, encoding, data, want, fix string }{
		{"xlsx", "csv", "", zipOf(t, "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), "an Excel workbook (.xlsx)", "CSV"},
		{"xlsx", "json", "", zipOf(t, "xl/workbook.xml"), "an Excel workbook (.xlsx)", "CSV"},
		{"xlsx", "parquet", "", zipOf(t, "[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (.xlsx)", "CSV"},
		{"office", "csv", "", zipOf(t, "[Content_Types].xml"), "an Office document", "CSV"},
		{"zip", "csv", "", zipOf(t, "secret.csv"), "a zip archive", "unpack"},
		{"zip", "parquet", "", zipOf(t, "secret.csv"), "a zip archive", "unpack"},
		{"no zip entries", "csv", "", zipOf(t), "an empty zip archive", "unpack"},
		{"gzip", "csv", "", gz.String(), "a gzip file", "unpack"},
		{"gzip", "json", "", gz.String(), "a gzip file", "unpack"},
		{"gzip", "parquet", "", gz.String(), "a gzip file", "unpack"},
		{"zstd", "csv", "", "\x28\xb5\x2f\xfd" + noise, "a Zstandard file", "unpack"},
		{"bzip2", "csv", "", "BZh9" + noise, "a bzip2 file", "unpack"},
		{"xz", "parquet", "", "\xfd7zXZ\x00" + noise, "an xz file", "unpack"},
		{"7z", "csv", "", "7z\xbc\xaf\x27\x1c" + noise, "a 7z archive", "unpack"},
		{"rar", "csv", "", "Rar!\x1a\x07" + noise, "a RAR archive", "unpack"},
		{"tar", "csv", "", "secret.csv" + strings.Repeat("\x00", 247) + "ustar\x00", "a tar archive", "unpack"},
		{"xls", "csv", "gb18030", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + noise, "Office file (such as .xls)", "CSV"},
		{"utf-16", "csv", "", "\xff\xfe" + utf16Of(text, binary.LittleEndian), "text in UTF-16", "UTF-8"},
		{"utf-16", "csv", "gb18030", "\xfe\xff" + utf16Of(text, binary.BigEndian), "text in UTF-16", "UTF-8"},
		{"utf-16 without mark", "csv", "", utf16Of("person,town\n1,2\n", binary.LittleEndian), "text in UTF-16", "UTF-8"},
		{"utf-16 without mark", "json", "", utf16Of(`{"person":1}`, binary.BigEndian), "text in UTF-16", "UTF-8"},
		{"utf-16", "parquet", "", "\xff\xfe" + utf16Of(text, binary.LittleEndian), "text in UTF-16", "UTF-8"},
		{"utf-32", "csv", "", "\xff\xfe\x00\x00p\x00\x00\x00", "text in UTF-32", "UTF-8"},
		{"gb18030", "csv", "", gb, "text in GB 18030 or GBK", "source.encoding: gb18030"},
		{"gb18030", "parquet", "", gb, "is plain text,", "source.format"},
		{"utf-8", "csv", "gb18030", text, "text in UTF-8", "source.encoding"},
		{"latin", "csv", "", "pers\xe9", "not text in UTF-8", "UTF-8"},
		{"cr", "csv", "", "id,town\rp,secret\r", "carriage return alone", "line feed"},
		{"cr and one line feed", "csv", "", "id,town\rp,secret\rq,x\n", "carriage return alone", "line feed"},
		{"cr behind the header", "csv", "", "id,town\np,secret\rq,x\rr,y\n", "carriage return alone", "line feed"},
		{"cr cr lf", "csv", "", "id,town\r\r\np,secret\r\r\n", "carriage return alone", "line feed"},
		{"cr", "csv", "gb18030", "id,town\rp,secret\r", "carriage return alone", "line feed"},
		{"json", "csv", "", `{"id":"secret"}` + "\n", "is JSON", "source.format: json"},
		{"json", "csv", "", "\uFEFF[\n" + `{"id":"secret"}]`, "is JSON", "source.format: json"},
		{"json", "parquet", "", `{"id":"secret"}`, "is plain text,", "source.format"},
		{"csv", "parquet", "", text, "is plain text,", "source.format"},
		{"html", "csv", "", "\r\n <!DOCTYPE html>\n<p>secret", "a web page (HTML)", "export"},
		{"html", "json", "", "<html>secret", "a web page (HTML)", "export"},
		{"html", "parquet", "", "<html>secret", "a web page (HTML)", "export"},
		{"xml", "csv", "", "<?xml version=\"1.0\"?>\n<secret/>", "an XML file", "export"},
		{"pdf", "csv", "", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\nsecret", "a PDF file", "export"},
		{"parquet", "csv", "", whole, "a Parquet file", "source.format: parquet"},
		{"parquet", "json", "", whole, "a Parquet file", "source.format: parquet"},
		{"orc", "parquet", "", "ORC" + noise, "an ORC file", "export"},
		{"arrow", "parquet", "", "ARROW1\x00\x00" + noise, "an Arrow or Feather file", "format: arrow"},
		{"avro", "csv", "", "Obj\x01" + noise, "an Avro file", "export"},
		{"sqlite", "csv", "", "SQLite format 3\x00" + noise, "an SQLite database", "format: sqlite"},
		{"encrypted", "parquet", "", "PARE" + noise + "PARE", "encrypted Parquet", "without encryption"},
		{"cut off", "parquet", "", whole[:len(whole)/2], "breaks off", "again"},
		{"only a head", "parquet", "", "PAR1", "breaks off", "again"},
		{"footer", "parquet", "", "PAR1" + noise + "\xff\xff\xff\x7fPAR1", "damaged", "again"},
		{"noise", "parquet", "", noise, "is not Parquet", "export"},
		{"gb18030 under ascii", "csv", "", "id,town\n" + strings.Repeat(strings.SplitAfter(gb, "\n")[1], 200), "text in GB 18030 or GBK", "source.encoding: gb18030"},
		{"gb18030 in json", "json", "", "{\"id\":\"a\"}\n" + strings.Repeat(strings.SplitAfter(gb, "\n")[1], 9), "text in GB 18030 or GBK", "UTF-8"},
		{"utf-8 under ascii", "csv", "gb18030", "id,town\n" + strings.Repeat("张三,secret\n", 200), "text in UTF-8", "source.encoding"},
		{"semicolons", "csv", "", "id;town\np;secret\n", "semicolons between", "delimiter: \";\""},
		{"tabs", "csv", "", "id\ttown\np\tsecret\n", "tabs between", "delimiter: \"\\t\""},
		{"csv", "json", "", "id,town\np,secret\n", "such as CSV", "source.format: csv"},
		{"empty", "parquet", "", "", "holds nothing", "again"},
		{"empty", "csv", "", "", "holds nothing", "again"},
		{"blank", "csv", "", " \n\r\n", "holds nothing", "again"},
	} {
		ds := people(q.format, glovebox.Column{Name: "town", Type: glovebox.String, Class: glovebox.ClassPersonal})
		ds.Source.Encoding = q.encoding
		_, err := Load(context.Background(), ds, rowtest.TempFile(t, []byte(q.data)), testOptions(newVault()))
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), q.want) || !strings.Contains(err.Error(), q.fix) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s as %s %s: %v", q.name, q.format, q.encoding, err)
		}
	}
}

// TestFileKindsThatAreRight: sound files that start as others do are loaded.
func TestFileKindsThatAreRight(t *testing.T) {
	for name, q := range map[string]struct{ format, encoding, data string }{
		"ORC":      {"csv", "", "ORC,id\n1,a\n"},
		"BZh":      {"csv", "", "BZh,id\n1,a\n"},
		"PDF":      {"csv", "", "%PDF-,id\n1,a\n"},
		"brace":    {"csv", "", "{x,id\n1,a\n"},
		"markup":   {"csv", "", "<table,id\n1,a\n"},
		"nul":      {"csv", "", "q,id\n1,a\n1,\x00\n"},
		"one line": {"csv", "", "q,id"},
		"ends":     {"csv", "", "q,id\r\n1,a\r\n"},
		"utf-8":    {"csv", "gb18030", "q,id\n1,a\n"},
		"one gb":   {"csv", "", "q,id\n1,a\n1,b\n\xd5\xc5,c\n"},
		"gb":       {"csv", "gb18030", "q,id\n1\xd5\xc5\xc8\xfd\xc0\xee\xcb\xc4,a\n"},
		"lines":    {"json", "", "\n{\"id\":\"a\",\"q\":\"1\"}\n"},
		"nothing":  {"json", "", "\n"},
	} {
		column, _, _ := strings.Cut(q.data, ",")
		ds := people(q.format, glovebox.Column{Name: "q", Source: column, Type: glovebox.String, Class: glovebox.ClassPersonal})
		if q.format == "json" {
			ds.Columns[1].Source = ""
		}
		ds.Source.Encoding = q.encoding
		if r, err := Load(context.Background(), ds, rowtest.TempFile(t, []byte(q.data)), testOptions(newVault())); err != nil || r.Report.Accepted != int64(strings.Count(q.data, "1")-strings.Count(q.data, "\x00")) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}
