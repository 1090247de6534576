package engine

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
)

// Schema returns the schema of the batches that OpenPart gives for the named
// columns of a record: UnitColumn, then the columns, at their original types
// where kept names them. It fails with code invalid for a column that the
// record lacks and for an original that it does not keep.
func Schema(cols []glovebox.Column, names, kept []string) (*arrow.Schema, error) {
	fields := []arrow.Field{{Name: column.UnitColumn, Type: column.TokenType}}
	for _, name := range names {
		i := slices.IndexFunc(cols, func(c glovebox.Column) bool { return c.Name == name })
		if i < 0 {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the dataset has no column %s", name)
		}
		c := cols[i]
		t := c.StoredType()
		if slices.Contains(kept, name) {
			if t = c.Type; !c.Keep {
				return nil, glovebox.Errorf(glovebox.CodeInvalid, "the originals of column %s are not kept", name).
					WithFix("only a token of it can be used")
			}
		}
		fields = append(fields, arrow.Field{Name: name, Type: column.ArrowTypes[t], Nullable: c.Nullable})
	}
	return arrow.NewSchema(fields, nil), nil
}
