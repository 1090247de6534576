package record

import (
	"encoding/json"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"glovebox.example/glovebox"
)

// Schema is a compiled JSON Schema, of the part of draft 2020-12 that our own
// documents need. It is safe for use by several goroutines.
type Schema struct{ root *rule }

// rule is a schema or a sub-schema.
type rule struct {
	form    string // "x-form": what a value looks like, in English
	ref     *rule
	never   bool // "not": {}: a field that only the domain sets
	types   []string
	enum    []string
	means   map[string]string // "x-means": other words, in lower case, to the value that says it here
	pattern *regexp.Regexp

	minimum, aboveMin, maximum *big.Rat
	minLength, maxLength       *int // characters
	minItems, maxItems         *int
	minFields, maxFields       *int

	items      *rule
	unique     bool
	properties map[string]*rule
	patterns   []named
	names      *rule // "x-names": the form of the names of patterns
	closed     bool  // no other fields
	required   []string
}

// named is the rule of the fields whose names fit a pattern.
type named struct {
	name *regexp.Regexp
	rule *rule
}

// source is a sub-schema as it is written. Keywords that it does not name are
// refused: a schema asks for nothing that is not checked.
type source struct {
	Form       string             `json:"x-form"`
	Ref        string             `json:"$ref"`
	Not        *struct{}          `json:"not"`
	Type       words              `json:"type"`
	Enum       []string           `json:"enum"`
	Means      map[string]string  `json:"x-means"`
	Pattern    *string            `json:"pattern"`
	Minimum    *json.Number       `json:"minimum"`
	AboveMin   *json.Number       `json:"exclusiveMinimum"`
	Maximum    *json.Number       `json:"maximum"`
	MinLength  *int               `json:"minLength"`
	MaxLength  *int               `json:"maxLength"`
	MinItems   *int               `json:"minItems"`
	MaxItems   *int               `json:"maxItems"`
	MinFields  *int               `json:"minProperties"`
	MaxFields  *int               `json:"maxProperties"`
	Items      *source            `json:"items"`
	Unique     bool               `json:"uniqueItems"`
	Properties map[string]*source `json:"properties"`
	Patterns   map[string]*source `json:"patternProperties"`
	Names      *source            `json:"x-names"`
	Additional *bool              `json:"additionalProperties"`
	Required   []string           `json:"required"`

	// What says nothing about a document.
	Draft       string             `json:"$schema"`
	ID          string             `json:"$id"`
	Defs        map[string]*source `json:"$defs"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Default     any                `json:"default"`
	Examples    []any              `json:"examples"`
}

// words is one text or a list of them.
type words []string

// UnmarshalJSON reads either.
func (w *words) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(w))
}

// CompileSchema compiles a schema that the program carries. It knows the
// keywords of type source and refuses others; a reference leads to the $defs of
// the same schema, the items of a uniqueItems list are texts. A sub-schema may
// say in "x-form", in English, what a value looks like: problems quote it. A
// map of free names gives their form as patternProperties with
// additionalProperties false, and the sub-schema of a name as "x-names".
func CompileSchema(data []byte) (*Schema, error) {
	var src source
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&src); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "schema cannot be used").Because(err)
	}
	if src.ID == "" {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "schema has no $id")
	}
	c := &compiler{defs: src.Defs, done: map[*source]*rule{}}
	s := &Schema{root: c.rule(&src)}
	if c.err != nil {
		return nil, c.err
	}
	return s, nil
}

// compiler turns sources into rules, each once, so that they may refer to one
// another in a circle.
type compiler struct {
	defs map[string]*source
	done map[*source]*rule
	err  error
}

func (c *compiler) fail(format string, a ...any) {
	if c.err == nil {
		c.err = glovebox.Errorf(glovebox.CodeInternal, format, a...)
	}
}

// jsonTypes are the types that a schema may ask for.
var jsonTypes = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

func (c *compiler) rule(s *source) *rule {
	if s == nil {
		return nil
	}
	if r := c.done[s]; r != nil {
		return r
	}
	r := &rule{
		form: s.Form, never: s.Not != nil, types: s.Type, enum: s.Enum, means: s.Means, unique: s.Unique, required: s.Required,
		minLength: s.MinLength, maxLength: s.MaxLength, minItems: s.MinItems, maxItems: s.MaxItems,
		minFields: s.MinFields, maxFields: s.MaxFields,
		minimum: c.number(s.Minimum), aboveMin: c.number(s.AboveMin), maximum: c.number(s.Maximum),
	}
	c.done[s] = r
	for _, t := range s.Type {
		if !slices.Contains(jsonTypes, t) {
			c.fail("schema asks for an unknown type")
		}
	}
	if s.Pattern != nil {
		r.pattern = c.pattern(*s.Pattern)
	}
	if s.Ref != "" {
		r.ref = c.refer(s.Ref)
	}
	r.items, r.names = c.rule(s.Items), c.rule(s.Names)
	if s.Unique && !c.texts(r.items) {
		c.fail("schema asks for different entries of a list of more than texts")
	}
	if len(s.Properties) > 0 {
		r.properties = map[string]*rule{}
	}
	for name, sub := range s.Properties {
		r.properties[name] = c.rule(sub)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Patterns)) {
		r.patterns = append(r.patterns, named{c.pattern(name), c.rule(s.Patterns[name])})
	}
	if s.Additional != nil {
		r.closed = !*s.Additional
	}
	return r
}

func (c *compiler) pattern(s string) *regexp.Regexp {
	re, err := regexp.Compile(s)
	if err != nil {
		c.fail("schema has a pattern that is none")
	}
	return re
}

func (c *compiler) number(n *json.Number) *big.Rat {
	if n == nil {
		return nil
	}
	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		c.fail("schema has a bound that is no number")
	}
	return r
}

// refer follows a reference to $defs. One that leads to another reference, or
// out of the schema, is refused.
func (c *compiler) refer(ref string) *rule {
	name, ok := strings.CutPrefix(ref, "#/$defs/")
	def := c.defs[name]
	if !ok || def == nil || def.Ref != "" {
		c.fail("schema refers to what it does not hold")
		return nil
	}
	return c.rule(def)
}

// texts says whether a rule takes texts alone.
func (c *compiler) texts(r *rule) bool {
	if r == nil {
		return false
	}
	return len(r.enum) > 0 || slices.Equal(r.types, []string{"string"}) || c.texts(r.ref)
}
