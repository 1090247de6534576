package privacy

import (
	"math"
	"sort"
	"strconv"

	"glovebox.example/glovebox/privacy/mechanism"
)

// countsOf returns the counts of the bins of set j for key number i, -1 if no
// unit has it. The slice is used again.
func (r *releaser) countsOf(j, i int) []uint64 {
	b := &r.Plan.bins[j]
	r.counts = grown(r.counts, b.n)
	counts := r.counts[:b.n]
	clear(counts)
	for _, e := range r.filled(j, i) {
		counts[e.slot()-b.base] = e.count
	}
	return counts
}

// filled returns the bins of set j that are not empty for key number i.
func (r *releaser) filled(j, i int) []binCount {
	if i < 0 {
		return nil
	}
	b := &r.Plan.bins[j]
	all := r.bins[r.start[i]:r.start[i+1]]
	from := sort.Search(len(all), func(k int) bool { return all[k].slot() >= b.base })
	to := sort.Search(len(all), func(k int) bool { return int(all[k].slot()) >= int(b.base)+b.n })
	return all[from:to]
}

// noisyCounts adds noise to the counts of set j for key number i.
func (r *releaser) noisyCounts(j, i int) []float64 {
	counts := r.countsOf(j, i)
	out := make([]float64, len(counts))
	noise := r.budget.bins[j].noise
	for k, c := range counts {
		out[k] = noise.Draw(r.src).Add(mechanism.Int128{Lo: c}).Float64()
	}
	return out
}

// histogram is the noisy count of every bin.
type histogram struct{ counted }

func (histogram) declare(l *layout, m *metric, path string) error {
	edges, err := edgesOf(&m.Metric, MaxHistogramBins, 0, path)
	if err != nil {
		return err
	}
	var b binSet
	b.cells(edges, m.Edges == nil)
	for i := range b.n {
		l.figure(m.Name+"."+strconv.Itoa(i), m.Name, true)
	}
	l.addBins(m, b)
	return nil
}

func (histogram) figures(r *releaser, m *metric, cells []Cell, i int) ([]Cell, error) {
	half := r.radius(binRadius-m.bins, alpha)
	for _, n := range r.noisyCounts(m.bins, i) {
		cells = append(cells, Cell{Value: math.Max(n, 0), Lo: math.Max(n-half, 0), Hi: math.Max(n+half, 0)})
	}
	return cells, nil
}
