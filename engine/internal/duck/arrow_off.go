//go:build !duckdb_arrow

package duck

import (
	duckdb "github.com/duckdb/duckdb-go/v2"

	"glovebox.example/glovebox"
)

// newArrow refuses: a build without the tag compiles, for editors and vet, and
// reads no data.
func newArrow(*duckdb.Conn) (arrowCalls, error) {
	return nil, glovebox.Errorf(glovebox.CodeInternal, "this program was built without DuckDB's Arrow calls").
		WithFix("build it with `make build`, or with -tags duckdb_arrow")
}
