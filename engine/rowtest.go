//go:build duckdb_arrow

// Package rowtest is what the tests of the engine's packages share: rows as
// text, and files and tables to read.
package engine

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

func tempFile(t testing.TB, data []byte) *os.File {
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

// rowTexts reads a reader to its end; a row is its values with | between them.
func rowTexts(t testing.TB, r array.RecordReader) []string {
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
				vs = append(vs, cellText(c, i))
			}
			out = append(out, strings.Join(vs, "|"))
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return out
}

func cellText(c arrow.Array, i int) string {
	if c.IsNull(i) {
		return "-"
	}
	if f, ok := c.(*array.FixedSizeBinary); ok {
		return hex.EncodeToString(f.Value(i))
	}
	return c.ValueStr(i)
}

// checked returns an allocator that must be empty at the end of the test.
func checked(t testing.TB) *memory.CheckedAllocator {
	a := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { a.AssertSize(t, 0) })
	return a
}

// sqlOpen runs statements on a DuckDB that is not locked down, to make input.
func sqlOpen(t testing.TB, statements ...string) {
	t.Helper()
	c, err := duckdb.NewConnector("?threads=1", nil)
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
