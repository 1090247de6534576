package record

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// unknown notes a field that r does not have.
func (c *checker) unknown(r *rule, name string, p Path) {
	if r.names != nil {
		c.ps.AddKey(p, "write "+r.names.expected(), "name does not have the expected form")
		return
	}
	var known []string
	for _, k := range slices.Sorted(maps.Keys(r.properties)) {
		if !r.properties[k].never {
			known = append(known, k)
		}
	}
	fix := "fields here: " + Names(known)
	if near := Nearest(name, known); near != "" {
		fix = "did you mean " + Name(near) + "?"
	}
	c.ps.AddKey(p, fix, "unknown field %s", Name(name))
}

// says is what the schema says that a value looks like, "" if it does not.
func (r *rule) says() string {
	if r.form == "" && r.ref != nil {
		return r.ref.form
	}
	return r.form
}

// expected words what a rule takes.
func (r *rule) expected() string {
	if f := r.says(); f != "" {
		return f
	}
	if r.ref != nil {
		r = r.ref
	}
	switch len(r.enum) {
	case 0:
	case 1:
		return Name(r.enum[0])
	default:
		return "one of " + Names(r.enum)
	}
	t := nouns(r.types)
	switch {
	case r.minimum != nil || r.aboveMin != nil || r.maximum != nil:
		return t + r.numbers()
	case r.minLength != nil || r.maxLength != nil:
		return t + counts(r.minLength, r.maxLength, "characters")
	case r.minItems != nil || r.maxItems != nil:
		return t + counts(r.minItems, r.maxItems, "entries")
	case r.minFields != nil || r.maxFields != nil:
		return t + counts(r.minFields, r.maxFields, "fields")
	}
	return t
}

func (r *rule) numbers() string {
	var parts []string
	for _, b := range []struct {
		bound *big.Rat
		word  string
	}{{r.minimum, "at least"}, {r.aboveMin, "above"}, {r.maximum, "at most"}} {
		if b.bound != nil {
			f, _ := b.bound.Float64()
			parts = append(parts, b.word+" "+strconv.FormatFloat(f, 'f', -1, 64))
		}
	}
	return ", " + strings.Join(parts, " and ")
}

func counts(low, high *int, unit string) string {
	switch {
	case low != nil && high != nil:
		return fmt.Sprintf(" of %d to %d %s", *low, *high, unit)
	case low != nil:
		return fmt.Sprintf(" of at least %d %s", *low, unit)
	}
	return fmt.Sprintf(" of at most %d %s", *high, unit)
}

func noun(jsonType string) string {
	switch jsonType {
	case "null":
		return "no value"
	case "boolean":
		return "true or false"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "string":
		return "a text"
	case "array":
		return "a list"
	case "object":
		return "a set of fields"
	}
	return "a value"
}

// nouns words what may be of several types. The pairs that the schemas have are
// texts of their own, since each has a translation of its own.
func nouns(jsonTypes []string) string {
	switch strings.Join(jsonTypes, " ") {
	case "":
		return "another value"
	case "string array":
		return "a text or a list"
	case "string integer":
		return "a text or a whole number"
	case "integer string":
		return "a whole number or a text"
	case "number string":
		return "a number or a text"
	case "string number boolean":
		return "a text, a number, true or false"
	}
	var out []string
	for _, t := range jsonTypes {
		out = append(out, noun(t))
	}
	return strings.Join(out, " or ")
}
