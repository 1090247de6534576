package privacy

import (
	"math"

	"glovebox"
)

// Release makes the private table of all units whose contributions are in t.
// It works once: t can be used no more afterwards, because a second table of
// the same data would be a second spending. The caller has charged Cost before
// the first row was read.
//
// For every key it draws, in the order of the rows: the selection (private
// keys), the noise of the number of units, the noise of each sum. So equal
// partials and equal random words give equal tables, byte for byte.
func (p *Plan) Release(t *Partial, src *Source) (*Table, error) {
	switch {
	case t == nil || t.plan == nil || src == nil:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a release needs a partial result and a source of randomness")
	case t.plan.mark != p.mark:
		return nil, glovebox.Errorf(glovebox.CodeConflict, "the partial result belongs to another job")
	case t.done:
		return nil, glovebox.Errorf(glovebox.CodeConflict, "a partial result was merged or released before").
			WithFix("a job releases once; show its stored release instead")
	}
	t.done = true
	r := &releaser{Plan: p, part: t, src: src, table: &Table{Keys: p.Keys(), Metrics: p.Metrics(), Rows: []Row{}, Facts: p.Facts()}}
	r.prepare()
	if p.private {
		for _, i := range t.order(p.compare) {
			if plantKeep(p.budget.keys.Keep(t.cell(i)[0], src)) {
				r.row(t.key(i), i)
			}
		}
	} else {
		r.public(make([]uint64, p.keyWords), 0)
	}
	return r.table, nil
}

// releaser makes the rows of one table.
type releaser struct {
	*Plan
	part  *Partial
	src   *Source
	table *Table

	least               float64 // of a count
	unitHalf, unitWide  float64 // radius of the units' noise at alpha and alpha/2
	halves, wides, sums []float64
}

func (r *releaser) prepare() {
	if r.private {
		r.least = 1
	}
	b := &r.budget
	if b.units != nil {
		r.unitHalf, r.unitWide = b.units.Radius(alpha), b.units.Radius(alpha/2)
	}
	for _, s := range b.sums {
		r.halves, r.wides = append(r.halves, s.Radius(alpha)), append(r.wides, s.Radius(alpha/2))
	}
	r.sums = make([]float64, len(b.sums))
}

// public makes a row for every combination of the lists of fields f, f+1, ...
// in order; the fields before f are set in key.
func (r *releaser) public(key []uint64, f int) {
	if f == len(r.fields) {
		i, _ := r.part.find(key)
		r.row(append([]uint64(nil), key...), i)
		return
	}
	field := &r.fields[f]
	for i := range field.list.len() {
		copy(key[field.at:], field.list.at(i))
		r.public(key, f+1)
	}
}

// row makes the row of one key, number i of the partial, -1 if no unit has it.
func (r *releaser) row(key []uint64, i int) {
	row := Row{Key: make([]any, len(r.fields)), Cells: make([]Cell, len(r.metrics))}
	src := plantReuse(r.src)
	for f := range r.fields {
		row.Key[f] = r.fields[f].decode(key)
	}
	units := 0.0
	if s := r.budget.units; s != nil {
		n := s.Draw(src)
		if i >= 0 {
			n = n.Add(Int128{Lo: r.part.cell(i)[0]})
		}
		units = n.Float64()
	}
	for j, s := range r.budget.sums {
		n := s.Draw(src)
		if i >= 0 {
			n = n.Add(r.part.sum(i, j))
		}
		r.sums[j] = n.Float64()
	}
	for m := range r.metrics {
		switch j := r.gridOf[m]; r.metrics[m].Kind {
		case glovebox.Count:
			row.Cells[m] = r.count(units)
		case glovebox.Sum:
			row.Cells[m] = r.sum(j)
		case glovebox.Mean:
			row.Cells[m] = r.mean(j, units)
		}
	}
	r.table.Rows = append(r.table.Rows, row)
}

func (r *releaser) count(units float64) Cell {
	return Cell{
		Value: math.Max(units, r.least),
		Lo:    math.Max(units-r.unitHalf, r.least),
		Hi:    math.Max(units+r.unitHalf, r.least),
	}
}

func (r *releaser) sum(j int) Cell {
	g := &r.grids[j]
	least, most := math.Inf(-1), math.Inf(1)
	if g.lo >= 0 {
		least = 0
	}
	if g.hi <= 0 {
		most = 0
	}
	half := g.value(r.halves[j])
	v := g.value(r.sums[j])
	return cell(v, v-half, v+half, least, most)
}

// mean divides the noisy sum around the middle by the noisy number of units.
// The interval is the range of that quotient while both lie within intervals
// that miss with probability alpha/2 each, so it misses with alpha at most.
func (r *releaser) mean(j int, units float64) Cell {
	g := &r.grids[j]
	if units < 1 { // nothing can be said
		return cell(g.mid, g.min, g.max, g.min, g.max)
	}
	s, w := g.value(r.sums[j]), g.value(r.wides[j])
	few, many := math.Max(1, units-r.unitWide), units+r.unitWide
	lo, hi := s-w, s+w
	return cell(g.mid+s/units, g.mid+math.Min(lo/few, lo/many), g.mid+math.Max(hi/few, hi/many), g.min, g.max)
}
