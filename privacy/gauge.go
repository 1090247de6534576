package privacy

import (
	"encoding/binary"
	"math"
)

// Reach is what the records of one unit would take of a job's limits: raw data,
// never to be shown.
type Reach struct {
	Keys         int    // different keys, of those that the table can have
	Records      int    // of the key that has most
	Below, Above []bool // by metric: some value is below its range, or above it; a vector is longer than its clip
}

// Gauge measures the records of units, one unit at a time. It is for one
// goroutine.
type Gauge struct {
	plan   *Plan
	groups map[string]*gaugeGroup
	free   []*gaugeGroup
	reach  Reach
}

type gaugeGroup struct {
	n    int
	sums []float64
}

// NewGauge makes a gauge of what the plan's Bounder would cut.
func (p *Plan) NewGauge() *Gauge {
	n := len(p.metrics)
	return &Gauge{plan: p, groups: map[string]*gaugeGroup{}, reach: Reach{Below: make([]bool, n), Above: make([]bool, n)}}
}

// Measure reads n records of RecordBytes each. It says false of such as Bounder.Unit
// takes for no contribution. What it returns holds until the next call.
func (g *Gauge) Measure(n int, records []byte) (*Reach, bool) {
	p, size := g.plan, g.plan.RecordBytes()
	if n < 0 || n > maxRecords || len(records) != n*size {
		return nil, false
	}
	for k, x := range g.groups {
		g.free = append(g.free, x)
		delete(g.groups, k)
	}
	r := &g.reach
	r.Keys, r.Records = 0, 0
	clear(r.Below)
	clear(r.Above)
	key := make([]uint64, p.keyWords)
	for i := range n {
		rec := records[i*size : (i+1)*size]
		for j := range key {
			key[j] = binary.LittleEndian.Uint64(rec[8*j:])
		}
		values := rec[8*p.keyWords:]
		for j := range p.values {
			if v := valueAt(values, j); v-v != 0 { // infinite or not a number
				return nil, false
			}
		}
		if !p.allowed(key) {
			continue
		}
		x := g.groups[string(rec[:8*p.keyWords])]
		if x == nil {
			x = g.group()
			g.groups[string(rec[:8*p.keyWords])] = x
		}
		x.n++
		for j := range x.sums {
			x.sums[j] += valueAt(values, j)
		}
		for j := range p.metrics {
			if m := &p.metrics[j]; m.EachRecord() {
				lo, hi := m.span()
				v := valueAt(values, m.value)
				r.Below[j], r.Above[j] = r.Below[j] || v < lo, r.Above[j] || v > hi
			}
		}
	}
	r.Keys = len(g.groups)
	for _, x := range g.groups {
		r.Records = max(r.Records, x.n)
		g.unitValues(x)
	}
	return r, true
}

// unitValues looks at the metrics that take one value of a unit and key.
func (g *Gauge) unitValues(x *gaugeGroup) {
	for j := range g.plan.metrics {
		m, r := &g.plan.metrics[j], &g.reach
		switch {
		case m.EachRecord() || m.grid < 0:
		case m.Clip > 0:
			square := 0.0
			for _, v := range x.sums[m.value : m.value+m.Size] {
				square += v * v
			}
			r.Above[j] = r.Above[j] || math.Sqrt(square) > m.Clip
		default:
			r.Below[j], r.Above[j] = r.Below[j] || x.sums[m.value] < m.Min, r.Above[j] || x.sums[m.value] > m.Max
		}
	}
}

// group is an empty group.
func (g *Gauge) group() *gaugeGroup {
	if n := len(g.free); n > 0 {
		x := g.free[n-1]
		g.free = g.free[:n-1]
		x.n = 0
		clear(x.sums)
		return x
	}
	return &gaugeGroup{sums: make([]float64, g.plan.values)}
}

// Clamps says whether a metric has a range that values are brought into, and
// whether it has a lower end.
func (p *Plan) Clamps(i int) (below, above bool) {
	switch m := &p.metrics[i]; {
	case m.Clip > 0:
		return false, true
	case m.grid >= 0:
		return true, true
	case m.EachRecord():
		lo, hi := m.span()
		return !math.IsInf(lo, 0), !math.IsInf(hi, 0)
	}
	return false, false
}

// span is the range of a metric that takes each record as a value.
func (m *metric) span() (lo, hi float64) {
	switch {
	case len(m.Edges) > 0:
		return m.Edges[0], m.Edges[len(m.Edges)-1]
	case m.Max > m.Min:
		return m.Min, m.Max
	}
	return math.Inf(-1), math.Inf(1)
}

func valueAt(values []byte, i int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(values[8*i:]))
}
