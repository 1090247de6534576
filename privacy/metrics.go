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

// layout is what the metrics of a job take in a record, in a partial and in a row
// of the table.
type layout struct {
	metrics []metric
	figures []Figure
	values  int      // float64s of a record
	grids   []grid   // of the metrics that are sums or made of sums, in declared order
	cells   int      // sums of all grids
	bins    []binSet // of the metrics that count values in bins, in declared order
	slots   int      // bins of one key
	totals  bool     // a metric bounds what one unit adds over all keys
	plain   bool     // each grid has one sum, of the value of the same number

	perKey     int  // records of one unit and key that count in bins
	maxRecords int  // records of one unit that count in bins, over all keys
	scarce     bool // fewer than L0 keys can have
	loose      bool // a key that stays takes nothing from another
}

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

// add checks the metrics and gives each its place.
func (l *layout) add(metrics []glovebox.Metric, keys *keySpace, names map[string]bool) error {
	if len(metrics) < 1 || len(metrics) > MaxMetrics {
		return glovebox.Invalid("output.metrics", "%d metrics, 1..%d are possible", len(metrics), MaxMetrics)
	}
	l.plain = true
	for i, m := range metrics {
		if err := declared.Name(m.Name, fmt.Sprintf("output.metrics[%d]", i), names); err != nil {
			return err
		}
		if err := l.addMetric(m, "output.metrics."+m.Name); err != nil {
			return err
		}
	}
	if len(l.figures) > MaxFigures {
		return glovebox.Invalid("output.metrics", "the metrics make %d figures per key, at most %d are possible", len(l.figures), MaxFigures)
	}
	if n := l.noisyNumbers(); keys.rows > maxNoisy/n {
		return glovebox.Invalid("output.metrics", "the public keys and the metrics make more than %d noisy numbers", maxNoisy).
			WithFix("use fewer keys, bins or values of vectors")
	}
	if !keys.private && keys.rows > MaxTableFigures/len(l.figures) {
		return glovebox.Invalid("output.metrics", "the public keys and the metrics make more than %d figures", MaxTableFigures).
			WithFix("use fewer keys, bins or values of vectors")
	}
	if l.slots > maxSlots {
		return glovebox.Invalid("output.metrics", "the metrics have %d bins per key, at most %d are possible", l.slots, maxSlots)
	}
	return l.checkColumns(keys.keys)
}

// maxNoisy bounds the work of a release whose keys are public.
const maxNoisy = 1 << 28

// noisyNumbers is how many numbers of one key are drawn with noise, or how many
// coins are thrown for it.
func (l *layout) noisyNumbers() int {
	n := 1 + l.cells
	for i := range l.bins {
		if l.bins[i].marks() {
			n++
		} else {
			n += l.bins[i].n
		}
	}
	return n
}

// limitRecords checks how many records of one unit count in bins.
func (l *layout) limitRecords(out glovebox.Output, l0 int) error {
	l.perKey = max(out.MaxRecordsPerKey, 1)
	if out.MaxRecordsPerKey < 0 || l.perKey > MaxRecordsPerKey {
		return glovebox.Invalid("output.max_records_per_key", "%d is outside 1..%d", out.MaxRecordsPerKey, MaxRecordsPerKey)
	}
	l.maxRecords = l0 * l.perKey
	switch n := out.MaxRecordsPerUnit; {
	case n < 0 || n > MaxKeysPerUnit*MaxRecordsPerKey:
		return glovebox.Invalid("output.max_records_per_unit", "%d is outside 1..%d", n, MaxKeysPerUnit*MaxRecordsPerKey)
	case n > 0:
		l.maxRecords = min(l.maxRecords, n)
	}
	l.scarce = l.maxRecords < l0*l.perKey
	l.loose = !l.scarce && !l.totals
	l.perKey = min(l.perKey, l.maxRecords)
	if l.slots > 0 {
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
func (l *layout) addMetric(m glovebox.Metric, path string) error {
	x := metric{Metric: m, value: l.values, grid: -1, bins: -1, first: len(l.figures), aggregate: aggregateOf(m.Kind)}
	if err := checkFields(&m, x.aggregate != nil, path); err != nil {
		return err
	}
	if m.Weight < 0 || m.Weight > MaxWeight {
		return glovebox.Invalid(path+".weight", "%d is outside 1..%d", m.Weight, MaxWeight)
	}
	if err := x.declare(l, &x, path); err != nil {
		return err
	}
	l.plain = l.plain && x.plain
	l.values += m.Values()
	l.metrics = append(l.metrics, x)
	return nil
}

// addGrid gives the metric sums that share a grid, which facts call of.
func (l *layout) addGrid(m *metric, g grid, of string, cells int) {
	g.of, g.cell, g.cells = of, l.cells, cells
	l.cells += cells
	l.grids = append(l.grids, g)
	if m.grids++; m.grid < 0 {
		m.grid = len(l.grids) - 1
	}
}

func (l *layout) figure(name, metric string, whole bool) {
	l.figures = append(l.figures, Figure{Name: name, Metric: metric, Whole: whole})
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
func (l *layout) checkColumns(keys []glovebox.KeyField) error {
	seen := map[string]bool{}
	for _, k := range keys {
		seen[k.Name] = true
	}
	for _, f := range l.figures {
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

// Metrics returns the metrics in declared order.
func (l *layout) Metrics() []glovebox.Metric {
	out := make([]glovebox.Metric, len(l.metrics))
	for i := range l.metrics {
		out[i] = l.metrics[i].Metric
	}
	return out
}

// Figures returns the figures of one key, in the order of Row.Cells: those of
// the first metric, of the second, and so on.
func (l *layout) Figures() []Figure { return append([]Figure(nil), l.figures...) }
