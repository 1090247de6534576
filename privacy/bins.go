package privacy

import (
	"math"
	"sort"
	"strconv"

	"glovebox.example/glovebox"
)

// Limits of metrics that count values in bins.
const (
	MaxRecordsPerKey = 1000
	MaxHistogramBins = 4096
	MaxQuantileBins  = 1 << 16
	MaxQuantiles     = 100 // fractions of one metric
	MaxDistinctBins  = 1 << 20
	minDistinctBins  = 64

	DefaultQuantileBins = 1000
	DefaultDistinctBins = 1 << 16

	fractions = 10_000 // quantiles are asked for in these parts of one
)

// binSet are the cells of one metric that counts values, one after the other
// among the slots of a key.
type binSet struct {
	metric int // number of the metric
	base   uint32
	n      int       // slots
	cuts   []float64 // a value's slot is the number of cuts up to it; nil: distinct
	edges  []float64 // as declared or made of min, max and bins: of cells, or points
	// Equal cells begin at first and have a width of 1/perStep; else perStep is 0.
	first, perStep float64
	parts          []uint64 // quantile: the fractions in parts of 10000
	equal          bool     // quantile: edges are of equal bins
	way            quantileWay
}

// slot returns the number of v's slot. Whatever v is, it is one.
func (b *binSet) slot(v float64) int {
	if b.perStep == 0 {
		return sort.Search(len(b.cuts), func(i int) bool { return v < b.cuts[i] })
	}
	// A guess that is off by one at most, set right by the cuts themselves.
	i, x := 0, (v-b.first)*b.perStep
	switch {
	case x >= float64(len(b.cuts)):
		i = len(b.cuts)
	case x > 0:
		i = int(x)
	}
	for i > 0 && v < b.cuts[i-1] {
		i--
	}
	for i < len(b.cuts) && v >= b.cuts[i] {
		i++
	}
	return i
}

// edgesOf checks and returns the edges of a metric's bins.
func edgesOf(m *glovebox.Metric, most, byDefault int, path string) ([]float64, error) {
	if m.Edges != nil {
		if m.Min != 0 || m.Max != 0 || m.Bins != 0 {
			return nil, glovebox.Invalid(path+".edges", "takes the place of min, max and bins").WithFix("remove them, or edges")
		}
		if len(m.Edges) < 2 || len(m.Edges) > MaxHistogramBins+1 {
			return nil, glovebox.Invalid(path+".edges", "%d edges, 2..%d are possible", len(m.Edges), MaxHistogramBins+1)
		}
		for i, e := range m.Edges {
			if !(math.Abs(e) <= MaxBound) || i > 0 && !(e > m.Edges[i-1]) {
				return nil, glovebox.Invalid(path+".edges["+strconv.Itoa(i)+"]", "is not above the one before, or not a number of magnitude up to %g", MaxBound)
			}
		}
		return m.Edges, nil
	}
	if _, err := newGridFor(*m, path); err != nil { // min and max
		return nil, err
	}
	n := m.Bins
	if n == 0 {
		n = byDefault
	}
	if n < 1 || n > most {
		return nil, glovebox.Invalid(path+".bins", "%d is outside 1..%d", m.Bins, most)
	}
	split := glovebox.NewSplit(m.Min, m.Max, n)
	edges := split.Edges()
	for i := 1; i <= n; i++ {
		if !(edges[i] > edges[i-1]) {
			return nil, glovebox.Invalid(path+".bins", "the bins are too narrow for numbers of this size").WithFix("use fewer")
		}
	}
	return edges, nil
}

// cells makes bins between edges; what lies outside counts in the first or last.
func (b *binSet) cells(edges []float64, equal bool) {
	b.edges, b.cuts, b.n = edges, edges[1:len(edges)-1], len(edges)-1
	b.guess(edges[0], edges, equal)
}

// points makes bins around points: a value counts at the nearest, in the middle
// between two at the upper one.
func (b *binSet) points(points []float64, equal bool) {
	b.edges, b.n = points, len(points)
	b.cuts = make([]float64, len(points)-1)
	halves := glovebox.NewSplit(points[0], points[len(points)-1], 2*len(b.cuts))
	for i := range b.cuts {
		if !equal {
			halves = glovebox.NewSplit(points[i], points[i+1], 2)
			b.cuts[i] = halves.Edge(1)
			continue
		}
		b.cuts[i] = halves.Edge(2*i + 1)
	}
	b.guess(points[0]-(points[1]-points[0])/2, points, equal)
}

func (b *binSet) guess(first float64, edges []float64, equal bool) {
	b.first, b.perStep = 0, 0
	if step := edges[1] - edges[0]; equal && !math.IsInf(1/step, 0) {
		b.first, b.perStep = first, 1/step
	}
}

// addBins gives a metric its slots, those of b.
func (l *layout) addBins(m *metric, b binSet) {
	b.metric, b.base = len(l.metrics), uint32(l.slots)
	m.bins = len(l.bins)
	l.bins = append(l.bins, b)
	l.slots += b.n
}

// binsOf returns the bins that a slot belongs to.
func (l *layout) binsOf(slot uint32) *binSet {
	i := sort.Search(len(l.bins), func(i int) bool { return l.bins[i].base > slot })
	return &l.bins[i-1]
}

// marks says whether slots of b are marked, not counted.
func (b *binSet) marks() bool { return b.cuts == nil }
