//go:build duckdb_arrow

package duck

import duckdb "github.com/duckdb/duckdb-go/v2"

// newArrow returns a connection's Arrow calls.
func newArrow(c *duckdb.Conn) (arrowCalls, error) { return duckdb.NewArrowFromConn(c) }
