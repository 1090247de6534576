package engine

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox/engine/internal/column"
)

// TestChannelRowOrder: units with the same two rows have them in either order,
// independently: else the order would tell, in all of them, the same bit of
// values that a module may not see. Of n units those with the first row first are
// binomial(n, 1/2); the bound of 7 standard deviations is passed by chance with
// probability below 2.6e-12 a run (a fixed key: never again once it passed).
func TestChannelRowOrder(t *testing.T) {
	const n = 4000
	schema := arrow.NewSchema([]arrow.Field{{Name: column.UnitColumn, Type: column.TokenType}, {Name: "v", Type: arrow.PrimitiveTypes.Int32}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range n {
		var token [column.TokenBytes]byte
		binary.BigEndian.PutUint32(token[:], uint32(i))
		for v := range int32(2) {
			b.Field(0).(*array.FixedSizeBinaryBuilder).Append(token[:])
			b.Field(1).(*array.Int32Builder).Append(v)
		}
	}
	rec := b.NewRecordBatch()
	defer rec.Release()
	rows, units, most, err := sortRows(rec, newPRF([32]byte{1}).rowOrder())
	if err != nil || units != n || most != 2 {
		t.Fatalf("%d units, %d rows: %v", units, most, err)
	}
	first := 0
	for i := 0; i < len(rows); i += 2 {
		first += int(rows[i] % 2)
	}
	if d := math.Abs(float64(first) - n/2); d > 7*math.Sqrt(n)/2 {
		t.Errorf("of two rows that %d units have the second is first in %d", n, first)
	}
}
