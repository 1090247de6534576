package privacy

import (
	"fmt"
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// vector is the sum of one vector a unit, shortened to an L2 norm.
type vector struct{}

func (vector) declare(l *layout, m *metric, path string) error {
	g, err := newVectorGrid(m.Metric, path)
	if err != nil {
		return err
	}
	l.addGrid(m, g, m.Name, m.Size)
	for i := range m.Size {
		l.figure(fmt.Sprintf("%s.%d", m.Name, i), m.Name, false)
	}
	return nil
}

func (vector) contribute(b *Bounder, m *metric, cells []uint64, values []float64) {
	g := &b.plan.grids[m.grid]
	b.vector = grown(b.vector, m.Size)
	v := b.vector[:m.Size]
	g.vector(v, values)
	for k, steps := range v {
		addTo(cells, g.cell+k, steps)
	}
}

// figures are the numbers of the sum, each with an interval of its own: all
// numbers of a vector of 20 lie within theirs about one time in three.
func (vector) figures(r *releaser, m *metric, cells []Cell, _ int) ([]Cell, error) {
	g := &r.grids[m.grid]
	half := g.value(r.halves[m.grid])
	for k := range m.Size {
		v := g.value(r.sums[g.cell+k])
		cells = append(cells, cell(v, v-half, v+half, math.Inf(-1), math.Inf(1)))
	}
	return cells, nil
}

func (vector) errors(p *Plan, m *metric, all map[string]Error) { all[m.Name] = p.sumError(m) }

// newVectorGrid checks a vector and makes the grid of its numbers.
func newVectorGrid(m glovebox.Metric, path string) (grid, error) {
	if m.Size < 1 || m.Size > MaxVector {
		return grid{}, glovebox.Invalid(path+".size", "%d is outside 1..%d", m.Size, MaxVector)
	}
	if !(m.Clip > 0 && m.Clip <= MaxBound) {
		return grid{}, glovebox.Invalid(path+".clip", "is not in (0, %g]", MaxBound).
			WithFix("declare the L2 norm that a unit's vector is shortened to")
	}
	return newGrid(-m.Clip, m.Clip, false), nil
}

// vector snaps v to the grid and shortens it to the L2 norm of reach steps. What
// is too long for the integers is first halved as often as needed, all numbers
// alike, so that the direction stays; it is too long by far, so that it is
// shortened all the same. NaN, which a sum of large numbers can be, counts as 0.
func (g *grid) vector(dst []int64, v []float64) {
	const room = 49 // no number is rounded to more than MaxClipSteps
	most := 0.0
	for _, x := range v {
		if a := math.Abs(x); a > most {
			most = a
		}
	}
	_, e := math.Frexp(math.Min(most, math.MaxFloat64)) // most <= 2^e
	scale := math.Ldexp(1, -g.exp-max(0, e-g.exp-room))
	for i, x := range v {
		switch {
		case x != x:
			x = 0
		case math.Abs(x) > math.MaxFloat64:
			x = math.Copysign(math.MaxFloat64, x)
		}
		dst[i] = int64(math.RoundToEven(x * scale))
	}
	_ = mechanism.ClipL2(dst, uint64(g.reach())) // it fails beyond sizes that the declaration does not allow
}
