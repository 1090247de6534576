//go:build duckdb_arrow

package engine

import (
	"context"
	"strings"
)

// Version starts a locked-down DuckDB and returns its version. It fails if
// DuckDB does not start or a setting cannot be locked.
func Version(ctx context.Context) (string, error) {
	d, c, err := openDB(ctx, filterMemory)
	if err != nil {
		return "", err
	}
	defer d.close()
	defer c.close()
	r, err := c.query(ctx, "SELECT version()")
	if err != nil {
		return "", err
	}
	defer r.Release()
	if !r.Next() {
		return "", dbError(ctx, "ask DuckDB for its version", r.Err())
	}
	return strings.Clone(r.RecordBatch().Column(0).ValueStr(0)), nil // DuckDB owns the batch
}
