package glovebox

// MetricKind is an aggregate of the units that contributed to a key.
type MetricKind string

const (
	Count    MetricKind = "count"    // units that emitted the key; takes no value
	Sum      MetricKind = "sum"      // sum of one clamped value per unit
	Mean     MetricKind = "mean"     // that sum over the number of those units
	Variance MetricKind = "variance" // mean and variance of those values
	Vector   MetricKind = "vector"   // sum of one vector per unit, shortened to an L2 norm

	// The following take each record of a unit as one value, up to
	// MaxRecordsPerKey of them; those above take a unit's records of one key
	// together.
	Histogram MetricKind = "histogram" // values per bin
	Quantile  MetricKind = "quantile"  // of the values
	Distinct  MetricKind = "distinct"  // different values
	Bounds    MetricKind = "bounds"    // powers of two between which values lie
)

// Metric is one aggregate per key. It makes one released figure, or several.
type Metric struct {
	Name string     `json:"name"`
	Kind MetricKind `json:"kind"`
	// Sum, mean, variance: a unit's value is clamped to [Min, Max]. Histogram,
	// quantile: so is each value, unless there are Edges.
	Min float64 `json:"min"`
	Max float64 `json:"max"`
	// Size is the number of values that a unit gives; vector: 1..4096.
	Size int `json:"size,omitempty"`
	// Clip is the L2 norm that a unit's vector is shortened to; vector.
	Clip float64 `json:"clip,omitempty"`
	// Bins is how many equal bins divide [Min, Max]; histogram: 1..4096;
	// quantile: 1..65536, default 1000. Distinct: cells that values are hashed
	// to, 64..1048576, default 65536.
	Bins int `json:"bins,omitempty"`
	// Edges of the bins, ascending, instead of Min, Max and Bins; histogram,
	// quantile: 2..4097.
	Edges []float64 `json:"edges,omitempty"`
	// At are the fractions that are asked for, in (0, 1), ascending multiples of
	// 1/10000; quantile: 1..100.
	At []float64 `json:"at,omitempty"`
	// MaxTotal bounds what one unit adds over all its keys: the magnitudes of
	// its clamped values together; sum. 0: max_keys_per_unit times the larger
	// magnitude of Min and Max.
	MaxTotal float64 `json:"max_total,omitempty"`
	// Weight is the metric's share of the price, beside those of the others;
	// 1..1000, 0: 1.
	Weight int `json:"weight,omitempty"`
}

// MetricKinds are all kinds, in the order in which texts list them.
var MetricKinds = []MetricKind{Count, Sum, Mean, Variance, Vector, Histogram, Quantile, Distinct, Bounds}

// Fields lists the fields that a metric of the kind needs, and those that it takes
// beside them. Edges take the place of min, max and bins.
func (k MetricKind) Fields(edges bool) (needs, takes []string) {
	switch k {
	case Sum:
		return []string{"min", "max"}, []string{"max_total"}
	case Mean, Variance:
		return []string{"min", "max"}, nil
	case Vector:
		return []string{"size", "clip"}, nil
	case Histogram:
		if edges {
			return []string{"edges"}, nil
		}
		return []string{"min", "max", "bins"}, nil
	case Quantile:
		if edges {
			return []string{"at", "edges"}, nil
		}
		return []string{"at", "min", "max"}, []string{"bins"}
	case Distinct:
		return nil, []string{"bins"}
	}
	return nil, nil // count, bounds
}

// Compared says whether keys can be compared by the metric: it makes one number
// that no unit lowers.
func (m *Metric) Compared() bool { return m.Kind == Count || m.Kind == Sum && m.Min >= 0 }

// EachRecord says whether the metric takes each record of a unit as a value.
func (m *Metric) EachRecord() bool {
	switch m.Kind {
	case Histogram, Quantile, Distinct, Bounds:
		return true
	}
	return false
}

// Values is how many numbers a unit gives for the metric: float64s of a record.
func (m *Metric) Values() int {
	switch m.Kind {
	case Count:
		return 0
	case Vector:
		return m.Size
	}
	return 1
}
