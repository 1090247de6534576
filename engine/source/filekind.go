package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/unpack"
)

// headBytes is how much of a file is looked at to tell what it is.
const headBytes = 64 << 10

// kindOfFile is what a file is, by its first bytes.
type kindOfFile struct {
	name string // for a message; never made of the file's bytes
	fix  string // what its provider can do
	// format is the format that reads it, packed the compression, if there is one.
	format, packed string
	// sure says that no CSV and no JSON file starts so. Of another kind a file
	// may still be text that happens to start with the same letters.
	sure bool
	// never says that no table starts so, though all of it may be text.
	never bool
}

// What a provider can do.
const (
	fixSheet    = "open it in a spreadsheet program and save the sheet as CSV (UTF-8), or declare the format of what you export"
	fixUnpack   = "unpack it and load the file that lies in it"
	fixExport   = "export the data as CSV, JSON or Parquet"
	fixUTF8     = "save it as UTF-8; a CSV file may also be GB 18030 where source.encoding says so"
	fixParquet  = "declare source.format: parquet, or export the data in the declared format"
	fixGB18030  = "declare source.encoding: gb18030, or save the file as UTF-8"
	fixIsUTF8   = "leave source.encoding out, or save the file as GB 18030"
	fixLineEnds = "end the lines with a line feed (LF or CR LF): save the file again as CSV UTF-8 or CSV for Windows"
	fixJSON     = "declare source.format: json, or export the data in the declared format"
	fixDump     = "restore it into a database server and declare that as the source, or export the table as CSV"
	fixApart    = "export the data with commas, semicolons, tabs or vertical bars between the columns"
	fixText     = "declare source.format: csv or json, or export the data as Parquet"
	fixDecrypt  = "export it without encryption"
	fixGzip     = "add `compression: gzip` under source, with the format of what lies in it (csv, json); or unpack it"
	fixZstd     = "add `compression: zstd` under source, with the format of what lies in it (csv, json); or unpack it"
	fixZip      = "add `compression: zip` under source, with the format of what lies in it (csv, json); or unpack it"
	fixArrow    = "declare `format: arrow` under source"
	fixSQLite   = "declare `format: sqlite` and `table: NAME` under source"
	fixXLSX     = "declare `format: xlsx` under source, or save the sheet as CSV (UTF-8)"
	fixUTF16    = "add `encoding: utf-16` under source, or save the file as UTF-8"
	fixUTF16LE  = "add `encoding: utf-16le` under source, or save the file as UTF-8"
	fixUTF16BE  = "add `encoding: utf-16be` under source, or save the file as UTF-8"
	fixMore     = "export it again; the file may have been cut off on its way"
)

// magic are the first bytes of files that people take for tables. A magic
// with a byte that no text holds is sure.
var magic = []struct {
	at    int
	bytes string
	is    kindOfFile
}{
	{0, "PAR1", kindOfFile{name: "a Parquet file", fix: fixParquet, format: "parquet"}},
	{0, "PARE", kindOfFile{name: "an encrypted Parquet file", fix: fixDecrypt}},
	{0, "PK\x03\x04", kindOfFile{name: "a zip archive", fix: fixZip, packed: unpack.Zip}},
	{0, "PK\x05\x06", kindOfFile{name: "an empty zip archive", fix: fixUnpack}},
	{0, "\x1f\x8b", kindOfFile{name: "a gzip file", fix: fixGzip, packed: unpack.Gzip}},
	{0, "BZh", kindOfFile{name: "a bzip2 file", fix: fixUnpack}},
	{0, "\xfd7zXZ\x00", kindOfFile{name: "an xz file", fix: fixUnpack}},
	{0, "\x28\xb5\x2f\xfd", kindOfFile{name: "a Zstandard file", fix: fixZstd, packed: unpack.Zstd}},
	{0, "\x04\x22\x4d\x18", kindOfFile{name: "an LZ4 file", fix: fixUnpack}},
	{0, "7z\xbc\xaf\x27\x1c", kindOfFile{name: "a 7z archive", fix: fixUnpack}},
	{0, "Rar!\x1a\x07", kindOfFile{name: "a RAR archive", fix: fixUnpack}},
	{257, "ustar", kindOfFile{name: "a tar archive", fix: fixUnpack}},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", kindOfFile{name: "an old or password-protected Office file (such as .xls)", fix: fixSheet}},
	{0, "ARROW1\x00\x00", kindOfFile{name: "an Arrow or Feather file", fix: fixArrow, format: "arrow"}},
	{0, "FEA1", kindOfFile{name: "a Feather file", fix: fixExport}},
	{0, "ORC", kindOfFile{name: "an ORC file", fix: fixExport}},
	{0, "Obj\x01", kindOfFile{name: "an Avro file", fix: fixExport}},
	{0, "SQLite format 3\x00", kindOfFile{name: "an SQLite database", fix: fixSQLite, format: "sqlite"}},
	{0, "\x89HDF\r\n\x1a\n", kindOfFile{name: "an HDF5 file", fix: fixExport}},
	{0, "$FL2", kindOfFile{name: "an SPSS file", fix: fixExport}},
	{0, "%PDF-", kindOfFile{name: "a PDF file", fix: fixExport, never: true}},
	{0, "{\\rtf", kindOfFile{name: "an RTF file", fix: fixExport, never: true}},
	{0, "\x89PNG\r\n\x1a\n", kindOfFile{name: "a picture", fix: fixExport}},
	{0, "\xff\xd8\xff", kindOfFile{name: "a picture", fix: fixExport}},
	{0, "\x7fELF", kindOfFile{name: "a program", fix: fixExport}},
	{0, "\xff\xfe\x00\x00", kindOfFile{name: "text in UTF-32", fix: fixUTF8}},
	{0, "\x00\x00\xfe\xff", kindOfFile{name: "text in UTF-32", fix: fixUTF8}},
	{0, "\xff\xfe", kindOfFile{name: "text in UTF-16", fix: fixUTF16}},
	{0, "\xfe\xff", kindOfFile{name: "text in UTF-16", fix: fixUTF16}},
}

