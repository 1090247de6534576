package glovebox

// ModeTune: a job of mode map whose records are measured in place of being
// released: how many keys and records units have, and how many units the job's
// limits would cut. The release is one row of noisy counts of units.
const ModeTune = "tune"

// Figures of a release of mode tune. For each metric of the job that clamps, there
// are also METRIC_below and METRIC_above.
const (
	TuneUnits   = "units"       // count of units
	TuneKeys    = "keys"        // histogram: different keys of a unit
	TuneRecords = "records"     // histogram: the most records that a unit has of one key
	TuneRows    = "at_max_rows" // units that have max_rows rows of some input, or more
	TuneFailed  = "failed"      // units on which the module failed
	TuneBelow   = "_below"      // suffix: units with a value below min
	TuneAbove   = "_above"      // suffix: units with a value above max, or a vector longer than clip
)
