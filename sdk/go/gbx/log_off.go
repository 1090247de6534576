//go:build !gbx_log

package gbx

// LogBytes is how much text of one unit is kept; 0: this build has no log, and
// the functions below do nothing at all. The build tag gbx_log brings it in.
const LogBytes = 0

// Log prints a text. A line is what lies between two "\n".
func Log(s string) {}

// LogInt prints a whole number.
func LogInt(v int64) {}

// LogFloat prints a number with six decimals, cut, not rounded.
func LogFloat(v float64) {}
