package engine

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/duck"
)

// TokenBytes is the width of a token.
const TokenBytes = column.TokenBytes

// UnitColumn is the name of column 0 of every batch that leaves the vault: the
// token of the row's unit.
const UnitColumn = column.UnitColumn

// ArrowType returns the Arrow type of a declared one; nil if there is none.
func ArrowType(t glovebox.Type) arrow.DataType { return column.ArrowTypes[t] }

// Version starts a locked-down DuckDB and returns its version. It fails if
// DuckDB does not start or a setting cannot be locked.
func Version(ctx context.Context) (string, error) { return duck.Version(ctx) }
