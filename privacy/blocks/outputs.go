package blocks

import (
	"encoding/binary"
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/internal/declared"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Frame layout of Outputs.
const (
	outputsMagic   = "gbpb"
	outputsVersion = 1
	outputsHeader  = 36
)

// Outputs are what some adjacent blocks gave: a point of its grid for every
// metric of every block. They begin with every block's default. Like a Partial
// they are raw and must not leave the vault's side of the box.
type Outputs struct {
	plan    *Plan
	from    int      // first block
	points  []uint32 // metrics per block
	done    bool     // merged or released
	missing int      // blocks that no merge brought; of a total only
	have    []bool
}

// NewOutputs returns the outputs of n blocks from block from on, each its
// default.
func (p *Plan) NewOutputs(from, n int) *Outputs {
	o := &Outputs{plan: p, from: from, points: make([]uint32, 0, n*len(p.metrics))}
	for range n {
		for i := range p.metrics {
			o.points = append(o.points, p.metrics[i].standIn)
		}
	}
	return o
}

// NewTotal returns outputs of all blocks, to merge those of some into.
func (p *Plan) NewTotal() *Outputs {
	o := p.NewOutputs(0, p.count)
	o.missing, o.have = p.count, make([]bool, p.count)
	return o
}

// Put takes what the guest said about one block: one record of a float64 for
// each metric. Anything else (no record, several, a value that is not finite, a
// vote for what is no candidate) leaves the default of the whole block.
func (o *Outputs) Put(block, n int, record []byte) {
	m := o.plan.metrics
	if n != 1 || len(record) != 8*len(m) {
		return
	}
	at := o.points[(block-o.from)*len(m):][:len(m)]
	var got [declared.MaxMetrics]uint32
	for i := range m {
		v := math.Float64frombits(binary.LittleEndian.Uint64(record[8*i:]))
		if v-v != 0 { // infinite or not a number
			return
		}
		if got[i] = m[i].snap(v); got[i] == noPoint {
			return
		}
	}
	copy(at, got[:])
}

func badFrame(format string, a ...any) error {
	return glovebox.Errorf(glovebox.CodeInvalid, "partial result: "+format, a...)
}

// MarshalBinary encodes outputs for another process. All numbers are little
// endian:
//
//	offset  bytes  content
//	0       4      "gbpb"
//	4       4      version, 1
//	8       16     fingerprint of the declaration
//	24      4      number of the first block
//	28      4      B: number of blocks
//	32      4      M: number of metrics
//	36      4*B*M  the point of each metric of each block
func (o *Outputs) MarshalBinary() ([]byte, error) {
	if o.plan == nil || o.done {
		return nil, glovebox.Errorf(glovebox.CodeConflict, "outputs of blocks were merged or released before")
	}
	m := len(o.plan.metrics)
	b := make([]byte, 0, outputsHeader+4*len(o.points))
	b = append(b, outputsMagic...)
	b = binary.LittleEndian.AppendUint32(b, outputsVersion)
	b = append(b, o.plan.mark[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(o.from))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(o.points)/m))
	b = binary.LittleEndian.AppendUint32(b, uint32(m))
	for _, v := range o.points {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b, nil
}

// UnmarshalBinary replaces outputs that NewOutputs made by those of a frame of
// the same blocks. The frame is foreign: it must have the very size and blocks
// that are asked for, and every point must be one of its grid. On error the
// outputs are the defaults.
func (o *Outputs) UnmarshalBinary(data []byte) error {
	if o.plan == nil {
		return glovebox.Errorf(glovebox.CodeInternal, "outputs of blocks are decoded into some made by NewOutputs")
	}
	m := len(o.plan.metrics)
	n := len(o.points) / m
	*o = *o.plan.NewOutputs(o.from, n)
	le := binary.LittleEndian
	switch {
	case len(data) != outputsHeader+4*len(o.points) || string(data[:4]) != outputsMagic || le.Uint32(data[4:]) != outputsVersion:
		return badFrame("it is none of %d blocks", n)
	case string(data[8:24]) != string(o.plan.mark[:]):
		return badFrame("it belongs to another job")
	case le.Uint32(data[24:]) != uint32(o.from) || le.Uint32(data[28:]) != uint32(n) || le.Uint32(data[32:]) != uint32(m):
		return badFrame("it is of other blocks")
	}
	points := make([]uint32, len(o.points))
	for i := range points {
		points[i] = le.Uint32(data[outputsHeader+4*i:])
		if points[i] >= o.plan.metrics[i%m].points {
			return badFrame("a point is not on its grid")
		}
	}
	o.points = points
	return nil
}

// Merge puts the outputs of some blocks into a total, each block once. It takes
// o over.
func (t *Outputs) Merge(o *Outputs) error {
	switch {
	case t.have == nil || o.plan == nil || o.have != nil || t.plan.mark != o.plan.mark:
		return glovebox.Errorf(glovebox.CodeConflict, "outputs of two different jobs cannot be merged")
	case t.done || o.done:
		return glovebox.Errorf(glovebox.CodeConflict, "outputs of blocks were merged or released before")
	}
	m := len(t.plan.metrics)
	n := len(o.points) / m
	for i := range n {
		if t.have[o.from+i] {
			return glovebox.Errorf(glovebox.CodeConflict, "a block's output came twice")
		}
	}
	o.done = true
	for i := range n {
		t.have[o.from+i] = true
	}
	t.missing -= n
	copy(t.points[o.from*m:], o.points)
	return nil
}

// Table is the private result of a job of mode blocks: one row.
type Table struct {
	Metrics []glovebox.BlockMetric
	Figures []Figure // per metric
	Facts   bill.Facts
}

// Release combines the outputs of all blocks. It works once, as Plan.Release
// does, and draws in the order of the metrics.
func (p *Plan) Release(t *Outputs, src *mechanism.Source) (*Table, error) {
	switch {
	case t == nil || t.plan == nil || t.have == nil || src == nil:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a release needs the outputs of all blocks and a source of randomness")
	case t.plan.mark != p.mark:
		return nil, glovebox.Errorf(glovebox.CodeConflict, "the outputs belong to another job")
	case t.done:
		return nil, glovebox.Errorf(glovebox.CodeConflict, "outputs of blocks were merged or released before").
			WithFix("a job releases once; show its stored release instead")
	case t.missing > 0:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the outputs of some blocks are missing")
	}
	t.done = true
	table := &Table{Metrics: p.Metrics(), Facts: p.Facts()}
	m := len(p.metrics)
	outputs := make([]uint32, p.count)
	for i := range p.metrics {
		for b := range outputs {
			outputs[b] = t.points[b*m+i]
		}
		f, err := p.metrics[i].figure(outputs, src)
		if err != nil {
			return nil, err
		}
		table.Figures = append(table.Figures, f)
	}
	return table, nil
}
