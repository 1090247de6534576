package record

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	jskind "github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// explainer turns a validator's failures into problems. It never prints what
// the document holds, only what the schema allows.
type explainer struct {
	doc    *Doc
	schema *Schema
	ps     *Problems
}

func (x *explainer) walk(e *jsonschema.ValidationError) {
	if len(e.Causes) > 0 {
		for _, c := range e.Causes {
			x.walk(c)
		}
		return
	}
	x.explain(e, x.path(e.InstanceLocation), x.schema.at(e.SchemaURL))
}

// path turns a validator's location into a path: whether "0" is a name or an
// index depends on the value around it.
func (x *explainer) path(location []string) Path {
	var p Path
	n := x.doc.root
	for _, step := range location {
		if n.kind == kindList {
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(n.items) {
				return p
			}
			p, n = append(p, i), n.items[i]
			continue
		}
		i := n.index(step)
		if i < 0 {
			return p
		}
		p, n = append(p, step), n.items[i]
	}
	return p
}

func (x *explainer) explain(e *jsonschema.ValidationError, p Path, sub map[string]any) {
	write := "write " + x.expected(sub)
	switch k := e.ErrorKind.(type) {
	case *jskind.AdditionalProperties:
		for _, name := range k.Properties {
			x.unknown(p.With(name), name, sub)
		}
	case *jskind.Required:
		props, _ := sub["properties"].(map[string]any)
		for _, name := range k.Missing {
			fix := "add it"
			if m, ok := props[name].(map[string]any); ok {
				fix = "add it: " + x.expected(m)
			}
			x.ps.Add(p, fix, "field %s is missing", Name(name))
		}
	case *jskind.Type:
		fix := write
		n, _ := x.doc.find(p)
		if slices.Equal(k.Want, []string{"string"}) && (n.kind == kindNumber || n.kind == kindBool) {
			fix = "put it in quotes: a text is wanted"
		}
		want := types(sub) // in the order of the schema
		if len(want) == 0 {
			want = k.Want
		}
		x.ps.Add(p, fix, "is %s, not %s", noun(k.Got), nouns(want))
	case *jskind.Enum:
		got, _ := k.Got.(string)
		if near := Nearest(got, texts(k.Want)); near != "" {
			write += "; did you mean " + Name(near) + "?"
		}
		x.ps.Add(p, write, "is none of the values allowed")
	case *jskind.FalseSchema, *jskind.Not:
		fix := x.schema.form(sub)
		if fix == "" {
			fix = "leave it out"
		}
		x.ps.AddKey(p, fix, "cannot be given here")
	case *jskind.UniqueItems:
		x.repeated(p)
	default:
		x.ps.Add(p, write, "%s", bound(e.ErrorKind))
	}
}

// repeated reports every entry of a list that an earlier one equals: the
// validator stops at the first.
func (x *explainer) repeated(p Path) {
	list, _ := x.doc.find(p)
	first := map[string]int{}
	var marks []mark
	for i, n := range list.items {
		text := string(n.appendJSON(nil, &marks))
		if j, ok := first[text]; ok {
			x.ps.Add(p.With(i), "keep one of the two", "is the same as entry %d of the list", j+1)
			continue
		}
		first[text] = i
	}
	if len(first) == len(list.items) { // equal numbers, spelt differently
		x.ps.Add(p, "keep each entry once", "has equal entries")
	}
}

// bound words the failures that need no detail of their own.
func bound(k jsonschema.ErrorKind) string {
	switch k.(type) {
	case *jskind.Minimum, *jskind.ExclusiveMinimum:
		return "is too small"
	case *jskind.Maximum, *jskind.ExclusiveMaximum:
		return "is too large"
	case *jskind.MinLength:
		return "is too short"
	case *jskind.MaxLength:
		return "is too long"
	case *jskind.MinItems, *jskind.MinProperties:
		return "has too few entries"
	case *jskind.MaxItems, *jskind.MaxProperties:
		return "has too many entries"
	case *jskind.Pattern:
		return "does not have the expected form"
	}
	return "does not fit the schema"
}

func (x *explainer) unknown(p Path, name string, sub map[string]any) {
	if names, ok := sub["x-names"].(map[string]any); ok {
		x.ps.AddKey(p, "write "+x.expected(names), "name does not have the expected form")
		return
	}
	props, _ := sub["properties"].(map[string]any)
	var known []string
	for _, k := range slices.Sorted(maps.Keys(props)) {
		if props[k] != false && !never(props[k]) {
			known = append(known, k)
		}
	}
	fix := "fields here: " + Names(known)
	if near := Nearest(name, known); near != "" {
		fix = "did you mean " + Name(near) + "?"
	}
	x.ps.AddKey(p, fix, "unknown field %s", Name(name))
}

// never says whether a sub-schema is {"not": {}}: a field that only the domain
// sets.
func never(sub any) bool {
	m, _ := sub.(map[string]any)
	_, ok := m["not"]
	return ok
}

// expected words what a sub-schema takes.
func (x *explainer) expected(sub map[string]any) string {
	if f := x.schema.form(sub); f != "" {
		return f
	}
	sub = x.schema.resolve(sub)
	if list, ok := sub["enum"].([]any); ok {
		if all := texts(list); len(all) == 1 {
			return Name(all[0])
		} else if len(all) > 1 {
			return "one of " + Names(all)
		}
	}
	t := nouns(types(sub))
	switch {
	case has(sub, "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
		return t + numberRange(sub)
	case has(sub, "minLength", "maxLength"):
		return t + countRange(sub, "minLength", "maxLength", "characters")
	case has(sub, "minItems", "maxItems"):
		return t + countRange(sub, "minItems", "maxItems", "entries")
	case has(sub, "minProperties", "maxProperties"):
		return t + countRange(sub, "minProperties", "maxProperties", "fields")
	}
	return t
}

func has(sub map[string]any, keywords ...string) bool {
	return slices.ContainsFunc(keywords, func(k string) bool { _, ok := sub[k]; return ok })
}

func numberRange(sub map[string]any) string {
	var parts []string
	for _, b := range []struct{ keyword, word string }{
		{"minimum", "at least"}, {"exclusiveMinimum", "above"}, {"maximum", "at most"}, {"exclusiveMaximum", "below"},
	} {
		if f, ok := number64(sub, b.keyword); ok {
			parts = append(parts, b.word+" "+strconv.FormatFloat(f, 'f', -1, 64))
		}
	}
	return ", " + strings.Join(parts, " and ")
}

func countRange(sub map[string]any, low, high, unit string) string {
	lo, okLo := number64(sub, low)
	hi, okHi := number64(sub, high)
	switch {
	case okLo && okHi:
		return fmt.Sprintf(" of %.0f to %.0f %s", lo, hi, unit)
	case okLo:
		return fmt.Sprintf(" of at least %.0f %s", lo, unit)
	}
	return fmt.Sprintf(" of at most %.0f %s", hi, unit)
}

func types(sub map[string]any) []string {
	switch t := sub["type"].(type) {
	case string:
		return []string{t}
	case []any:
		return texts(t)
	}
	return nil
}

func texts(list []any) []string {
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func noun(jsonType string) string {
	switch jsonType {
	case "null":
		return "nothing"
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

func nouns(jsonTypes []string) string {
	if len(jsonTypes) == 0 {
		return "another value"
	}
	var out []string
	for _, t := range jsonTypes {
		out = append(out, noun(t))
	}
	return strings.Join(out, " or ")
}
