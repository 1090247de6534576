// Package declared holds the checks that what every mode of a job declares has to
// pass: names of figures and ranges of values. It promises that what passes can be
// a column of a table, or the bounds of a grid of floats; it knows no metric, and
// reads no data.
package declared

import (
	"math"

	"glovebox.example/glovebox"
)

const (
	// MaxMetrics bounds the metrics of a job.
	MaxMetrics = 64
	// MaxBound is the largest magnitude of min and max.
	MaxBound = 1e100
)

// Name checks the name of a column of the table, at path, and takes it.
func Name(name, path string, taken map[string]bool) error {
	ok := len(name) >= 1 && len(name) <= 63
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		ok = ok && (letter || i > 0 && '0' <= c && c <= '9')
	}
	if !ok {
		return glovebox.Invalid(path, "the name is not made of 1 to 63 letters, digits and underscores, beginning with no digit")
	}
	if taken[name] {
		return glovebox.Invalid(path, "the name %s is taken", name).WithFix("give every key field and metric a name of its own")
	}
	taken[name] = true
	return nil
}

// Range checks the bounds of a metric at path.
func Range(min, max float64, path string) error {
	for _, b := range []struct {
		name string
		v    float64
	}{{"min", min}, {"max", max}} {
		if !(math.Abs(b.v) <= MaxBound) { // also if b.v is not a number
			return glovebox.Invalid(path+"."+b.name, "is not a number of magnitude up to %g", MaxBound)
		}
	}
	if !(min < max) {
		return glovebox.Invalid(path+".max", "is not above min").WithFix("declare the range that a unit's value is clamped to")
	}
	return nil
}
