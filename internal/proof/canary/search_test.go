package canary

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	_ "modernc.org/sqlite" // to look into databases
)

// needle is one form of a marker as bytes.
type needle struct {
	name  string
	bytes []byte
}

// needles lists every form that the search looks for.
//
// None is shorter than 6 bytes, or 10 characters of a hexadecimal or decimal
// number. Of what one run of the tests searches, at most 10^7 bytes are random
// and new (ciphertext, keys, digests), of which at most 5*10^5 are hexadecimal
// digits. So chance alone gives a finding with probability below
// 6*10^7/2^48 + 5*10^5/16^10 < 10^-6.
func needles(t testing.TB) []needle {
	t.Helper()
	var out []needle
	out = append(out, forms(t, "text", textMarker)...)
	out = append(out, forms(t, "name", hanMarker)...)
	out = append(out, forms(t, "number", numberMarker)...)
	out = append(out, forms(t, "number with separators", "1,777,712,345")...)
	out = append(out, forms(t, "number with exponent", "1.777712345")...)
	out = append(out, forms(t, "date", dateMarker)...)
	out = append(out, forms(t, "date with slashes", "1931/07/23")...)
	for i, base := range []uint64{baseNumber, baseNumber + 100_000} {
		be := binary.BigEndian.AppendUint64(nil, base)[:6] // the rest differs from person to person
		out = append(out, whole(fmt.Sprintf("whole number %d", i), be)...)
	}
	out = append(out, whole("amount", binary.BigEndian.AppendUint64(nil, math.Float64bits(amountMarker)))...)
	for i := range 3 { // plain digests would do as well as what they are of
		for _, id := range person(i)[:3] {
			d256, d1, d5 := sha256.Sum256([]byte(id)), sha1.Sum([]byte(id)), md5.Sum([]byte(id))
			for name, d := range map[string][]byte{"SHA-256": d256[:], "SHA-1": d1[:], "MD5": d5[:]} {
				out = append(out, needle{name + " of an id", d}, needle{name + " of an id in hex", []byte(hex.EncodeToString(d))})
			}
		}
	}
	for _, n := range out {
		if len(n.bytes) < 6 {
			t.Fatalf("%s is too short to mean anything: %d bytes", n.name, len(n.bytes))
		}
	}
	return out
}

// forms are the ways in which a text can stand somewhere.
func forms(t testing.TB, name, s string) (out []needle) {
	add := func(form string, b []byte) { out = append(out, needle{name + " in " + form, b}) }
	encoded := func(form string, b []byte) {
		add(form, b)
		add(form+", hex", []byte(hex.EncodeToString(b)))
		add(form+", HEX", []byte(strings.ToUpper(hex.EncodeToString(b))))
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			for shift := range 3 {
				add(fmt.Sprintf("%s, base64 at %d", form, shift), inside(enc, b, shift))
			}
		}
	}
	encoded("UTF-8", []byte(s))
	var le, be []byte
	for _, u := range utf16.Encode([]rune(s)) {
		le, be = binary.LittleEndian.AppendUint16(le, u), binary.BigEndian.AppendUint16(be, u)
	}
	add("UTF-16LE", le)
	add("UTF-16BE", be)
	if g := gb(t, s); !bytes.Equal(g, []byte(s)) {
		encoded("GB18030", g)
		var escaped, percent strings.Builder
		for _, r := range s {
			fmt.Fprintf(&escaped, `\u%04x`, r)
		}
		for _, b := range []byte(s) {
			fmt.Fprintf(&percent, "%%%02X", b)
		}
		add("JSON escapes", []byte(escaped.String()))
		add("URL escapes", []byte(percent.String()))
	}
	if low := strings.ToLower(s); low != s {
		add("small letters", []byte(low))
	}
	return out
}

// inside is what base64 of any text has where b stands in it at an offset that
// is shift more than a multiple of 3: the characters that b alone decides.
func inside(enc *base64.Encoding, b []byte, shift int) []byte {
	all := enc.EncodeToString(append(make([]byte, shift), b...))
	return []byte(all[(8*shift+5)/6 : 8*(shift+len(b))/6])
}

