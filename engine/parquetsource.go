//go:build duckdb_arrow

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
)

// parquetRows is how many rows of a Parquet file are checked at a time.
const parquetRows = 1 << 17

// parquetTypes are the types of a Parquet file, as DuckDB names them, that fit
// a declared type. Text fits every type and is then read as CSV is.
var parquetTypes = map[glovebox.Type][]string{
	glovebox.String:  {"VARCHAR"},
	glovebox.Int32:   {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "VARCHAR"},
	glovebox.Int64:   {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "VARCHAR"},
	glovebox.Float64: {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR"},
	glovebox.Bool:    {"BOOLEAN", "VARCHAR"},
	glovebox.Date:    {"DATE", "VARCHAR"},
}

// parquetSource compares a file's schema with the record and returns how many
// rows it has and how to read a range of them.
func parquetSource(ctx context.Context, c *conn, path string, cols []glovebox.Column) (rows int64, read func(from, to int64) rawSource, err error) {
	names, types, err := c.describe(ctx, "SELECT * FROM read_parquet("+quoteText(path)+")")
	if err != nil {
		return 0, nil, damagedParquet(err)
	}
	if err := matchHeader(names, cols); err != nil {
		return 0, nil, err
	}
	raw := make([]rawColumn, len(cols))
	for i, col := range cols {
		t := types[slices.Index(names, col.SourceName())]
		base, _, _ := strings.Cut(t, "(")
		if !slices.Contains(parquetTypes[col.Type], base) {
			return 0, nil, invalid(fmt.Sprintf("columns[%d].type", i), "the file's column %s has another type", col.SourceName()).
				WithFix("declare the type of the file, or write the column as %s", col.Type)
		}
		raw[i] = rawColumn{expr: quoteName(col.SourceName()), typed: base != "VARCHAR", nul: true}
	}
	r, err := c.query(ctx, "SELECT CAST(count(*) AS BIGINT) FROM read_parquet("+quoteText(path)+")")
	if err != nil {
		return 0, nil, damagedParquet(err)
	}
	defer r.Release()
	if r.Next() {
		rows = r.RecordBatch().Column(0).(*array.Int64).Value(0)
	}
	return rows, func(from, to int64) rawSource {
		return rawSource{cols: raw, from: fmt.Sprintf("read_parquet(%s, file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d", quoteText(path), from, to)}
	}, nil
}

// damagedParquet blames the file for what DuckDB could not read: its other
// errors come from bytes that this package made itself, this one does not.
func damagedParquet(err error) error {
	if e, ok := errors.AsType[*glovebox.Error](err); ok && e.Code == glovebox.CodeInternal {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file is not Parquet, or is damaged").
			WithFix("export it again, without encryption")
	}
	return err
}

// describe returns the names and types of a query's columns.
func (c *conn) describe(ctx context.Context, sql string) (names, types []string, err error) {
	r, err := c.query(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+sql+")")
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
	if r.Err() != nil {
		return nil, nil, dbError(ctx, "read a schema", r.Err())
	}
	return names, types, nil
}
