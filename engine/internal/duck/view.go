package duck

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
)

// ViewPiece has DuckDB see a piece under a name until release is called.
func (c *Conn) ViewPiece(name string, piece *array.Struct) (release func(), err error) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "r", Type: piece.DataType()}}, nil)
	b := array.NewRecordBatch(schema, []arrow.Array{piece}, int64(piece.Len()))
	defer b.Release()
	in, err := array.NewRecordReader(schema, []arrow.RecordBatch{b})
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot hand rows to DuckDB")
	}
	done, err := c.View(context.Background(), name, in)
	if err != nil {
		in.Release()
		return nil, err
	}
	return func() { done(); in.Release() }, nil
}

// View has DuckDB see the rows of a reader under a name until release is
// called. The reader stays the caller's.
func (c *Conn) View(ctx context.Context, name string, in array.RecordReader) (release func(), err error) {
	release, err = c.arrow.RegisterView(in, name)
	return release, dbError(ctx, "hand rows to DuckDB", err)
}
