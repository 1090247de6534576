package source_test

import (
	"context"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
)

type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }

func discard(string) (io.WriteCloser, error) { return nowhere{io.Discard}, nil }

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "parquet", name+".parquet"))
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
	ds := glovebox.Dataset{
		Code: "people", Source: glovebox.Source{Format: "parquet"},
		Unit:       glovebox.Unit{Space: "person", Column: "id", MaxRows: 3},
		MaxRejects: 1,
		Columns: []glovebox.Column{
			{Name: "id", Type: glovebox.String, Class: glovebox.ClassIdentifier, Keep: true},
			{Name: "town", Type: glovebox.String, Nullable: true, Class: glovebox.ClassPersonal},
			{Name: "n", Type: glovebox.Int64, Class: glovebox.ClassPersonal},
		},
	}
	load := func(f *os.File) (*engine.LoadResult, error) {
		return engine.Load(context.Background(), ds, f, engine.LoadOptions{UnitKey: [32]byte{1}, Parts: 4, Create: discard})
	}
	for _, name := range []string{"crc-v1", "crc-v2"} {
		whole := fixture(t, name)
		good, err := load(rowtest.TempFile(t, whole))
		if err != nil || good.Report.Accepted != 60 {
			t.Fatalf("%s: %+v, %v", name, good, err)
		}
		footer := len(whole) - 8 - int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
		told := 0
		for i := 4; i < footer; i++ {
			b := slices.Clone(whole)
			b[i] ^= 1 << (i % 8)
			f := rowtest.TempFile(t, b)
			bad, unread := source.VerifyAllPages(f, int64(len(b)), ds.Columns)
			if unread {
				continue // seen while the footer is compared with the record
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
			r, err := load(f)
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
	if r, err := load(rowtest.TempFile(t, fixture(t, "no-crc"))); err != nil || r.Report.Accepted != 60 {
		t.Errorf("%+v, %v", r, err)
	}
}
