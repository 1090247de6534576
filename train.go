package glovebox

// ModeTrain: rounds of mode map, each with the state that the last one led to.
const ModeTrain = "train"

// Limits of a job of mode train.
const (
	MaxRounds = 1000
	MaxState  = 4096 // numbers of a state
)

// Train declares a job of mode train. In every round the module's function of
// kind map sees one unit at a time and the public state, and gives one vector;
// the vectors' sum gets noise and goes, with the state, to the module's function
// of kind update, which sees no data and gives the next state. The last state is
// the release. Nothing in it is read off the data.
type Train struct {
	Rounds int     `json:"rounds"` // 1..1000
	Size   int     `json:"size"`   // numbers of a unit's vector, 1..4096
	Clip   float64 `json:"clip"`   // L2 norm that a unit's vector is shortened to
	// State is how many numbers a state has, 1..4096; zero: Size.
	State int `json:"state,omitempty"`
	// Init is the first state; empty: zeros.
	Init   []float64 `json:"init,omitempty"`
	Update string    `json:"update,omitempty"` // default: the module's only function of kind update
}

// Names of the reference tables that the host makes in mode train: one column
// "value" of type float64.
const (
	StateTable  = "state"
	SumTable    = "sum"
	ValueColumn = "value"
)
