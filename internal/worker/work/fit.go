package work

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/author/fit"
)

// CountPart counts one row of each unit of a part: the first in the order of
// the vault, which follows from the unit's own rows and a key.
func CountPart(ctx context.Context, l *fit.Layout, f Files) ([]uint64, error) {
	r, err := engine.OpenPart(ctx, engine.PartSpec{Manifest: f.Manifest, Index: f.Index, Part: f.Part, Columns: l.Names()})
	if err != nil {
		return nil, err
	}
	defer r.Release()
	counts, bins := make([]uint64, l.Size()), make([]int, len(l.Columns))
	err = engine.Units([]array.RecordReader{r}, func(_ [engine.TokenBytes]byte, rows [][]engine.Span) error {
		first := rows[0][0]
		return l.Add(counts, first.Batch, first.From, bins)
	})
	return counts, err
}
