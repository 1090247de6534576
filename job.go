package glovebox

// Job is a request to run one module over named columns under one scenario.
// It names columns, never queries.
type Job struct {
	Scenario   string              `json:"scenario"`
	Product    string              `json:"product"`
	Module     string              `json:"module"`             // path as the author wrote it, relative to the job file
	Function   string              `json:"function,omitempty"` // default: the module's only function
	Inputs     map[string]JobInput `json:"inputs"`             // dataset code to what is needed of it
	References map[string]string   `json:"references,omitempty"`
	Mode       string              `json:"mode"` // map
	Params     map[string]any      `json:"params,omitempty"`
	Output     Output              `json:"output"`
	Release    ReleaseDef          `json:"release"`
}

// JobInput is what a job needs of one dataset.
type JobInput struct {
	Columns []string `json:"columns"`
	// Unit is the unit column that the job is about, of a dataset with several;
	// "": the default. All inputs of a job are about one unit space.
	Unit  string `json:"unit,omitempty"`
	Where string `json:"where,omitempty"` // scalar boolean expression over granted columns, constants and an allow-list of functions
}

// Output declares what one unit can add. Nothing in it is read off the data.
type Output struct {
	Key            []KeyField `json:"key"`               // empty: one row for the whole population
	MaxKeysPerUnit int        `json:"max_keys_per_unit"` // L0; 1..1000
	Metrics        []Metric   `json:"metrics"`
	// Default is what a unit contributes when the guest fails on it; empty:
	// nothing. Each entry is one record.
	Default []DefaultRecord `json:"default,omitempty"`
}

// KeyField is one field of the grouping key.
type KeyField struct {
	Name   string `json:"name"`
	Type   Type   `json:"type"`             // string or int64
	Width  int    `json:"width,omitempty"`  // string: bytes, 1..64; default 32
	Public any    `json:"public,omitempty"` // CSV file with a column of the field's name, or list of values
	// Private keys come from the guest and pass partition selection. Exactly
	// one of Public and Private is set, and alike for all fields of a job.
	Private bool `json:"private,omitempty"`
}

// MetricKind is an aggregate of the units that contributed to a key.
type MetricKind string

const (
	Count MetricKind = "count" // units that emitted the key; takes no value
	Sum   MetricKind = "sum"   // sum of one clamped value per unit
	Mean  MetricKind = "mean"  // that sum over the number of those units
)

// Metric is one released figure per key.
type Metric struct {
	Name string     `json:"name"`
	Kind MetricKind `json:"kind"`
	Min  float64    `json:"min"` // sum, mean: a unit's value is clamped to [Min, Max]
	Max  float64    `json:"max"`
}

// DefaultRecord is one record of a default contribution.
type DefaultRecord struct {
	Key     map[string]any     `json:"key,omitempty"`
	Metrics map[string]float64 `json:"metrics,omitempty"`
}

// ReleaseDef says at which price the result may leave.
type ReleaseDef struct {
	Method  string  `json:"method"`            // dp
	Epsilon float64 `json:"epsilon,omitempty"` // discrete Laplace
	Rho     float64 `json:"rho,omitempty"`     // discrete Gaussian; exactly one of the two
	Delta   float64 `json:"delta,omitempty"`   // for private keys
	// Deadline is how many seconds after its request the result shows, at least
	// 0.1 and at most 86400; a run that takes longer shows at twice, four times,
	// ... the deadline. 0: at 0.1, 0.2, 0.4, ... seconds.
	Deadline float64 `json:"deadline,omitempty"`
}
