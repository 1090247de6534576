package work

import (
	"context"
	"math/bits"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/blocks"
	"glovebox.example/glovebox/privacy/mechanism"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// Blocks is mode blocks: units go to a fixed number of blocks by their tokens,
// the guest sees one block at a time in a fresh instance, and what the blocks
// gave is combined.
type Blocks struct{ *blocks.Plan }

// NewBlocks prices what a job of mode blocks declares. It fails as
// blocks.New.
func NewBlocks(b *glovebox.Blocks, rel glovebox.ReleaseDef) (*Blocks, error) {
	if b == nil {
		return nil, modeless()
	}
	p, err := blocks.New(*b, rel)
	if err != nil {
		return nil, err
	}
	return &Blocks{p}, nil
}

// MostWork is one call a block.
func (m *Blocks) MostWork(module *sandbox.Module, f *abi.Function, _ int64, call func(fuel int64) float64) float64 {
	return float64(m.Count()) * call(module.Manifest().FuelOf(f))
}

// Bytes are few: the answer is one row.
func (m *Blocks) Bytes() (rows, columns int64) { return 0, 0 }

// Repeats is false: nothing of a run that was cut short is seen.
func (m *Blocks) Repeats() bool { return false }

func (m *Blocks) check(j *Job) error { return j.module.CheckBlocks(j.spec.Function, j.spec.Blocks) }

// parts: as many as one block takes up. Both numbers are powers of two.
func (m *Blocks) parts(of int) int { return max(1, of/m.Count()) }

// maxRows: the rows of a block are bounded by the module's manifest.
func (m *Blocks) maxRows(int) int { return 0 }

// together: what the guest sees at one time is a block.
func (m *Blocks) together() *int {
	n := bits.Len(uint(m.Count())) - 1 // a power of two
	return &n
}

func (m *Blocks) round() any          { return m.Plan }
func (m *Blocks) hand(w *Worker) hand { return &blockHand{w: w, plan: m.Plan} }

func (m *Blocks) course(j *Job, _ [32]byte) Course {
	return &blockCourse{once: once{job: j}, plan: m.Plan}
}

func declareBlocks(s *Spec, f *abi.Function) {
	s.Mode, s.Blocks = glovebox.ModeBlocks, &glovebox.Blocks{Count: blocks.MinCount}
	for _, m := range f.Output.Metrics {
		s.Blocks.Metrics = append(s.Blocks.Metrics, glovebox.BlockMetric{Name: m, Combine: glovebox.Median, Max: 1, Points: 2, Spacing: glovebox.Linear})
	}
}

// per is how many blocks a group of parts has, of which there are so many.
func per(plan *blocks.Plan, parts int) int { return max(1, plan.Count()/parts) }

// blockCourse is the one round of mode blocks.
type blockCourse struct {
	once
	plan  *blocks.Plan
	table *blocks.Table
}

func (c *blockCourse) Total(*privacy.SpoolOptions) Total {
	return &blockTotal{c.plan, c.plan.NewTotal()}
}

func (c *blockCourse) Release(t Total, src *mechanism.Source) (_ *Update, err error) {
	c.table, err = c.plan.Release(t.(*blockTotal).all, src)
	c.done = true
	return nil, err
}

func (c *blockCourse) Answer() *Answer { return layBlocks(c.table) }

// blockTotal is what all blocks gave.
type blockTotal struct {
	plan *blocks.Plan
	all  *blocks.Outputs
}

// Check takes none: the answers of blocks never come in pieces.
func (t *blockTotal) Check([]byte) error { return ErrPartial }

func (t *blockTotal) Add(group, parts int, answer []byte) error {
	n := per(t.plan, parts)
	one := t.plan.NewOutputs(group*n, n)
	if one.UnmarshalBinary(answer) != nil {
		return ErrPartial
	}
	return t.all.Merge(one)
}

func (t *blockTotal) Close() error { return nil }

// layBlocks lays the answer of a job of mode blocks out: one row.
func layBlocks(t *blocks.Table) *Answer {
	out := &Answer{Facts: t.Facts}
	var row []any
	add := func(name string, typ glovebox.Type, v any) {
		out.Columns, row = append(out.Columns, release.Column{Name: name, Type: typ}), append(row, v)
	}
	for i, m := range t.Metrics {
		f := t.Figures[i]
		if m.Combine == glovebox.Vote {
			add(m.Name, glovebox.String, f.Choice)
			continue
		}
		add(m.Name, glovebox.Float64, f.Value)
		if f.Margin {
			add(m.Name+"_lo", glovebox.Float64, f.Lo)
			add(m.Name+"_hi", glovebox.Float64, f.Hi)
		}
	}
	out.Rows = [][]any{row}
	return out
}

// blockHand collects the units of one block at a time and hands them to the
// guest.
type blockHand struct {
	w     *Worker
	plan  *blocks.Plan
	group *group // begun and not ended; nil: none
	next  int    // part that it goes on with
}

// part returns nil after any but the last part of a group. A block that goes on
// in the next part waits for it.
func (h *blockHand) part(ctx context.Context, index, parts int, readers []array.RecordReader, _ func([]byte) error) ([]byte, error) {
	long := h.w.r.PartsPerGroup(parts)
	if index%long == 0 {
		h.close()
		n := per(h.plan, parts)
		from := index / long * n
		h.group = &group{outputs: h.plan.NewOutputs(from, n), rows: newBlockRows(len(readers)), from: from, to: from + n, block: from}
		h.next = index
	}
	if h.group == nil || h.next != index {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a part came out of its order")
	}
	h.next++
	p := h.group
	err := engine.Units(readers, func(token [engine.TokenBytes]byte, rows [][]engine.Span) error {
		h.w.move()
		block := plantBlock(p, blocks.Of(token, h.plan.Count()))
		if block < p.block || block >= p.to {
			return glovebox.Errorf(glovebox.CodeInternal, "a unit is in another part than its token says")
		}
		if block != p.block {
			if err := h.block(ctx, p); err != nil {
				return err
			}
			p.block = block
		}
		p.rows.add(h.w.guest, rows)
		if h.w.watch != nil {
			p.tokens = append(p.tokens, token)
		}
		return nil
	})
	if err != nil || index%long != long-1 {
		return nil, err
	}
	if err := h.block(ctx, p); err != nil {
		return nil, err
	}
	h.group = nil
	return p.outputs.MarshalBinary()
}

// block runs the guest on the block at hand, in a fresh instance. An empty
// block, one that does not fit and one on which the guest fails keep their
// default.
func (h *blockHand) block(ctx context.Context, p *group) error {
	defer p.drop()
	if p.rows.over {
		return h.watched(p, sandbox.Result{Outcome: sandbox.Oversize}, 0)
	}
	if p.rows.Units() == 0 {
		return nil
	}
	start := time.Now()
	var res sandbox.Result
	err := h.w.guest.RunBlock(ctx, &p.rows.Block, &res)
	h.w.move()
	if err != nil {
		return err
	}
	if res.Outcome == sandbox.OK {
		p.outputs.Put(p.block, res.N, res.Records)
	}
	return h.watched(p, res, time.Since(start))
}

// close gives up a group that was not finished.
func (h *blockHand) close() {
	if h.group != nil {
		h.group.drop()
		h.group = nil
	}
}
