package abi

import "glovebox.example/glovebox"

// Bounds of a manifest.
const (
	MaxManifestBytes = 64 << 10
	MaxPages         = 1024          // 64 MiB
	MaxFuel          = 1_000_000_000 // per unit
	MaxFunctions     = 32
	MaxTables        = 16 // inputs, and references
	MaxColumns       = 128
	MaxRows          = 100_000   // of one unit in one input
	MaxReferenceRows = 1_000_000 // of one reference table
	MaxParams        = 64
	MaxKeyFields     = 8
	MaxKeyWidth      = 64
	MaxMetrics       = 64
	MaxVector        = 4096 // values of a metric that is a vector
	MaxRecords       = 65_536
	MaxStringParam   = 1024              // bytes
	MaxUnits         = 1_000_000         // of one block
	MaxBlockRows     = 4_000_000         // of one block in one input
	MaxBlockFuel     = 1_000_000_000_000 // of one block, or one update
	UpdateFuel       = 1_000             // times that of a unit: of one update
)

// Kinds of functions.
const (
	// KindMap is called once per unit, with the unit's rows in the window.
	KindMap = "map"
	// KindMapScalar is called once per row, with the row's values as
	// parameters, and changes nothing.
	KindMapScalar = "map_scalar"
	// KindBlocks is called once per block of units, in a fresh instance, with
	// all rows of all its units in the window and where each unit begins.
	KindBlocks = "blocks"
	// KindUpdate is called between two rounds of mode train, with the state and
	// the noisy sum of the round, and without any input.
	KindUpdate = "update"
)

// Bounds of a function of kind map_scalar.
const (
	MaxScalarColumns = 64
	MaxScalarFields  = 15 // key fields and metrics
)

// Manifest says what a module is and what its functions take and give. All of
// it is public.
type Manifest struct {
	ABI       string     `json:"abi"`
	Name      string     `json:"name"`
	Version   string     `json:"version"`
	Pages     int        `json:"pages"`          // memory cap, in pages of 64 KiB
	Fuel      int64      `json:"fuel"`           // per unit
	WASI      bool       `json:"wasi,omitempty"` // may import functions of WASI, whose answers are constants
	Functions []Function `json:"functions"`
}

// Function is one entry point.
type Function struct {
	Name       string  `json:"name"`
	Kind       string  `json:"kind"`
	MaxUnits   int     `json:"max_units,omitempty"` // kind blocks: units of one block
	Inputs     []Table `json:"inputs"`
	References []Table `json:"references,omitempty"`
	Params     []Param `json:"params,omitempty"`
	Output     Output  `json:"output"`
}

// Scalar says whether the function is of kind map_scalar.
func (f *Function) Scalar() bool { return f.Kind == KindMapScalar }

// Blocks says whether the function is of kind blocks.
func (f *Function) Blocks() bool { return f.Kind == KindBlocks }

// Update says whether the function is of kind update.
func (f *Function) Update() bool { return f.Kind == KindUpdate }

// FuelOf is what one call of a function may use: the manifest's fuel for a
// unit, for a block that of max_units units, for an update that of UpdateFuel
// units, MaxBlockFuel at most. It does not depend on any data.
func (m *Manifest) FuelOf(f *Function) int64 {
	if f.Blocks() {
		return min(m.Fuel*int64(f.MaxUnits), MaxBlockFuel)
	}
	if f.Update() {
		return min(m.Fuel*UpdateFuel, MaxBlockFuel)
	}
	return m.Fuel
}

// Table is an input or a reference table.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	MaxRows int      `json:"max_rows"`
}

// Column is one column of a table.
type Column struct {
	Name     string        `json:"name"`
	Type     glovebox.Type `json:"type"`
	Nullable bool          `json:"nullable,omitempty"`
}

// Param is a public value that a job may set.
type Param struct {
	Name string `json:"name"`
	Type string `json:"type"` // int64, float64, bool, string
	// Default is an int64, float64, bool or string; nil: a job must set it.
	Default any `json:"default,omitempty"`
}

// Output is the layout of the records that the function gives.
type Output struct {
	Key        []KeyField `json:"key,omitempty"`
	Metrics    []string   `json:"metrics"`
	MaxRecords int        `json:"max_records"`
	// Sizes has the metrics that are vectors, each with its number of values;
	// all others have one.
	Sizes map[string]int `json:"sizes,omitempty"`
}

// Values is how many float64s follow the key in a record.
func (o *Output) Values() int {
	n := len(o.Metrics)
	for _, size := range o.Sizes {
		n += size - 1
	}
	return n
}

// Size is how many values the metric of that name has.
func (o *Output) Size(metric string) int {
	if n := o.Sizes[metric]; n > 0 {
		return n
	}
	return 1
}

// KeyField is one field of a record's key.
type KeyField struct {
	Name  string        `json:"name"`
	Type  glovebox.Type `json:"type"`            // string or int64
	Width int           `json:"width,omitempty"` // string: bytes, 1..64
}

// Function returns the function of that name. An empty name means the only
// function, if there is just one.
func (m *Manifest) Function(name string) (*Function, bool) {
	if name == "" && len(m.Functions) == 1 {
		return &m.Functions[0], true
	}
	for i := range m.Functions {
		if m.Functions[i].Name == name {
			return &m.Functions[i], true
		}
	}
	return nil, false
}
