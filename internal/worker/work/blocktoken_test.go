package work

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/privacy/blocks"
)

// TestChannelTokensOfABlock: in mode blocks a token stands for its value within
// one block, whatever part its rows are in, and for nothing in any other.
func TestChannelTokensOfABlock(t *testing.T) {
	const number = 16
	header, all := people(t)
	educ := map[[engine.TokenBytes]byte]int{}
	for _, p := range all {
		educ[tokenOf(p.pid)] = p.educ
	}
	for _, parts := range []int{8, 32} {
		w, r := blockWorker(t, number)
		r.spec.Secret = [32]byte{7}
		r.spec.Inputs[0].Masks = map[string]glovebox.Mask{"educ": {Kind: "token"}, "income": {Kind: "none"}, "age": {Kind: "none"}}
		type place struct{ block, educ int }
		token, value := map[place]string{}, map[string]place{}
		files := snapshot(t, header, all, parts)
		for i := range files {
			rows, err := w.open(t.Context(), 0, &files[i])
			if err != nil {
				t.Fatal(err)
			}
			column := rows.Schema().FieldIndices("educ")[0]
			for rows.Next() {
				b := rows.RecordBatch()
				units, tokens := b.Column(0).(*array.FixedSizeBinary), b.Column(column).(*array.FixedSizeBinary)
				for row := range int(b.NumRows()) {
					unit := [engine.TokenBytes]byte(units.Value(row))
					at, tok := place{blocks.Of(unit, number), educ[unit]}, string(tokens.Value(row))
					if before, known := token[at]; known && before != tok {
						t.Fatalf("%d parts: block %d has two tokens of one value", parts, at.block)
					}
					if before, known := value[tok]; known && before != at {
						t.Fatalf("%d parts: a token of block %d is that of another value, or of block %d", parts, at.block, before.block)
					}
					token[at], value[tok] = tok, at
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			rows.Release()
		}
		if len(token) < 2*number {
			t.Errorf("%d parts: %d tokens: the test shows nothing", parts, len(token))
		}
	}
}
