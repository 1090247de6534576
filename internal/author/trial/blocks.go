package trial

import (
	"encoding/hex"
	"encoding/json"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy/blocks"
	"glovebox.example/glovebox/privacy/mechanism"
)

// blockView shows a run block by block.
type blockView struct {
	r     *runner
	plan  *blocks.Plan
	total *blocks.Outputs
}

// keys: blocks have none.
func (v *blockView) keys() int { return 0 }

// add takes the answer of the one part, which holds all blocks.
func (v *blockView) add(data []byte) error {
	all := v.plan.NewOutputs(0, v.plan.Count())
	if err := all.UnmarshalBinary(data); err != nil {
		return err
	}
	v.r.seen.Empty = v.plan.Count() - len(v.r.seen.Blocks)
	v.total = v.plan.NewTotal()
	return v.total.Merge(all)
}

// see writes down what happened on a block; its outputs come with the table.
func (v *blockView) see(s *work.Seen, c Call) {
	b := Block{Block: s.Block, Units: []string{}, Starts: map[string][]uint32{}, Call: c}
	for _, t := range s.Tokens {
		b.Units = append(b.Units, hex.EncodeToString(t[:]))
	}
	for i, code := range v.r.datasets {
		b.Starts[code] = slices.Clone(s.Starts[i])
	}
	v.r.seen.Blocks = append(v.r.seen.Blocks, b)
}

// result makes the answer before and after noise, and shows what each block
// counts with.
func (v *blockView) result() error {
	exact := v.plan.Exact(v.total)
	metrics := v.plan.Metrics()
	for i := range v.r.seen.Blocks {
		b := &v.r.seen.Blocks[i]
		for k, f := range exact.Blocks[b.Block] {
			b.Outputs = append(b.Outputs, figure(&metrics[k], &f))
		}
	}
	src, err := mechanism.NewSource()
	if err != nil {
		return err
	}
	table, err := v.plan.Release(v.total, src)
	if err != nil {
		return err
	}
	c := &Combined{}
	for k := range metrics {
		m, f := &metrics[k], table.Figures[k]
		one := CombinedFigure{Name: m.Name, Combine: m.Combine, Exact: figure(m, &exact.Figures[k]), Noisy: figure(m, &f)}
		if f.Margin {
			one.Lo, one.Hi = &f.Lo, &f.Hi
		}
		c.Figures = append(c.Figures, one)
	}
	v.r.seen.Combined = c
	return nil
}

// figure is a number, or what a vote chose.
func figure(m *glovebox.BlockMetric, f *blocks.Figure) any {
	if m.Combine == glovebox.Vote {
		return f.Choice
	}
	return f.Value
}

// showsBlocks says whether what a worker tells of blocks has the form of it and
// can be shown.
func (s *seen) showsBlocks() bool {
	for i := range s.Blocks {
		b := &s.Blocks[i]
		if b.Block < 0 || b.Block >= blocks.MaxCount || b.Fuel < 0 || !showable(b.Log) || !showable(b.Cause) || !showable(b.Outcome) {
			return false
		}
		for code := range b.Rows {
			if _, there := b.Starts[code]; !there || !oneLine(code) {
				return false
			}
		}
	}
	if s.Combined == nil {
		return true
	}
	for _, f := range s.Combined.Figures {
		if !oneLine(f.Name+string(f.Combine)) || !isFigure(f.Exact) || !isFigure(f.Noisy) || (f.Lo == nil) != (f.Hi == nil) {
			return false
		}
	}
	return true
}

// isFigure says whether a decoded value is a number, or a text that can be
// shown.
func isFigure(v any) bool {
	text, ok := v.(string)
	_, number := v.(json.Number)
	return number || ok && oneLine(text)
}
