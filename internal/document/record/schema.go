package record

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"glovebox.example/glovebox"
)

// Schema is a compiled JSON Schema (draft 2020-12). It is safe for use by
// several goroutines.
type Schema struct {
	raw      any
	compiled *jsonschema.Schema
}

// noLoader refuses every reference to another document.
type noLoader struct{}

func (noLoader) Load(string) (any, error) {
	return nil, errors.New("a schema refers to nothing outside it")
}

// CompileSchema compiles a schema that the program carries. A sub-schema may
// say in "x-form", in English, what a value looks like: problems quote it. A
// map of free names gives their form as patternProperties with
// additionalProperties false, and the sub-schema of a name as "x-names";
// propertyNames is not for use here, the validator loses its position.
func CompileSchema(data []byte) (*Schema, error) {
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "schema is not JSON").Because(err)
	}
	m, _ := raw.(map[string]any)
	id, _ := m["$id"].(string)
	if id == "" {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "schema has no $id")
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noLoader{})
	if err := c.AddResource(id, raw); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "schema cannot be used").Because(err)
	}
	compiled, err := c.Compile(id)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "schema does not compile").Because(err)
	}
	return &Schema{raw: raw, compiled: compiled}, nil
}

// Validate checks the document against s and reports every problem.
func (d *Doc) Validate(s *Schema) error {
	err := s.compiled.Validate(d.root.value())
	if err == nil {
		return nil
	}
	ps := NewProblems(d)
	v, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return &glovebox.Error{Code: glovebox.CodeInternal, File: d.file, Msg: "the schema could not be applied"}
	}
	(&explainer{doc: d, schema: s, ps: ps}).walk(v)
	return ps.Err()
}

// at returns the part of the schema that a location such as
// "urn:x#/properties/code" names, nil if there is none.
func (s *Schema) at(location string) map[string]any {
	_, pointer, _ := strings.Cut(location, "#")
	pointer, err := url.PathUnescape(pointer)
	if err != nil {
		return nil
	}
	cur := s.raw
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if step == "" {
			continue
		}
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch c := cur.(type) {
		case map[string]any:
			cur = c[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(c) {
				return nil
			}
			cur = c[i]
		default:
			return nil
		}
	}
	m, _ := cur.(map[string]any)
	return m
}

// resolve follows a $ref inside the schema, once per step, at most 8 steps.
func (s *Schema) resolve(sub map[string]any) map[string]any {
	for range 8 {
		ref, ok := sub["$ref"].(string)
		if !ok {
			break
		}
		next := s.at(ref)
		if next == nil {
			break
		}
		sub = next
	}
	return sub
}

// form says what a value of a sub-schema looks like, "" if it does not say.
func (s *Schema) form(sub map[string]any) string {
	for range 8 {
		if f, ok := sub["x-form"].(string); ok {
			return f
		}
		ref, ok := sub["$ref"].(string)
		if !ok {
			return ""
		}
		sub = s.at(ref)
	}
	return ""
}

// number64 reads a numeric keyword of a sub-schema.
func number64(sub map[string]any, keyword string) (float64, bool) {
	v, ok := sub[keyword]
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	return f, err == nil
}