// readHead returns the first bytes of a file, up to headBytes.
func readHead(f io.ReaderAt, size int64) []byte {
	b := make([]byte, min(size, headBytes))
	n, err := f.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return nil
	}
	return b[:n]
}

// ReadHead returns the first bytes of the text in a file, up to headBytes:
// unpacked, and in UTF-8 if it is declared to be UTF-16.
func ReadHead(f io.ReaderAt, size int64, def glovebox.Source) ([]byte, error) {
	head := readHead(f, size)
	if def.Compression != "" {
		if k := kindOf(head); k != nil && k.packed != def.Compression && k.sure {
			return nil, notThis("a packed file", k)
		}
		in, err := unpack.Open(f, size, def.Compression, def.Entry)
		if err != nil {
			return nil, err
		}
		defer in.Close()
		b := make([]byte, headBytes)
		n, err := io.ReadFull(in, b)
		if e, ok := errors.AsType[*glovebox.Error](err); ok {
			return nil, e
		}
		head = b[:n]
	}
	if !strings.HasPrefix(def.Encoding, "utf-16") {
		return head, nil
	}
	if !wideText(head, def.Encoding) {
		return nil, refuseWide(head, def)
	}
	w := NewWindow(bytes.NewReader(head), int64(len(head)), def.Encoding)
	if err := w.more(); err != nil {
		return nil, err
	}
	return bytes.TrimRight(w.rest(), "\uFFFD"), nil
}

// RefuseOther names a file that is not of the declared form, of those that are
// no text and not Parquet, by its first bytes.
func RefuseOther(f io.ReaderAt, size int64, def glovebox.Source) error {
	want := map[string]string{"xlsx": "an Excel workbook (.xlsx)", "arrow": "Arrow IPC", "sqlite": "an SQLite database"}[def.Format]
	if want == "" {
		return nil
	}
	if size == 0 {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file holds nothing").WithFix("export it again")
	}
	head := readHead(f, size)
	k := kindOf(head)
	switch {
	case k != nil && k.format == def.Format, k == nil && def.Format == "arrow" && bytes.IndexByte(head, 0) >= 0:
		return nil // a stream has no mark
	case k != nil && def.Format == "xlsx" && k.packed == unpack.Zip && k.format == "":
		return nil // the workbook's parts decide
	case k == nil:
		k = &kindOfFile{name: "something else", fix: fixExport}
		if plainText(head) || utf8Head(head) || isGB18030(head) {
			k = &kindOfFile{name: "plain text", fix: fixText}
		}
	}
	return notThis(want, k)
}

// notThis is the refusal of a file that is something else than declared.
func notThis(format string, k *kindOfFile) error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the file is %s, and its record declares %s", k.name, format).WithFix("%s", k.fix)
}

// RefuseKind refuses a file that cannot be the text that its record declares.
// What is not sure is only said of JSON that does not start as JSON does: the
// first line of a CSV file may be anything.
func RefuseKind(head []byte, def glovebox.Source) error {
	if strings.HasPrefix(def.Encoding, "utf-16") { // the head is UTF-8
		def.Encoding = ""
	}
	k := kindOf(head)
	first := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\uFEFF")), " \t\r\n")
	json := def.Format == "json" && len(first) > 0 && first[0] != '{' && first[0] != '['
	if k == nil || !k.sure && !json {
		k = rowKind(head, def)
	}
	if k == nil {
		return nil
	}
	return notThis(textName(def), k.within(def))
}

