package work

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/sandbox"
)

// PartsPerGroup is how many parts, one after the other, a worker needs for one
// answer: one, or in mode blocks as many as one block takes up. Both numbers
// are powers of two.
func (j *Job) PartsPerGroup(parts int) int {
	if j.blocks == nil {
		return 1
	}
	return max(1, parts/j.blocks.Count())
}

// Outputs makes the place for a group's answer in mode blocks.
func (j *Job) Outputs(group, parts int) *privacy.Outputs {
	per := max(1, j.blocks.Count()/parts)
	return j.blocks.NewOutputs(group*per, per)
}

// group is the work on adjacent parts in mode blocks: those of one or more
// whole blocks.
type group struct {
	outputs  *privacy.Outputs
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

// blockPart works on one part in mode blocks. It returns nil after any but the
// last part of a group. A block that goes on in the next part waits for it.
func (w *Worker) blockPart(ctx context.Context, index, parts int, readers []array.RecordReader) ([]byte, error) {
	per := w.r.PartsPerGroup(parts)
	if index%per == 0 {
		w.dropGroup()
		p := &group{outputs: w.r.Outputs(index/per, parts), rows: newBlockRows(len(readers))}
		n := max(1, w.r.blocks.Count()/parts)
		p.from = index / per * n
		p.to, p.block = p.from+n, p.from
		w.group, w.next = p, index
	}
	if w.group == nil || w.next != index {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a part came out of its order")
	}
	w.next++
	p := w.group
	err := engine.Units(readers, func(token [engine.TokenBytes]byte, rows [][]engine.Span) error {
		w.move()
		block := plantBlock(p, privacy.BlockOf(token, w.r.blocks.Count()))
		if block < p.block || block >= p.to {
			return glovebox.Errorf(glovebox.CodeInternal, "a unit is in another part than its token says")
		}
		if block != p.block {
			if err := w.block(ctx, p); err != nil {
				return err
			}
			p.block = block
		}
		p.rows.add(w.guest, rows)
		if w.watch != nil {
			p.tokens = append(p.tokens, token)
		}
		return nil
	})
	if err != nil || index%per != per-1 {
		return nil, err
	}
	if err := w.block(ctx, p); err != nil {
		return nil, err
	}
	w.group = nil
	return p.outputs.MarshalBinary()
}

// block runs the guest on the block at hand, in a fresh instance. An empty
// block, one that does not fit and one on which the guest fails keep their
// default.
func (w *Worker) block(ctx context.Context, p *group) error {
	defer p.drop()
	if p.rows.over {
		return w.watchedBlock(p, sandbox.Result{Outcome: sandbox.Oversize}, 0)
	}
	if p.rows.Units() == 0 {
		return nil
	}
	start := time.Now()
	var res sandbox.Result
	err := w.guest.RunBlock(ctx, &p.rows.Block, &res)
	w.move()
	if err != nil {
		return err
	}
	if res.Outcome == sandbox.OK {
		p.outputs.Put(p.block, res.N, res.Records)
	}
	return w.watchedBlock(p, res, time.Since(start))
}

// drop lets go of the block at hand.
func (p *group) drop() {
	p.rows.drop()
	p.tokens = p.tokens[:0]
}

// dropGroup gives up a group that was not finished.
func (w *Worker) dropGroup() {
	if w.group != nil {
		w.group.drop()
		w.group = nil
	}
}
