package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	jskind "github.com/santhosh-tekuri/jsonschema/v6/kind"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
)

// oracle is a schema as another implementation understands it, which also
// checks the schema itself.
func oracle(t *testing.T, k Kind) *jsonschema.Schema {
	t.Helper()
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema(k)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("urn:x", raw); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:x")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaChecksAgreeWithAnotherImplementation breaks the example documents
// of every schema in every place, in many ways, and compares which fields are
// refused with what package jsonschema says.
func TestSchemaChecksAgreeWithAnotherImplementation(t *testing.T) {
	for _, k := range []Kind{KindDataset, KindScenario, KindGrant, KindJob} {
		ours, err := schemaOf(k)
		if err != nil {
			t.Fatal(err)
		}
		theirs := oracle(t, k)
		var s struct{ Examples []any }
		dec := json.NewDecoder(bytes.NewReader(Schema(k)))
		dec.UseNumber()
		if err := dec.Decode(&s); err != nil || len(s.Examples) == 0 {
			t.Fatalf("%s has no examples: %v", k, err)
		}
		tried, refused, others := 0, 0, append(values(), bounds(t, k)...)
		for _, example := range s.Examples {
			broken(example, others, func(doc any) {
				data, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				d, err := record.Parse("x", data)
				if err != nil { // refused before any schema
					return
				}
				got, want := refusedFields(d.Validate(ours)), leaves(theirs.Validate(doc), doc)
				tried++
				if len(want) > 0 {
					refused++
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %.300s\nwe refuse %v\nthey refuse %v", k, data, got, want)
				}
			})
		}
		if tried < 500 || refused < tried/4 || refused == tried {
			t.Errorf("%s: %d documents tried, %d refused: too few to tell", k, tried, refused)
		}
	}
}

// values are what is put in the place of a part of a document.
func values() []any {
	return []any{nil, true, "", "x", "auto", "day", "a\u00e9\u4e2d", strings.Repeat("x", 70), strings.Repeat("y", 5000),
		json.Number("-1"), json.Number("8.0"), json.Number("0.5"), json.Number("1e300"),
		[]any{}, []any{"a", "a"}, []any{"a", json.Number("1")}, []any{nil}, map[string]any{}, map[string]any{"x y": "z"}}
}

// bounds are the numbers that a schema holds values to.
func bounds(t *testing.T, k Kind) []any {
	t.Helper()
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`"(?:exclusiveM|m)(?:in|ax)imum": ([^,}\s]+)`).FindAllSubmatch(Schema(k), -1) {
		found[string(m[1])] = true
	}
	var out []any
	for _, n := range slices.Sorted(maps.Keys(found)) {
		out = append(out, json.Number(n))
	}
	return out
}

// broken calls f with doc, and with doc changed in one place, for every place.
func broken(doc any, others []any, f func(any)) {
	f(doc)
	for _, o := range others {
		f(o)
	}
	switch v := doc.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			less := maps.Clone(v)
			delete(less, name)
			f(less)
			broken(v[name], others, func(sub any) {
				changed := maps.Clone(v)
				changed[name] = sub
				f(changed)
			})
		}
		for _, name := range []string{"nothing", "Bad Name", "state", "x-form"} {
			more := maps.Clone(v)
			more[name] = "x"
			f(more)
		}
	case []any:
		for i := range v {
			f(slices.Delete(slices.Clone(v), i, i+1))
			f(append(slices.Clone(v), v[i]))
			broken(v[i], others, func(sub any) {
				changed := slices.Clone(v)
				changed[i] = sub
				f(changed)
			})
		}
	}
}

// refusedFields lists the fields that an error names, each once, sorted. Entries
// that a list holds twice count as the list.
func refusedFields(err error) []string {
	var out []string
	var walk func(error)
	walk = func(err error) {
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range many.Unwrap() {
				walk(e)
			}
			return
		}
		e, ok := errors.AsType[*glovebox.Error](err)
		if !ok {
			return
		}
		field := e.Field
		if strings.HasPrefix(e.Msg, "is the same as entry") {
			field = field[:strings.LastIndex(field, "[")]
		}
		out = append(out, field)
	}
	walk(err)
	slices.Sort(out)
	return slices.Compact(out)
}

// leaves does the same for the oracle's error.
func leaves(err error, doc any) []string {
	var out []string
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, c := range e.Causes {
			walk(c)
		}
		if len(e.Causes) > 0 {
			return
		}
		at := pathIn(doc, e.InstanceLocation)
		if k, ok := e.ErrorKind.(*jskind.AdditionalProperties); ok {
			for _, name := range k.Properties {
				out = append(out, at.With(name).String())
			}
			return
		}
		out = append(out, at.String())
	}
	if e, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		walk(e)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pathIn tells indexes of lists from names that are numbers.
func pathIn(doc any, location []string) record.Path {
	var p record.Path
	for _, step := range location {
		switch v := doc.(type) {
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil {
				panic(fmt.Sprintf("%s is no index", step))
			}
			p, doc = p.With(i), v[i]
		case map[string]any:
			p, doc = p.With(step), v[step]
		}
	}
	return p
}
