package work

import (
	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/privacy/blocks"
	"glovebox.example/glovebox/sandbox"
)

// group is the work on adjacent parts in mode blocks: those of one or more
// whole blocks.
type group struct {
	outputs  *blocks.Outputs
	from, to int // its blocks
	block    int // at hand
	rows     blockRows
	tokens   [][engine.TokenBytes]byte // of the block at hand, on sample data only
}

// blockRows are the rows of one block, as they come, unit by unit.
type blockRows struct {
	sandbox.Block
	held []arrow.RecordBatch // of which the spans are
	last []arrow.RecordBatch // of each input
	n    []int               // rows of each input
	over bool                // it does not fit, and is kept no more
}

func newBlockRows(inputs int) blockRows {
	b := blockRows{last: make([]arrow.RecordBatch, inputs), n: make([]int, inputs)}
	b.Rows, b.Starts = make([][]engine.Span, inputs), make([][]uint32, inputs)
	for i := range b.Starts {
		b.Starts[i] = []uint32{0}
	}
	return b
}

// drop lets go of all rows.
func (b *blockRows) drop() {
	for _, h := range b.held {
		h.Release()
	}
	b.held, b.over = b.held[:0], false
	for i := range b.Rows {
		b.Rows[i], b.Starts[i], b.last[i], b.n[i] = b.Rows[i][:0], b.Starts[i][:1], nil, 0
	}
}

// add takes one unit's rows.
func (b *blockRows) add(g *sandbox.Guest, unit [][]engine.Span) {
	if b.over {
		return
	}
	for i, spans := range unit {
		for _, s := range spans {
			b.n[i] += s.To - s.From
		}
		if !g.FitsBlock(len(b.Starts[i]), i, b.n[i]) {
			b.drop()
			b.over = true
			return
		}
	}
	for i, spans := range unit {
		for _, s := range spans {
			if s.Batch != b.last[i] {
				s.Batch.Retain()
				b.held, b.last[i] = append(b.held, s.Batch), s.Batch
			}
			if n := len(b.Rows[i]); n > 0 && b.Rows[i][n-1].Batch == s.Batch && b.Rows[i][n-1].To == s.From {
				b.Rows[i][n-1].To = s.To
				continue
			}
			b.Rows[i] = append(b.Rows[i], s)
		}
		b.Starts[i] = append(b.Starts[i], uint32(b.n[i]))
	}
}

// drop lets go of the block at hand.
func (p *group) drop() {
	p.rows.drop()
	p.tokens = p.tokens[:0]
}
