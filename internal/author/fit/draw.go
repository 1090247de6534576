package fit

import "slices"

// Drawer draws rows of bins from a model.
type Drawer struct {
	m     *Model
	steps []step
}

// step draws one column: the first from its own counts, each other one given
// the bin of a column that was drawn before.
type step struct {
	column, given int // given -1: none
	edge          *Edge
}

// NewDrawer orders a model's columns along its tree, from the first column on.
func NewDrawer(m *Model) *Drawer {
	d := &Drawer{m: m, steps: []step{{0, -1, nil}}}
	done := []int{0}
	for len(done) < len(m.Columns) {
		for k := range m.Tree {
			e := &m.Tree[k]
			for _, p := range [][2]int{{e.I, e.J}, {e.J, e.I}} {
				if slices.Contains(done, p[0]) && !slices.Contains(done, p[1]) {
					d.steps = append(d.steps, step{p[1], p[0], e})
					done = append(done, p[1])
				}
			}
		}
	}
	return d
}

// Draw fills in the bin of every column; below returns a random number below
// n. A count that noise has made negative stands for none, and where all are,
// every bin is as likely as another.
func (d *Drawer) Draw(bins []int, below func(n uint64) uint64) {
	for _, s := range d.steps {
		own := d.m.Single[s.column]
		if s.given < 0 {
			bins[s.column] = pick(own, below)
			continue
		}
		weights := make([]int64, len(own))
		some := false
		for b := range weights {
			if s.given == s.edge.I {
				weights[b] = s.edge.Pairs[bins[s.given]*len(own)+b]
			} else {
				weights[b] = s.edge.Pairs[b*len(d.m.Single[s.given])+bins[s.given]]
			}
			some = some || weights[b] > 0
		}
		if !some {
			weights = own
		}
		bins[s.column] = pick(weights, below)
	}
}

func pick(weights []int64, below func(n uint64) uint64) int {
	total := uint64(0)
	for _, w := range weights {
		total += uint64(max(0, min(w, 1<<50)))
	}
	if total == 0 {
		return int(below(uint64(len(weights))))
	}
	x := below(total)
	for i, w := range weights {
		n := uint64(max(0, min(w, 1<<50)))
		if x < n {
			return i
		}
		x -= n
	}
	return 0
}