// within is what a file is that lies in a packed one: one that is packed twice
// is unpacked by its provider.
func (k *kindOfFile) within(def glovebox.Source) *kindOfFile {
	if def.Compression == "" || k.packed == "" && k.format == "" {
		return k
	}
	in := *k
	in.fix = fixUnpack
	return &in
}

// ExplainText says better what is wrong with a text whose start could not be
// read; err is what was found there.
func ExplainText(head []byte, def glovebox.Source, err error) error {
	if strings.HasPrefix(def.Encoding, "utf-16") { // the head is UTF-8
		def.Encoding = ""
	}
	if err == nil || glovebox.CodeOf(err) != glovebox.CodeInvalid {
		return err
	}
	if k := kindOf(head); k != nil {
		return notThis(textName(def), k.within(def))
	}
	line := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\uFEFF")), " \t\r\n")
	if len(line) == 0 {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file holds nothing").WithFix("export it again; a CSV file holds at least its header")
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	switch utf := utf8Head(line); {
	case bytes.IndexByte(bytes.TrimSuffix(line, []byte("\r")), '\r') >= 0 && def.Format == "csv":
		return notThis(textName(def), lineEnds())
	case def.Encoding != "gb18030" && !utf && isGB18030(line):
		return notThis(textName(def), &kindOfFile{name: "text in GB 18030 or GBK", fix: fixGB18030})
	case def.Encoding != "gb18030" && !utf:
		return notThis(textName(def), &kindOfFile{name: "not text in UTF-8", fix: fixUTF8})
	case def.Encoding == "gb18030" && utf && !plainText(line):
		return notThis(textName(def), &kindOfFile{name: "text in UTF-8", fix: fixIsUTF8})
	case def.Format == "csv" && (line[0] == '{' || line[0] == '['):
		return notThis(textName(def), &kindOfFile{name: "JSON", fix: fixJSON})
	}
	if k := standApart(line, def); k != nil {
		return notThis(textName(def), k)
	}
	if k := otherDelim(line, def.Delimiter); k != nil && def.Format == "csv" {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file is %s, and its record declares another delimiter", k.name).WithFix("%s", k.fix)
	}
	return err
}

// textName names the declared format of a text.
func textName(def glovebox.Source) string {
	switch {
	case strings.HasPrefix(def.Encoding, "utf-16"):
		return "CSV in UTF-16"
	case def.Format == "json":
		return "JSON in UTF-8"
	case def.Encoding == "gb18030":
		return "CSV in GB 18030"
	}
	return "CSV in UTF-8"
}

// refuseParquet names what a file is that is no Parquet file, or only its
// beginning; nil if its first and last bytes are those of Parquet.
func refuseParquet(f *os.File, size int64) error {
	head := readHead(f, size)
	k := kindOf(head)
	tail := make([]byte, 8)
	if n, err := f.ReadAt(tail, max(size-8, 0)); err != nil && err != io.EOF || n < 8 {
		tail = tail[:n]
	}
	switch {
	case size == 0:
		return glovebox.Errorf(glovebox.CodeInvalid, "the file holds nothing").WithFix("export it again")
	case bytes.HasPrefix(head, []byte("PARE")) || bytes.HasPrefix(head, []byte("PAR1")) && bytes.HasSuffix(tail, []byte("PARE")):
		return glovebox.Errorf(glovebox.CodeInvalid, "the file is encrypted Parquet").WithFix("%s", fixDecrypt)
	case bytes.HasPrefix(head, []byte("PAR1")) && (size < 12 || !bytes.HasSuffix(tail, []byte("PAR1"))):
		return glovebox.Errorf(glovebox.CodeInvalid, "the Parquet file breaks off: its end is missing").WithFix("%s", fixMore)
	case bytes.HasPrefix(head, []byte("PAR1")):
		if n := int64(binary.LittleEndian.Uint32(tail)); n > size-12 || n > maxFooter {
			return damagedParquet("its footer does not lie in it")
		}
		return nil
	case k != nil:
		return notThis("Parquet", k)
	case bytes.IndexByte(head, 0) < 0 && (utf8Head(head) || isGB18030(head)):
		return notThis("Parquet", &kindOfFile{name: "plain text", fix: fixText})
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "the file is not Parquet").WithFix("%s", fixExport)
}
