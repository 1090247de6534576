//go:build duckdb_arrow

package engine

import "context"

// Version starts a locked-down DuckDB and returns its version. It fails if
// DuckDB does not start or a setting cannot be locked.
func Version(ctx context.Context) (string, error) {
	d, c, err := openDB(ctx, filterMemory)
	if err != nil {
		return "", err
	}
	defer d.close()
	defer c.close()
	v, _, err := c.text(ctx, "SELECT version()") // copies: the result dies with DuckDB
	return v, err
}
