//go:build duckdb_arrow

package engine

import (
	"os"
	"path/filepath"
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
