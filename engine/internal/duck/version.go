package duck

import "context"

// Version starts a locked-down DuckDB and returns its version. It fails if
// DuckDB does not start or a setting cannot be locked.
func Version(ctx context.Context) (string, error) {
	d, c, err := Open(ctx, SmallMemory)
	if err != nil {
		return "", err
	}
	defer d.Close()
	defer c.Close()
	v, _, err := c.Text(ctx, "SELECT version()") // copies: the result dies with DuckDB
	return v, err
}
