package glovebox

// Modes of a job.
const (
	ModeMap    = "map"    // the module sees one unit at a time, the host adds up
	ModeBlocks = "blocks" // the module sees one block of units at a time, the host combines
)

// Blocks declares the output of a job of mode blocks: units go to a fixed
// number of blocks, the module computes any statistic over each block, and the
// host combines what the blocks gave. Nothing in it is read off the data.
type Blocks struct {
	// Count is the number of blocks: a power of two, 8 to 65536. Zero: it
	// follows from the noisy numbers of units that providers bought.
	Count   int           `json:"count"`
	Metrics []BlockMetric `json:"metrics"` // in the order of the module's record
}

// Combine is a way of making one answer of the blocks' outputs.
type Combine string

const (
	Median   Combine = "median" // of the outputs, by permute-and-flip
	BlockAvg Combine = "mean"   // of the clamped outputs, with noise for the whole range
	Winsor   Combine = "winsor" // the mean within two quartile distances of the quartiles
	Vote     Combine = "vote"   // the candidate that most blocks name
)

// Spacings of a public grid.
const (
	Linear = "linear"
	Log    = "log" // equal ratios; needs min above 0
)

// BlockMetric is one number, or one choice, that every block gives.
type BlockMetric struct {
	Name    string  `json:"name"`
	Combine Combine `json:"combine"`
	// An output is clamped to [Min, Max] and snapped to the nearest of Points
	// points between them, spaced as Spacing says. Not for votes.
	Min     float64 `json:"min,omitempty"`
	Max     float64 `json:"max,omitempty"`
	Points  int     `json:"points,omitempty"`  // 2..1048576
	Spacing string  `json:"spacing,omitempty"` // linear, log
	// Values are the candidates of a vote; the module gives their number, from
	// 0. 2..1000 different texts of at most 64 bytes.
	Values []string `json:"values,omitempty"`
	// Default is what a block counts with that is empty or too large, or on
	// which the module fails; of a vote, the number of a candidate.
	Default float64 `json:"default"`
}

// DefaultPoints is the number of points of a grid where a job names none.
const DefaultPoints = 1 << 16
