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
	Mode       string              `json:"mode"` // map, blocks, train
	Params     map[string]any      `json:"params,omitempty"`
	Output     Output              `json:"output,omitzero"`  // mode map
	Blocks     *Blocks             `json:"blocks,omitempty"` // mode blocks
	Train      *Train              `json:"train,omitempty"`  // mode train
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

// Output declares what one unit can add, in mode map. Nothing in it is read off the data.
type Output struct {
	Key            []KeyField `json:"key"`               // empty: one row for the whole population
	MaxKeysPerUnit int        `json:"max_keys_per_unit"` // L0; 1..1000
	// MaxRecordsPerKey is how many records of one unit with equal key count, for
	// the metrics that take each as a value; 1..1000, 0: 1.
	MaxRecordsPerKey int `json:"max_records_per_key,omitempty"`
	// MaxRecordsPerUnit is how many records of one unit count for them over all
	// its keys; 0: as many as follow from the other two.
	MaxRecordsPerUnit int      `json:"max_records_per_unit,omitempty"`
	Metrics           []Metric `json:"metrics"`
	// Top keeps the keys with the largest figures alone; nil: all keys.
	Top *Top `json:"top,omitempty"`
	// Select says what selects private keys: the name of a metric, a count or a sum
	// whose Min is not below 0, shows the keys whose noisy figure is above a
	// threshold; "own-share" pays for a selection of its own. "": what is better,
	// by the declaration alone.
	Select string `json:"select,omitempty"`
	// Default is what a unit contributes when the guest fails on it; empty:
	// nothing. Each entry is one record.
	Default []DefaultRecord `json:"default,omitempty"`
}

// Top asks for the keys with the largest figures.
type Top struct {
	K  int    `json:"k"`  // keys; 1..1000
	By string `json:"by"` // metric: a count, or a sum whose Min is not below 0
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

// DefaultRecord is one record of a default contribution. It gives no vectors:
// they are zeros.
type DefaultRecord struct {
	Key     map[string]any     `json:"key,omitempty"`
	Metrics map[string]float64 `json:"metrics,omitempty"`
}

// ReleaseDef says at which price the result may leave.
type ReleaseDef struct {
	Method  string  `json:"method"`            // dp
	Epsilon float64 `json:"epsilon,omitempty"` // discrete Laplace; with private keys Gaussian where that is smaller
	Rho     float64 `json:"rho,omitempty"`     // discrete Gaussian; exactly one of the two
	Delta   float64 `json:"delta,omitempty"`   // for private keys
	// Deadline is how many seconds after its request the result shows, at least
	// 0.1 and at most 86400; a run that takes longer shows at twice, four times,
	// ... the deadline. 0: at 0.1, 0.2, 0.4, ... seconds.
	Deadline float64 `json:"deadline,omitempty"`
}
