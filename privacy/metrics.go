package privacy

import (
	"fmt"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/declared"
)

// Limits of metrics.
const (
	MaxMetrics = declared.MaxMetrics
	MaxVector  = 4096 // values of a vector
	// MaxFigures bounds the figures of one key.
	MaxFigures = 8192
	MaxWeight  = 1000
)

// metric is a declared metric and where its numbers lie.
type metric struct {
	glovebox.Metric
	value int // its first value among those of a record
	grid  int // its first grid; -1: it has none
	bins  int // its bins; -1: it has none
	grids int // how many it has
	first int // its first figure
	aggregate
	units bool // its figures need the number of units
	plain bool // it has no grid, or one, of the value of the same number
}

// weight is the metric's share of the price.
func (m *metric) weight() int64 { return int64(max(m.Weight, 1)) }

// Figure is a column of the table: what a metric makes of each key, beside the
// bounds of its interval.
type Figure struct {
	Name   string `json:"name"`
	Metric string `json:"metric"` // that it is of
	Whole  bool   `json:"whole"`  // a whole number, and its bounds too
	// Ranks, if it is above 0, says that there is no interval of values, but of
	// ranks: at most so many values lie between the figure and the quantile of the
	// values that were counted, with 95 % confidence. Its cells have no width.
	Ranks float64 `json:"ranks,omitempty"`
}

// Suffixes of the columns that hold a figure's interval, or how many ranks it may
// be off.
const (
	LowSuffix   = "_lo"
	HighSuffix  = "_hi"
	RanksSuffix = "_ranks"
)

func (p *Plan) addMetrics(metrics []glovebox.Metric, names map[string]bool) error {
	if len(metrics) < 1 || len(metrics) > MaxMetrics {
		return glovebox.Invalid("output.metrics", "%d metrics, 1..%d are possible", len(metrics), MaxMetrics)
	}
	p.plain = true
	for i, m := range metrics {
		if err := declared.Name(m.Name, fmt.Sprintf("output.metrics[%d]", i), names); err != nil {
			return err
		}
		if err := p.addMetric(m, "output.metrics."+m.Name); err != nil {
			return err
		}
	}
	if len(p.figures) > MaxFigures {
		return glovebox.Invalid("output.metrics", "the metrics make %d figures per key, at most %d are possible", len(p.figures), MaxFigures)
	}
	if n := p.noisyNumbers(); p.rows > maxNoisy/n {
		return glovebox.Invalid("output.metrics", "the public keys and the metrics make more than %d noisy numbers", maxNoisy).
			WithFix("use fewer keys, bins or values of vectors")
	}
	if !p.private && p.rows > MaxTableFigures/len(p.figures) {
		return glovebox.Invalid("output.metrics", "the public keys and the metrics make more than %d figures", MaxTableFigures).
			WithFix("use fewer keys, bins or values of vectors")
	}
	if p.slots > maxSlots {
		return glovebox.Invalid("output.metrics", "the metrics have %d bins per key, at most %d are possible", p.slots, maxSlots)
	}
	return p.checkColumns()
}

// maxNoisy bounds the work of a release whose keys are public.
const maxNoisy = 1 << 28

// noisyNumbers is how many numbers of one key are drawn with noise, or how many
// coins are thrown for it.
func (p *Plan) noisyNumbers() int {
	n := 1 + p.cells
	for i := range p.bins {
		if p.bins[i].marks() {
			n++
		} else {
			n += p.bins[i].n
		}
	}
	return n
}

