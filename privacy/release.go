package privacy

import (
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Release makes the private table of all units whose contributions are in t.
// It works once: t can be used no more afterwards, because a second table of
// the same data would be a second spending. The caller has charged Cost before
// the first row was read.
//
// A top of private keys is chosen first. For every key it draws, in the order of
// keys: the selection (private keys), which is the noise of a number where a
// number selects; the noise of the number of units and of each sum, but for that
// one; then what the metrics need that count values, in declared order. So equal
// partials and equal random words give equal tables, byte for byte.
func (p *Plan) Release(t *Partial, src *mechanism.Source) (*Table, error) {
	return p.release(t, src, nil)
}

func (p *Plan) release(t *Partial, src *mechanism.Source, space *room) (*Table, error) {
	switch {
	case t == nil || t.plan == nil || src == nil:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a release needs a partial result and a source of randomness")
	case t.plan.mark != p.mark:
		return nil, glovebox.Errorf(glovebox.CodeConflict, "the partial result belongs to another job")
	case t.done:
		return nil, glovebox.Errorf(glovebox.CodeConflict, "a partial result was merged or released before").
			WithFix("a job releases once; show its stored release instead")
	}
	r := p.newReleaser(src)
	r.room = space
	if err := r.addRows(t); err != nil {
		return nil, err
	}
	return r.finish(), nil
}

func (p *Plan) newReleaser(src *mechanism.Source) *releaser {
	r := &releaser{Plan: p, src: src, radii: map[radiusOf]float64{}, table: &Table{Keys: p.Keys(), Metrics: p.Metrics(), Figures: p.Figures(), Rows: []Row{}, Facts: p.Facts()}}
	r.prepare()
	return r
}

// addRows makes the rows of the keys of a partial, which is used up.
func (r *releaser) addRows(t *Partial) error {
	t.done = true
	r.readFrom(t)
	return r.rows()
}

// readFrom reads from t from here on.
func (r *releaser) readFrom(t *Partial) {
	r.part = t
	if t.bins != nil {
		r.bins, r.start = t.bins.sorted(t.n)
	}
}

// finish returns the table once all rows are there.
func (r *releaser) finish() *Table {
	if r.top != nil {
		r.table.Rows = r.top.cut(r.Plan, r.table.Rows)
	}
	return r.table
}

// rows makes all rows, in the order of keys.
func (r *releaser) rows() error {
	if !r.private {
		return r.public(make([]uint64, r.keyWords), 0)
	}
	if r.top != nil && r.top.rounds {
		chosen, err := r.top.choose(r.Plan, r.part, r.src)
		if err != nil {
			return err
		}
		for _, i := range chosen {
			if err := r.row(r.part.key(i), i); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range r.part.order(r.compare) {
		if plantKeep(r.shows(i)) {
			if err := r.row(r.part.key(i), i); err != nil {
				return err
			}
		}
	}
	return nil
}

// shows decides about key number i.
func (r *releaser) shows(i int) bool {
	t := r.budget.by
	switch {
	case t == nil:
		return r.budget.keys.Keep(r.part.cell(i)[0], r.src)
	case t.by == byUnits:
		r.chosen = r.noisyUnits(i)
	default:
		r.chosen = r.noisySum(t.by, r.grids[t.by].cell, i)
	}
	return t.Shows(r.chosen)
}

// releaser makes the rows of one table.
type releaser struct {
	*Plan
	part  *Partial
	src   *mechanism.Source
	table *Table
	room  *room // for rows of private keys; nil: any

	least    float64 // of a count
	unitHalf float64 // radius of the units' noise at alpha
	halves   []float64
	radii    map[radiusOf]float64
	units    float64 // noisy, of the key at hand
	sums     []float64
	chosen   mechanism.Int128 // the noisy number that shows the key at hand, where one does
	bins     []binCount       // of all keys, by key and bin; from start[i] on those of key i
	start    []int
	counts   []uint64
}

func (r *releaser) prepare() {
	if r.private {
		r.least = 1
	}
	b := &r.budget
	if b.units != nil {
		r.unitHalf = b.units.Radius(alpha)
	}
	for _, s := range b.sums {
		r.halves = append(r.halves, s.Radius(alpha))
	}
	r.sums = make([]float64, r.cells)
}

// public makes a row for every combination of the lists of fields f, f+1, ...
// in order; the fields before f are set in key.
func (r *releaser) public(key []uint64, f int) error {
	if f == len(r.fields) {
		i, _ := r.part.find(key)
		return r.row(append([]uint64(nil), key...), i)
	}
	field := &r.fields[f]
	for i := range field.list.len() {
		copy(key[field.at:], field.list.at(i))
		if err := r.public(key, f+1); err != nil {
			return err
		}
	}
	return nil
}

// row makes the row of one key, number i of the partial, -1 if no unit has it.
func (r *releaser) row(key []uint64, i int) error {
	row := Row{Key: make([]any, len(r.fields)), Cells: make([]Cell, 0, len(r.figures))}
	for f := range r.fields {
		row.Key[f] = r.fields[f].decode(key)
	}
	if err := r.room.reserve(row.Key); err != nil {
		return err
	}
	r.units = 0
	switch {
	case r.selects(byUnits):
		r.units = r.chosen.Float64()
	case r.budget.units != nil:
		r.units = r.noisyUnits(i).Float64()
	}
	for j := range r.grids {
		r.draw(j, i)
	}
	for m := range r.metrics {
		var err error
		if row.Cells, err = r.metrics[m].figures(r, &r.metrics[m], row.Cells, i); err != nil {
			return err
		}
	}
	r.table.Rows = append(r.table.Rows, row)
	return nil
}

// selects says whether that number has been drawn to show the key at hand.
func (r *releaser) selects(by int) bool { return r.budget.by != nil && r.budget.by.by == by }

// noisyUnits is the noisy number of units of key number i.
func (r *releaser) noisyUnits(i int) mechanism.Int128 {
	n := r.budget.units.Draw(plantReuse(r.src))
	if i >= 0 {
		n = n.Add(mechanism.Int128{Lo: r.part.cell(i)[0]})
	}
	return n
}

// noisySum is the noisy sum k, of grid j, of key number i.
func (r *releaser) noisySum(j, k, i int) mechanism.Int128 {
	n := r.budget.sums[j].Draw(plantReuse(r.src))
	if i >= 0 {
		n = n.Add(r.part.sum(i, k))
	}
	return n
}

// draw makes the noisy sums of grid j for key number i.
func (r *releaser) draw(j, i int) {
	g := &r.grids[j]
	if r.selects(j) {
		r.sums[g.cell] = r.chosen.Float64()
		return
	}
	for k := g.cell; k < g.cell+g.cells; k++ {
		r.sums[k] = r.noisySum(j, k, i).Float64()
	}
}

// quotient is the range of the sum of grid j over the number of units while both
// lie within intervals that miss with probability miss each.
func (r *releaser) quotient(j int, miss float64) (lo, hi float64) {
	g := &r.grids[j]
	s, w := g.value(r.sums[g.cell]), g.value(r.radius(j, miss))
	u := r.unitRadius(miss)
	few, many := math.Max(1, r.units-u), r.units+u
	lo, hi = s-w, s+w
	return math.Min(lo/few, lo/many), math.Max(hi/few, hi/many)
}

// radiusOf names a radius at a probability: of the noise of grid j, or of
// another number below 0.
type radiusOf struct {
	j    int
	miss float64
}

const (
	unitsRadius = -1
	binRadius   = -2 // of set k: binRadius-k
)

func (r *releaser) radius(j int, miss float64) float64 {
	id := radiusOf{j, miss}
	v, ok := r.radii[id]
	if !ok {
		switch {
		case j == unitsRadius:
			v = r.budget.units.Radius(miss)
		case j <= binRadius:
			v = r.budget.bins[binRadius-j].noise.Radius(miss)
		default:
			v = r.budget.sums[j].Radius(miss)
		}
		r.radii[id] = v
	}
	return v
}

func (r *releaser) unitRadius(miss float64) float64 { return r.radius(unitsRadius, miss) }
