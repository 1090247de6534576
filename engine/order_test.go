package engine

import (
	"encoding/binary"
	"math"
	"testing"

	"glovebox.example/glovebox/engine/internal/column"
)

// TestChannelRowOrder: units with the same two rows have them in either order,
// independently: else the order would tell, in all of them, the same bit of
// values that a module may not see. Of n units those with the first row first are
// binomial(n, 1/2); the bound of 7 standard deviations is passed by chance with
// probability below 2.6e-12 a run (a fixed key: never again once it passed).
func TestChannelRowOrder(t *testing.T) {
	const n = 4000
	a, err := newAside(nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := newStore(storeBuckets, 1<<30, a)
	for i := range uint32(n) {
		for v := range uint32(2) {
			row := binary.LittleEndian.AppendUint32(nil, column.TokenBytes+5)
			row = binary.BigEndian.AppendUint32(row, i<<16)
			row = append(append(row, make([]byte, column.TokenBytes-4)...), 1)
			if err := rows.push(i<<16, binary.LittleEndian.AppendUint32(row, v)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var got []uint32
	var last unitToken
	w := sorter{most: sortBytes, order: newPRF([32]byte{1}), aside: a, emit: func(row []byte) error {
		if tok := tokenAt(row); len(got) > 0 && tok.less(last) {
			t.Fatal("the units are not in order")
		} else {
			last = tok
		}
		got = append(got, binary.LittleEndian.Uint32(row[column.TokenBytes+1:]))
		return nil
	}}
	for i := range rows.buckets {
		if err := w.bucket(rows, &rows.buckets[i], 10); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 2*n {
		t.Fatalf("%d rows", len(got))
	}
	first := 0
	for i := 0; i < len(got); i += 2 {
		first += int(got[i])
	}
	if d := math.Abs(float64(first) - n/2); d > 7*math.Sqrt(n)/2 {
		t.Errorf("of two rows that %d units have the second is first in %d", n, first)
	}
}
