package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
)

// vault keeps the parts of a load in memory.
type vault struct {
	mu    sync.Mutex
	files map[string]*bytes.Buffer
}

type vaultFile struct{ *bytes.Buffer }

func (vaultFile) Close() error { return nil }

func newVault() *vault { return &vault{files: map[string]*bytes.Buffer{}} }

func (v *vault) create(name string) (io.WriteCloser, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	b := &bytes.Buffer{}
	v.files[name] = b
	return vaultFile{b}, nil
}

// open returns a part as a memory file.
func (v *vault) open(t testing.TB, name string) *os.File {
	t.Helper()
	m, err := duck.NewMemFile()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	b, ok := v.files[name]
	if !ok {
		t.Fatalf("no part %s", name)
	}
	if err := m.Put(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	return m.F
}

var testKey = sha256.Sum256([]byte("unit key"))

func testOptions(v *vault) LoadOptions {
	return LoadOptions{
		UnitKey:  testKey,
		IdentKey: func(c glovebox.Column) [32]byte { return sha256.Sum256([]byte("key of " + c.Name)) },
		Parts:    4,
		Create:   v.create,
	}
}

// visits is a dataset with most kinds of columns.
func visits() glovebox.Dataset {
	return glovebox.Dataset{
		Code:       "visits",
		Source:     glovebox.Source{Format: "csv"},
		Unit:       glovebox.Unit{Space: "person", Column: "person", MaxRows: 3},
		MaxRejects: 1,
		Columns: []glovebox.Column{
			{Name: "person", Type: glovebox.String, Class: glovebox.ClassIdentifier, Keep: true},
			{Name: "town", Type: glovebox.String, Class: glovebox.ClassPersonal, Values: []string{"东城", "西城", "O'Hare"}},
			{Name: "age", Type: glovebox.Int32, Class: glovebox.ClassPersonal, Min: "0", Max: "120"},
			{Name: "cost", Type: glovebox.Float64, Class: glovebox.ClassPersonal, Nullable: true, Max: "1e6"},
			{Name: "seen", Type: glovebox.Date, Class: glovebox.ClassPersonal, Min: "2000-01-01"},
			{Name: "urgent", Type: glovebox.Bool, Class: glovebox.ClassPersonal, Nullable: true},
			{Name: "doctor", Type: glovebox.Int64, Class: glovebox.ClassIdentifier, Nullable: true},
		},
	}
}

const visitsHeader = "person,town,age,cost,seen,urgent,doctor\n"

func mustLoad(t testing.TB, ds glovebox.Dataset, data string, o LoadOptions) *LoadResult {
	t.Helper()
	r, err := Load(context.Background(), ds, rowtest.TempFile(t, []byte(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readAll opens every part and returns its rows as text, in order.
func readAll(t testing.TB, v *vault, m *Manifest, spec PartSpec) []string {
	t.Helper()
	var out []string
	for i, p := range m.Parts {
		s := spec
		s.Manifest, s.Index, s.Part = m, i, v.open(t, p.Name)
		if len(s.Kept) > 0 {
			s.Sealed = v.open(t, p.Sealed.Name)
		}
		r, err := OpenPart(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rowtest.Texts(t, r)...)
		r.Release()
	}
	return out
}

// rejected is a reject without its place in the file.
func rejected(row int64, column string, why source.Reason) Reject {
	return Reject{Row: row, Column: column, Reason: why}
}

// bare returns the first rejects without their places in the file.
func bare(r LoadReport) (out []Reject) {
	for _, f := range r.First {
		out = append(out, rejected(f.Row, f.Column, f.Reason))
	}
	return out
}

func tokenOf(key [32]byte, id string) string {
	return hex.EncodeToString(newPRF(key).token([]byte(id)))
}

// residentID makes a resident id with the right check character.
func residentID(n int) string {
	s := fmt.Sprintf("420281%04d%02d%02d%03d", 1930+n%80, 1+n/80%12, 1+n/960%28, n/26880%1000)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(s[i]-'0') * w
	}
	return s + "10X98765432"[sum%11:sum%11+1]
}

// fileBytes reads a whole file.
func fileBytes(t testing.TB, f *os.File) []byte {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// describe returns the names and types of a query's columns.
func describe(ctx context.Context, c *duck.Conn, sql string) (names, types []string, err error) {
	r, err := c.Query(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+sql+")")
	if err != nil {
		return nil, nil, err
	}
	defer r.Release()
	for r.Next() {
		n, t := r.RecordBatch().Column(0).(*array.String), r.RecordBatch().Column(1).(*array.String)
		for i := range n.Len() {
			names = append(names, strings.Clone(n.Value(i)))
			types = append(types, strings.Clone(t.Value(i)))
		}
	}
	return names, types, r.Err()
}

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
