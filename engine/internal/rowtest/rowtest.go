// Package rowtest is what the tests of the engine's packages share: rows as
// text, and files and tables to read. It promises nothing to the product, which
// does not import it.
package rowtest

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	duckdb "github.com/duckdb/duckdb-go/v2"
)

// TempFile is an open file with this content.
func TempFile(t testing.TB, data []byte) *os.File {
	t.Helper()
	p := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(p, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// Texts reads a reader to its end; a row is its values with | between them.
func Texts(t testing.TB, r array.RecordReader) []string {
	t.Helper()
	var out []string
	for r.Next() {
		b := r.RecordBatch()
		if !b.Schema().Equal(r.Schema()) {
			t.Fatalf("a batch has schema %v, the reader %v", b.Schema(), r.Schema())
		}
		for i := range int(b.NumRows()) {
			var vs []string
			for _, c := range b.Columns() {
				vs = append(vs, Cell(c, i))
			}
			out = append(out, strings.Join(vs, "|"))
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return out
}

// Cell is one value as text: - for a null, hex for a token.
func Cell(c arrow.Array, i int) string {
	if c.IsNull(i) {
		return "-"
	}
	if f, ok := c.(*array.FixedSizeBinary); ok {
		return hex.EncodeToString(f.Value(i))
	}
	return c.ValueStr(i)
}

// Checked returns an allocator that must be empty at the end of the test.
func Checked(t testing.TB) *memory.CheckedAllocator {
	a := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { a.AssertSize(t, 0) })
	return a
}

// MakeWithDuckDB runs statements on a DuckDB that is not locked down, to make input.
func MakeWithDuckDB(t testing.TB, statements ...string) {
	t.Helper()
	c, err := duckdb.NewConnector("?threads=2", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cn, err := c.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer cn.Close()
	for _, s := range statements {
		if _, err := cn.(driver.ExecerContext).ExecContext(context.Background(), s, nil); err != nil {
			t.Fatal(err)
		}
	}
}
