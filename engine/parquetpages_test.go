//go:build duckdb_arrow

package engine

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

// people is a record of an id and a column v of a type.
func people(format string, columns ...glovebox.Column) glovebox.Dataset {
	return glovebox.Dataset{
		Code: "people", Source: glovebox.Source{Format: format},
		Unit:       glovebox.Unit{Space: "person", Column: "id", MaxRows: 3},
		MaxRejects: 1,
		Columns:    append([]glovebox.Column{{Name: "id", Type: glovebox.String, Class: glovebox.ClassIdentifier, Keep: true}}, columns...),
	}
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "parquet", name+".parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestParquetDamagedPages flips one bit in every byte of files have
// checksums: the load fails, or gives what the whole file does.
func TestParquetDamagedPages(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	ds := people("parquet",
		glovebox.Column{Name: "town", Type: glovebox.String, Nullable: true, Class: glovebox.ClassPersonal},
		glovebox.Column{Name: "n", Type: glovebox.Int64, Class: glovebox.ClassPersonal})
	for _, name := range []string{"crc-v1", "crc-v2"} {
		whole := fixture(t, name)
		good := mustLoad(t, ds, string(whole), testOptions(newVault()))
		if good.Report.Accepted != 60 {
			t.Fatalf("%s: %+v", name, good.Report)
		}
		footer := len(whole) - 8 - int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
		told := 0
		for i := 4; i < footer; i++ {
			b := slices.Clone(whole)
			b[i] ^= 1 << (i % 8)
			f := tempFile(t, b)
			p, err := openParquet(f, int64(len(b)), ds.Columns)
			if err != nil {
				continue // seen while the footer is compared with the record
			}
			bad := error(nil)
			for g := range p.r.NumRowGroups() {
				if bad == nil {
					bad = p.verifyPages(g)
				}
			}
			if bad != nil {
				if !strings.Contains(bad.Error(), "row group") || glovebox.CodeOf(bad) != glovebox.CodeInvalid {
					t.Fatalf("%s, byte %d: %v", name, i, bad)
				}
				if strings.Contains(bad.Error(), "checksum") {
					told++
				}
			}
			if bad != nil && i%50 != 0 {
				continue
			}
			r, err := Load(context.Background(), ds, f, testOptions(newVault()))
			if bad != nil && err == nil || err == nil && string(r.ManifestBytes) != string(good.ManifestBytes) {
				t.Fatalf("%s, byte %d: the damage %v loads as other rows", name, i, bad)
			}
			_ = f.Close()
		}
		if told < (footer-4)/3 {
			t.Errorf("%s: only %d of %d bytes are held by a checksum", name, told, footer-4)
		}
	}
	// Without checksums the same bytes are read as they are.
	if r := mustLoad(t, ds, string(fixture(t, "no-crc")), testOptions(newVault())); r.Report.Accepted != 60 {
		t.Errorf("%+v", r.Report)
	}
}

// TestPageHeader reads headers with all that parquet.thrift allows in them.
func TestPageHeader(t *testing.T) {
	for name, q := range map[string]struct {
		bytes string
		want  pageHeader
		n     int
	}{
		// 1: DATA_PAGE, 2: 10, 3: 9, 4: -1, 5: {1: 7}
		"data": {"\x15\x00\x15\x14\x15\x12\x15\x01\x1c\x15\x0e\x00\x00rest", pageHeader{0, 9, 7, true, 0xffffffff}, 13},
		// 1: DICTIONARY_PAGE, 2: 10, 3: 9, 7: {1: 7, 2: 0}
		"dictionary": {"\x15\x04\x15\x14\x15\x12\x4c\x15\x0e\x15\x00\x00\x00", pageHeader{2, 9, 0, false, 0}, 13},
		// 1: DATA_PAGE_V2, 3: 9, 8: {1: 7, 7: true, 8: {5: binary "ab"}}, with a field id of its own
		"v2": {"\x15\x06\x25\x12\x5c\x15\x0e\x61\x1c\x58\x02ab\x00\x00\x00", pageHeader{3, 9, 7, false, 0}, 16},
		// a list of truth values and one of structs are skipped
		"lists": {"\x15\x00\x25\x12\x2c\x15\x0e\x19\x21\x01\x02\x19\x1c\x00\x00\x00", pageHeader{0, 9, 7, false, 0}, 16},
	} {
		h, n, err := parsePageHeader([]byte(q.bytes))
		if err != nil || h != q.want || n != q.n {
			t.Errorf("%s: %+v, %d bytes, %v", name, h, n, err)
		}
		for cut := range q.n {
			if _, _, err := parsePageHeader([]byte(q.bytes[:cut])); err == nil {
				t.Errorf("%s: the first %d bytes are a header", name, cut)
			}
		}
	}
	for name, b := range map[string]string{
		"a map":          "\x15\x00\x15\x12\x1b\x00\x00",
		"deep":           "\x15\x00\x25\x12" + strings.Repeat("\x6c", 100),
		"a long list":    "\x15\x00\x25\x12\x69\xf5\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"a long text":    "\x15\x00\x25\x12\x68\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"a long number":  "\x15\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00",
		"a size below 0": "\x15\x00\x25\x11\x00",
	} {
		if h, _, err := parsePageHeader([]byte(b)); err == nil {
			t.Errorf("%s: %+v", name, h)
		}
	}
}

func FuzzPageHeader(f *testing.F) {
	f.Add([]byte("\x15\x00\x15\x14\x15\x12\x15\x01\x1c\x15\x0e\x00\x00rest"))
	f.Add([]byte("\x15\x00\x25\x12\x2c\x15\x0e\x19\x21\x01\x02\x19\x1c\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := parsePageHeader(b)
		if err != nil {
			return
		}
		if n > len(b) || h.size < 0 || h.values < 0 {
			t.Fatalf("%+v, %d of %d bytes", h, n, len(b))
		}
		// What follows a header does not change it, and less is none.
		if again, m, err := parsePageHeader(b[:n]); err != nil || again != h || m != n {
			t.Fatal("another header without what follows")
		}
	})
}
