package fit

import "slices"

// Drawer draws rows of bins from a model.
type Drawer struct {
	steps []step
	bins  []int // of each column
}

// step draws one column: the first from its own counts, each other one given
// the bin of a column that was drawn before.
type step struct {
	column, given int // given -1: none
	// weights of the column's bins, for each bin of the given one after the other;
	// all zero where that bin has no units: then own are used.
	weights, own []int64
}

// wholeWeight is about what the weights of a distribution add up to.
const wholeWeight = 1 << 30

// NewDrawer orders a model's columns along its tree, from the first column on, and
// brings its counts into agreement: every column is drawn as its own counts have it.
func NewDrawer(m *Model) *Drawer {
	single, pairs := m.estimate()
	d := &Drawer{steps: []step{{column: 0, given: -1, weights: weights(single[0])}}}
	for _, s := range single {
		d.bins = append(d.bins, len(s))
	}
	done := []int{0}
	for len(done) < len(single) {
		for k := range m.Tree {
			e := &m.Tree[k]
			for _, p := range [][2]int{{e.I, e.J}, {e.J, e.I}} {
				if slices.Contains(done, p[0]) && !slices.Contains(done, p[1]) {
					d.steps = append(d.steps, conditional(p[1], p[0], pairs[k], single, p[0] == e.I))
					done = append(done, p[1])
				}
			}
		}
	}
	return d
}

// conditional makes the step of a column given another from their table, whose rows
// are the given column's bins, or its columns.
func conditional(column, given int, table []float64, single [][]float64, rows bool) step {
	n, k := len(single[given]), len(single[column])
	s := step{column: column, given: given, own: weights(single[column])}
	for i := range n {
		of := make([]float64, k)
		for j := range k {
			if rows {
				of[j] = table[i*k+j]
			} else {
				of[j] = table[j*n+i]
			}
		}
		s.weights = append(s.weights, weights(of)...)
	}
	return s
}

// weights makes whole numbers in the proportions of a distribution.
func weights(of []float64) []int64 {
	total := 0.0
	for _, x := range of {
		total += x
	}
	out := make([]int64, len(of))
	for i, x := range of {
		if total > 0 {
			out[i] = int64(x / total * wholeWeight)
		}
	}
	return out
}

// Draw fills in the bin of every column; below returns a random number below
// n. Where a model says nothing, every bin is as likely as another.
func (d *Drawer) Draw(bins []int, below func(n uint64) uint64) {
	for i := range d.steps {
		s := &d.steps[i]
		w := s.weights
		if s.given >= 0 {
			n := d.bins[s.column]
			w = s.weights[bins[s.given]*n : (bins[s.given]+1)*n]
			if !slices.ContainsFunc(w, func(x int64) bool { return x > 0 }) {
				w = s.own
			}
		}
		bins[s.column] = pick(w, below)
	}
}

func pick(weights []int64, below func(n uint64) uint64) int {
	total := uint64(0)
	for _, w := range weights {
		total += uint64(w)
	}
	if total == 0 {
		return int(below(uint64(len(weights))))
	}
	x := below(total)
	for i, w := range weights {
		if x < uint64(w) {
			return i
		}
		x -= uint64(w)
	}
	return 0
}