// addRecordLimits checks how many records of one unit count in bins.
func (p *Plan) addRecordLimits(out glovebox.Output) error {
	p.perKey = max(out.MaxRecordsPerKey, 1)
	if out.MaxRecordsPerKey < 0 || p.perKey > MaxRecordsPerKey {
		return glovebox.Invalid("output.max_records_per_key", "%d is outside 1..%d", out.MaxRecordsPerKey, MaxRecordsPerKey)
	}
	p.maxRecords = p.l0 * p.perKey
	switch n := out.MaxRecordsPerUnit; {
	case n < 0 || n > MaxKeysPerUnit*MaxRecordsPerKey:
		return glovebox.Invalid("output.max_records_per_unit", "%d is outside 1..%d", n, MaxKeysPerUnit*MaxRecordsPerKey)
	case n > 0:
		p.maxRecords = min(p.maxRecords, n)
	}
	p.scarce = p.maxRecords < p.l0*p.perKey
	p.loose = !p.scarce && !p.totals
	p.perKey = min(p.perKey, p.maxRecords)
	if p.slots > 0 {
		return nil
	}
	const why = "bounds nothing: no metric takes each record as a value"
	switch {
	case out.MaxRecordsPerKey > 0:
		return glovebox.Invalid("output.max_records_per_key", why).WithFix("remove it")
	case out.MaxRecordsPerUnit > 0:
		return glovebox.Invalid("output.max_records_per_unit", why).WithFix("remove it")
	}
	return nil
}

// addMetric checks one metric and gives it its place.
func (p *Plan) addMetric(m glovebox.Metric, path string) error {
	x := metric{Metric: m, value: p.values, grid: -1, bins: -1, first: len(p.figures), aggregate: aggregateOf(m.Kind)}
	if err := checkFields(&m, x.aggregate != nil, path); err != nil {
		return err
	}
	if m.Weight < 0 || m.Weight > MaxWeight {
		return glovebox.Invalid(path+".weight", "%d is outside 1..%d", m.Weight, MaxWeight)
	}
	if err := x.declare(p, &x, path); err != nil {
		return err
	}
	p.plain = p.plain && x.plain
	p.values += m.Values()
	p.metrics = append(p.metrics, x)
	return nil
}

// addGrid gives the metric sums that share a grid, which facts call of.
func (p *Plan) addGrid(m *metric, g grid, of string, cells int) {
	g.of, g.cell, g.cells = of, p.cells, cells
	p.cells += cells
	p.grids = append(p.grids, g)
	if m.grids++; m.grid < 0 {
		m.grid = len(p.grids) - 1
	}
}

func (p *Plan) figure(name, metric string, whole bool) {
	p.figures = append(p.figures, Figure{Name: name, Metric: metric, Whole: whole})
}

// checkFields refuses a field that the metric's kind does not take.
func checkFields(m *glovebox.Metric, known bool, path string) error {
	if !known {
		return glovebox.Invalid(path+".kind", "is no kind of metric").WithFix("write one of %s", kindNames())
	}
	takes := map[string]bool{}
	for _, edges := range []bool{false, true} {
		needs, more := m.Kind.Fields(edges)
		for _, name := range append(needs, more...) {
			takes[name] = true
		}
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"min", m.Min != 0}, {"max", m.Max != 0}, {"size", m.Size != 0}, {"clip", m.Clip != 0},
		{"max_total", m.MaxTotal != 0}, {"bins", m.Bins != 0}, {"edges", m.Edges != nil}, {"at", m.At != nil}} {
		if f.set && !takes[f.name] {
			return glovebox.Invalid(path, "a %s does not take %s", m.Kind, f.name).WithFix("remove it")
		}
	}
	return nil
}

// kindNames lists the kinds of metrics for a message.
func kindNames() string {
	var names []string
	for _, k := range glovebox.MetricKinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// checkColumns refuses two columns of one name: a figure's bounds are columns
// too.
func (p *Plan) checkColumns() error {
	seen := map[string]bool{}
	for _, k := range p.keys {
		seen[k.Name] = true
	}
	for _, f := range p.figures {
		for _, suffix := range []string{"", LowSuffix, HighSuffix, RanksSuffix} {
			if seen[f.Name+suffix] {
				return glovebox.Invalid("output.metrics."+f.Metric, "two columns of the table would have the name %s%s", f.Name, suffix).
					WithFix("rename it: a figure's interval has columns with %s and %s at the end, or one with %s", LowSuffix, HighSuffix, RanksSuffix)
			}
			seen[f.Name+suffix] = true
		}
	}
	return nil
}
