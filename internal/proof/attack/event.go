package attack

import (
	"hash/fnv"
	"math"
	"slices"
	"sort"
)

// Output is what one run of a mechanism gave: a fixed number of figures. What
// is not a number (a key that is missing, a run that failed) is given as a
// figure outside the range of the others.
type Output []float64

// feature is a number that is computed from an output.
type feature struct {
	name string
	of   func(Output) float64
}

// event is a set of outputs: those whose feature lies in [lo, hi].
type event struct {
	feature
	lo, hi float64
}

func (e *event) has(o Output) bool {
	v := e.of(o)
	return v >= e.lo && v <= e.hi
}

// maxPairs bounds the figures of which sums and differences are looked at.
const maxPairs = 6

// features lists those of outputs with d figures. train holds outputs of
// either side to learn from.
func features(d int, train [2][]Output) []feature {
	var out []feature
	for i := range d {
		out = append(out,
			feature{"figure", func(o Output) float64 { return o[i] }},
			feature{"last bits", func(o Output) float64 { return lastBits(o[i]) }})
	}
	if d < 2 {
		return out
	}
	out = append(out,
		feature{"sum of all", func(o Output) float64 { return total(o) }},
		feature{"likelihood", newLikelihood(d, train).ratio},
		feature{"whole output", fingerprint})
	for i := range min(d, maxPairs) {
		for j := range i {
			out = append(out,
				feature{"difference", func(o Output) float64 { return o[i] - o[j] }},
				feature{"sum", func(o Output) float64 { return o[i] + o[j] }})
		}
	}
	return out
}

// lastBits is the place of the lowest bit that is set: noise made from few
// bits, or sums of floats, show there.
func lastBits(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return math.Inf(1)
	}
	m, e := math.Frexp(v)
	n := int64(math.Ldexp(m, 53))
	for n&1 == 0 {
		n >>= 1
		e++
	}
	return float64(e)
}

func total(o Output) (s float64) {
	for _, v := range o {
		s += v
	}
	return s
}

// fingerprint tells whole outputs apart.
func fingerprint(o Output) float64 {
	h := fnv.New64a()
	var b [8]byte
	for _, v := range o {
		bits := math.Float64bits(v)
		for i := range b {
			b[i] = byte(bits >> (8 * i))
		}
		h.Write(b[:])
	}
	return float64(h.Sum64() >> 11)
}

// likelihood is a ratio of likelihoods, learned as if figures were
// independent: per figure a histogram whose bins hold equally many samples.
type likelihood struct {
	edges [][]float64 // per figure, ascending: a bin begins at each
	logs  [][]float64
}

// bins is how many each histogram has at most.
const bins = 100

func newLikelihood(d int, train [2][]Output) *likelihood {
	l := &likelihood{}
	for i := range d {
		var all []float64
		for side := range train {
			for _, o := range train[side] {
				all = append(all, o[i])
			}
		}
		slices.Sort(all)
		edges := []float64{math.Inf(-1)}
		for b := 1; b < bins; b++ {
			if v := all[b*len(all)/bins]; v > edges[len(edges)-1] {
				edges = append(edges, v)
			}
		}
		var count [2][]float64
		for side := range train {
			count[side] = make([]float64, len(edges))
			for _, o := range train[side] {
				count[side][binOf(edges, o[i])]++
			}
		}
		logs := make([]float64, len(edges))
		for b := range logs {
			logs[b] = math.Log((count[0][b] + 1) / (count[1][b] + 1))
		}
		l.edges, l.logs = append(l.edges, edges), append(l.logs, logs)
	}
	return l
}

func binOf(edges []float64, v float64) int {
	return sort.Search(len(edges), func(i int) bool { return edges[i] > v }) - 1
}

func (l *likelihood) ratio(o Output) (sum float64) {
	for i, v := range o {
		sum += l.logs[i][max(0, binOf(l.edges[i], v))]
	}
	return sum
}

// choice is an event with the side on which it is the likelier one.
type choice struct {
	event
	likely int
	worth  float64 // the bound that samples of this size promise
}

// choose looks for the event that will prove the largest bound with n samples
// a side: among thresholds on each feature from either end, and among its
// single values.
func choose(fs []feature, samples [2][]Output, delta float64, n int, alpha float64) choice {
	best := choice{event: event{fs[0], math.Inf(-1), math.Inf(1)}}
	z := math.Sqrt(2 * math.Log(1/alpha))
	sizes := [2]float64{float64(len(samples[0])), float64(len(samples[1]))}
	try := func(f feature, lo, hi float64, k [2]int) {
		for likely := range 2 {
			p := (float64(k[likely])) / (sizes[likely] + 1)
			q := (float64(k[1-likely]) + 1) / (sizes[1-likely] + 1)
			if w := worth(p, q, delta, float64(n), z, sizes[0]); w > best.worth {
				best = choice{event{f, lo, hi}, likely, w}
			}
		}
	}
	type point struct {
		v    float64
		side int
	}
	points := make([]point, 0, len(samples[0])+len(samples[1]))
	for _, f := range fs {
		points = points[:0]
		for side := range samples {
			for _, o := range samples[side] {
				points = append(points, point{f.of(o), side})
			}
		}
		slices.SortFunc(points, func(a, b point) int {
			switch {
			case a.v < b.v:
				return -1
			case a.v > b.v:
				return 1
			}
			return 0
		})
		var below [2]int // points before the present value
		for i := 0; i < len(points); {
			v, here := points[i].v, [2]int{}
			for ; i < len(points) && points[i].v == v; i++ {
				here[points[i].side]++
			}
			upTo := [2]int{below[0] + here[0], below[1] + here[1]}
			try(f, v, v, here)
			try(f, math.Inf(-1), v, upTo)
			try(f, v, math.Inf(1), [2]int{len(samples[0]) - below[0], len(samples[1]) - below[1]})
			below = upTo
		}
	}
	return best
}

// worth is about the bound that n more samples would prove for an event whose
// probabilities look like p and q in the samples seen, less what chance may
// have made of those: of many events the luckiest looks best. It chooses and
// proves nothing.
func worth(p, q, delta, n, z, seen float64) float64 {
	luck := z/math.Sqrt(n) + 2/math.Sqrt(seen)
	p -= luck * math.Sqrt(p*(1-p))
	q += luck*math.Sqrt(q*(1-q)) + z*z/(2*n)
	if p <= delta {
		return 0
	}
	return math.Log((p - delta) / q)
}