// whole is a number's bytes in both orders, and in hex.
func whole(name string, be []byte) []needle {
	le := bytes.Clone(be)
	for i, j := 0, len(le)-1; i < j; i, j = i+1, j-1 {
		le[i], le[j] = le[j], le[i]
	}
	return []needle{{name + ", big endian", be}, {name + ", little endian", le}, {name + ", hex", []byte(hex.EncodeToString(be))},
		{name + ", HEX", []byte(strings.ToUpper(hex.EncodeToString(be)))}}
}

// search finds markers.
type search struct{ needles []needle }

// in returns the names of the forms that stand in data, in data as it is and in
// what can be read out of it: rows of Parquet files, what base64 and gzip hide.
func (s *search) in(data []byte) (found []string) { return s.deep(data, 2) }

func (s *search) deep(data []byte, depth int) (found []string) {
	for _, n := range s.needles {
		if bytes.Contains(data, n.bytes) {
			found = append(found, n.name)
		}
	}
	if depth == 0 {
		return found
	}
	for _, inner := range unwrap(data) {
		for _, f := range s.deep(inner, depth-1) {
			found = append(found, f+", inside")
		}
	}
	return found
}

// unwrap reads what is inside of data.
func unwrap(data []byte) (out [][]byte) {
	switch {
	case bytes.HasPrefix(data, []byte("PAR1")):
		out = append(out, parquetText(data))
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		if r, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			b, _ := io.ReadAll(r) // as much as there is
			out = append(out, b)
		}
	case !bytes.Contains(data[:min(len(data), 512)], []byte{0}): // text
		for _, run := range base64Runs(data) {
			for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				if b, err := enc.DecodeString(string(run[:len(run)/4*4])); err == nil {
					out = append(out, b)
				}
			}
		}
	}
	return out
}

// base64Runs are the stretches of at least 40 characters of base64.
func base64Runs(data []byte) (out [][]byte) {
	from := 0
	for i := 0; i <= len(data); i++ {
		if i < len(data) {
			c := data[i]
			if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_' {
				continue
			}
		}
		if i-from >= 40 {
			out = append(out, data[from:i])
		}
		from = i + 1
	}
	return out
}

// parquetText is every value of a Parquet file as text; nothing if it is none.
func parquetText(data []byte) []byte {
	f, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	defer f.Close()
	r, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		return nil
	}
	table, err := r.ReadTable(context.Background())
	if err != nil {
		return nil
	}
	defer table.Release()
	var b bytes.Buffer
	fmt.Fprintln(&b, table.Schema().Metadata())
	for i := range int(table.NumCols()) {
		for _, chunk := range table.Column(i).Data().Chunks() {
			for j := range chunk.Len() {
				fmt.Fprintln(&b, chunk.ValueStr(j))
			}
		}
	}
	return b.Bytes()
}

// databaseText is every value of every table of an SQLite file as text: a
// value may be split between two pages, and whole numbers are not stored as
// digits.
func databaseText(path string) ([]byte, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	names, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil {
		return nil, err
	}
	defer names.Close()
	var tables []string
	for names.Next() {
		var n string
		if err := names.Scan(&n); err != nil {
			return nil, err
		}
		tables = append(tables, n)
	}
	var b bytes.Buffer
	for _, n := range tables {
		if err := dumpTable(&b, db, n); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), names.Err()
}

func dumpTable(b *bytes.Buffer, db *sql.DB, table string) error {
	rows, err := db.Query(`SELECT * FROM "` + table + `"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		cells := make([]any, len(cols))
		for i := range cells {
			cells[i] = new(sql.RawBytes)
		}
		if err := rows.Scan(cells...); err != nil {
			return err
		}
		for _, c := range cells {
			b.Write(*c.(*sql.RawBytes))
			b.WriteByte('\n')
		}
	}
	return rows.Err()
}

// tree searches every file below a folder, names included, and calls found
// with each place and form. It returns how many files and bytes it read.
func (s *search) tree(root string, skip func(path string) bool, found func(place, form string)) (files int, size int64, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if skip != nil && skip(path) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, f := range s.in([]byte(rel)) {
			found("the name of "+rel, f)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files, size = files+1, size+int64(len(data))
		for _, f := range s.in(data) {
			found(rel, f)
		}
		if bytes.HasPrefix(data, []byte("SQLite format 3\x00")) {
			text, err := databaseText(path)
			if err != nil {
				return nil // a damaged database: its bytes were searched
			}
			for _, f := range s.in(text) {
				found(rel+" (tables)", f)
			}
		}
		return nil
	})
	return files, size, err
}
