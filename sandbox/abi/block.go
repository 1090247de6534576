package abi

import "glovebox.example/glovebox"

// Block is all that a function of kind blocks gets of one block of units.
type Block struct {
	// Rows holds the spans of each input, in the order of the binding: the
	// rows of the first unit, then those of the second, and so on.
	Rows [][]Span
	// Starts says for each input with which row each unit begins, and at its
	// end how many rows there are: one number more than units.
	Starts [][]uint32
}

// Units is the number of units.
func (b *Block) Units() int {
	if len(b.Starts) == 0 || len(b.Starts[0]) == 0 {
		return 0
	}
	return len(b.Starts[0]) - 1
}

// Fits says whether the window holds a block of so many units with so many
// rows of the input at position source of the binding.
func (p *Plan) Fits(units, source, rows int) bool {
	if units > p.Function.MaxUnits {
		return false
	}
	for i := range p.inputs {
		if p.inputs[i].source == source {
			return rows <= p.inputs[i].maxRows
		}
	}
	return false
}

// Block writes a block as Unit writes a unit. A block with more rows or units
// than the bounds does not fit: nothing is dropped from it.
func (w *Writer) Block(window []byte, b *Block) (rows int, fits bool, err error) {
	p, l := w.plan, &w.plan.layout
	bad := func(what string) (int, bool, error) {
		return 0, false, glovebox.Errorf(glovebox.CodeInternal, "block: %s", what)
	}
	units := b.Units()
	switch {
	case l.bounds == 0:
		return bad("the function is not of kind blocks")
	case len(b.Rows) != len(p.inputs) || len(b.Starts) != len(p.inputs):
		return bad("the number of inputs is another")
	}
	for i := range p.inputs {
		source := p.inputs[i].source
		starts := b.Starts[source]
		if len(starts) != units+1 || starts[0] != 0 {
			return bad("the units of its inputs are not the same")
		}
		total := 0
		for _, s := range b.Rows[source] {
			total += s.To - s.From
		}
		if int(starts[units]) != total {
			return bad("its units do not have its rows")
		}
		if !p.Fits(units, source, total) {
			return 0, false, nil
		}
		at := window[l.unit+i*l.bounds:]
		for j, s := range starts {
			le.PutUint32(at[4*j:], s)
		}
	}
	le.PutUint32(w.prefix[48:], uint32(units))
	return w.Unit(window, b.Rows)
}

// CheckBlocks holds what a job of mode blocks declares against the record of a
// function: the same metrics in the same order.
func CheckBlocks(f *Function, b *glovebox.Blocks) error {
	if len(b.Metrics) != len(f.Output.Metrics) {
		return invalid("blocks.metrics", "job declares %d metrics, function %s gives %d", len(b.Metrics), f.Name, len(f.Output.Metrics))
	}
	for i, m := range b.Metrics {
		if m.Name != f.Output.Metrics[i] {
			return invalid("blocks.metrics."+m.Name, "metric %d of function %s is %s", i+1, f.Name, f.Output.Metrics[i]).
				WithFix("declare the metrics with the names of the manifest, in its order")
		}
	}
	return nil
}
