package catalog

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"glovebox.example/glovebox"
)

func checkJob(c *checker, j *glovebox.Job) {
	for _, code := range slices.Sorted(maps.Keys(j.Inputs)) {
		p := at("inputs", code, "columns")
		c.unique(j.Inputs[code].Columns, entries(p), "column")
		for i, name := range j.Inputs[code].Columns {
			c.reserved(name, p.With(i))
		}
	}
	for name, v := range j.Params {
		j.Params[name] = plain(v)
	}
	checkMode(c, j)
	checkRelease(c, j)
}

func checkRelease(c *checker, j *glovebox.Job) {
	p := at("release")
	eps, rho := c.given(p.With("epsilon")), c.given(p.With("rho"))
	switch {
	case !eps && !rho:
		c.Add(p, "add `epsilon` or `rho` (discrete Gaussian noise)", "says no price")
	case eps && rho:
		c.AddKey(p.With("rho"), "keep one of the two", "epsilon and rho exclude each other")
	}
	private := !modeOf(j).measures && slices.ContainsFunc(j.Output.Key, func(k glovebox.KeyField) bool { return k.Private })
	switch {
	case private && !c.given(p.With("delta")):
		c.Add(p, "add `delta`, such as 1e-6", "private keys need delta")
	case !private:
		c.absent(p.With("delta"), "is for private keys only")
	}
}

// plain turns a JSON number into an int64 or, with a decimal point, an
// exponent or more than 64 bits, into a float64.
func plain(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i
	}
	f, err := n.Float64()
	if err != nil { // record refuses numbers that are out of range
		return nil
	}
	return f
}
