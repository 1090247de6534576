package abi

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
)

// TestBindingErrors changes one thing of a good binding each.
func TestBindingErrors(t *testing.T) {
	a := checked(t)
	replace := func(i int, f arrow.Field) *arrow.Schema {
		fs := append([]arrow.Field{}, smallSchema.Fields()...)
		fs[i] = f
		return arrow.NewSchema(fs, nil)
	}
	long := record(t, a, refSchema, func(b *array.RecordBuilder) {
		b.Field(0).(*array.Int64Builder).AppendValues(make([]int64, 6), nil)
	})
	text := record(t, a, arrow.NewSchema([]arrow.Field{{Name: "w", Type: arrow.BinaryTypes.String}}, nil), func(b *array.RecordBuilder) {})
	maybe := arrow.NewSchema([]arrow.Field{{Name: "w", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	missing := record(t, a, maybe, func(b *array.RecordBuilder) { b.Field(0).AppendNull() })
	for name, x := range map[string]struct {
		field string
		edit  func(*Binding)
	}{
		"another function": {"function", func(b *Binding) { b.Function = "g" }},
		"no input":         {"inputs.in", func(b *Binding) { b.Inputs = nil }},
		"input twice":      {"inputs.in", func(b *Binding) { b.Inputs = append(b.Inputs, b.Inputs[0]) }},
		"input too many":   {"inputs.more", func(b *Binding) { b.Inputs = append(b.Inputs, InputBinding{Name: "more", Schema: smallSchema}) }},
		"no schema":        {"inputs.in", func(b *Binding) { b.Inputs[0].Schema = nil }},
		"no token":         {"inputs.in", func(b *Binding) { b.Inputs[0].Schema = arrow.NewSchema(smallSchema.Fields()[1:], nil) }},
		"token of 8 bytes": {"inputs.in", func(b *Binding) {
			b.Inputs[0].Schema = replace(0, arrow.Field{Name: "_unit", Type: &arrow.FixedSizeBinaryType{ByteWidth: 8}})
		}},
		"column missing": {"inputs.in.name", func(b *Binding) { b.Inputs[0].Schema = arrow.NewSchema(smallSchema.Fields()[:3], nil) }},
		"column too many": {"inputs.in.age", func(b *Binding) {
			b.Inputs[0].Schema = arrow.NewSchema(append(append([]arrow.Field{}, smallSchema.Fields()...), arrow.Field{Name: "age", Type: arrow.PrimitiveTypes.Int32}), nil)
		}},
		"column twice": {"inputs.in.n", func(b *Binding) {
			b.Inputs[0].Schema = arrow.NewSchema(append(append([]arrow.Field{}, smallSchema.Fields()...), smallSchema.Field(1)), nil)
		}},
		"column of wider": {"inputs.in.n", func(b *Binding) {
			b.Inputs[0].Schema = replace(1, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64})
		}},
		"column of no type": {"inputs.in.n", func(b *Binding) {
			b.Inputs[0].Schema = replace(1, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Uint8})
		}},
		"column may miss": {"inputs.in.n", func(b *Binding) {
			b.Inputs[0].Schema = replace(1, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int32, Nullable: true})
		}},
		"large strings": {"inputs.in.name", func(b *Binding) {
			b.Inputs[0].Schema = replace(3, arrow.Field{Name: "name", Type: arrow.BinaryTypes.LargeString, Nullable: true})
		}},
		"max_bytes 0":         {"inputs.in.name", func(b *Binding) { b.Inputs[0].MaxBytes = map[string]int{"name": 0} }},
		"max_bytes 5000":      {"inputs.in.name", func(b *Binding) { b.Inputs[0].MaxBytes = map[string]int{"name": 5000} }},
		"max_rows -1":         {"inputs.in.max_rows", func(b *Binding) { b.Inputs[0].MaxRows = -1 }},
		"no reference":        {"references.ref", func(b *Binding) { b.References = nil }},
		"reference too many":  {"references.other", func(b *Binding) { b.References["other"] = long }},
		"reference too long":  {"references.ref", func(b *Binding) { b.References["ref"] = long }},
		"reference of text":   {"references.ref.w", func(b *Binding) { b.References["ref"] = text }},
		"reference misses":    {"references.ref.w", func(b *Binding) { b.References["ref"] = missing }},
		"parameter missing":   {"params.limit", func(b *Binding) { b.Params = nil }},
		"parameter too many":  {"params.x", func(b *Binding) { b.Params["x"] = 1 }},
		"parameter of text":   {"params.limit", func(b *Binding) { b.Params["limit"] = "2.5" }},
		"parameter NaN":       {"params.limit", func(b *Binding) { b.Params["limit"] = math.NaN() }},
		"parameter too long":  {"params.label", func(b *Binding) { b.Params["label"] = strings.Repeat("x", 1025) }},
		"parameter not UTF-8": {"params.label", func(b *Binding) { b.Params["label"] = "\xff" }},
		"parameter 1 as bool": {"params.on", func(b *Binding) { b.Params["on"] = 1 }},
	} {
		b := smallBinding(t, a)
		x.edit(b)
		_, err := NewPlan(smallManifest(), b)
		e, ok := err.(*glovebox.Error)
		if !ok || e.Code != glovebox.CodeInvalid || e.Field != x.field {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "2.5") {
			t.Errorf("%s: the error holds a value: %v", name, err)
		}
	}
}

// TestWholeReferenceBinds: a table read from a file may miss values anywhere; it
// is taken for a column that may not where it misses none.
func TestWholeReferenceBinds(t *testing.T) {
	a := checked(t)
	maybe := arrow.NewSchema([]arrow.Field{{Name: "w", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	b := smallBinding(t, a)
	b.References["ref"] = record(t, a, maybe, func(b *array.RecordBuilder) { b.Field(0).(*array.Int64Builder).Append(5) })
	if _, err := NewPlan(smallManifest(), b); err != nil {
		t.Error(err)
	}
}

func TestParamTypes(t *testing.T) {
	a := checked(t)
	m := smallManifest()
	m.Functions[0].Params = []Param{{"i", "int64", nil}, {"f", "float64", nil}}
	for _, x := range []struct {
		i, f any
		ok   bool
	}{
		{1, 2, true}, {int64(1), 2.0, true}, {1.0, int64(2), true}, {uint64(1), uint64(2), true},
		{json.Number("1"), json.Number("2"), true}, {json.Number("1.5"), 2, false}, {1.5, 2, false},
		{1e300, 2, false}, {uint64(math.MaxUint64), 2, false}, {true, 2, false}, {1, json.Number("1e999"), false}, {1, nil, false},
	} {
		b := smallBinding(t, a)
		b.Params = map[string]any{"i": x.i, "f": x.f}
		p, err := NewPlan(m, b)
		if (err == nil) != x.ok {
			t.Errorf("%v, %v: %v", x.i, x.f, err)
		}
		if err == nil && (p.params[0] != int64(1) || p.params[1] != 2.0) {
			t.Errorf("%v, %v became %v", x.i, x.f, p.params)
		}
	}
}

func TestWindowMustFit(t *testing.T) {
	a := checked(t)
	m := smallManifest()
	m.Functions[0].Inputs[0].MaxRows = 100_000
	b := smallBinding(t, a)
	b.Inputs[0].MaxRows = 0 // the manifest's
	_, err := NewPlan(m, b)
	if e, ok := err.(*glovebox.Error); !ok || e.Field != "pages" || e.Fix == "" {
		t.Fatalf("100,000 rows in one page: %v", err)
	}
	b.Inputs[0].MaxRows = 10 // the data set's bound is enough
	if _, err := NewPlan(m, b); err != nil {
		t.Fatal(err)
	}
}

func TestCheckOutput(t *testing.T) {
	f := &Function{Name: "f", Output: Output{Key: []KeyField{{"ward", "string", 32}, {"year", "int64", 0}}, Metrics: []string{"hours", "cost", "way"}, Sizes: map[string]int{"way": 3}}}
	good := func() *glovebox.Output {
		return &glovebox.Output{
			Key: []glovebox.KeyField{{Name: "ward", Type: "string"}, {Name: "year", Type: "int64"}},
			Metrics: []glovebox.Metric{{Name: "people", Kind: glovebox.Count}, {Name: "hours", Kind: glovebox.Sum},
				{Name: "visits", Kind: glovebox.Count}, {Name: "cost", Kind: glovebox.Mean}, {Name: "way", Kind: glovebox.Vector, Size: 3}},
		}
	}
	if err := CheckOutput(f, good()); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		field string
		edit  func(*glovebox.Output)
	}{
		"key missing":   {"output.key", func(o *glovebox.Output) { o.Key = o.Key[:1] }},
		"key renamed":   {"output.key.w", func(o *glovebox.Output) { o.Key[0].Name = "w" }},
		"key of type":   {"output.key.year", func(o *glovebox.Output) { o.Key[1].Type = "string" }},
		"key of width":  {"output.key.ward", func(o *glovebox.Output) { o.Key[0].Width = 31 }},
		"metrics order": {"output.metrics", func(o *glovebox.Output) { o.Metrics[1], o.Metrics[3] = o.Metrics[3], o.Metrics[1] }},
		"vector longer": {"output.metrics.way", func(o *glovebox.Output) { o.Metrics[4].Size = 4 }},
		"no vector":     {"output.metrics.way", func(o *glovebox.Output) { o.Metrics[4].Kind = glovebox.Sum }},
		"metric more":   {"output.metrics", func(o *glovebox.Output) { o.Metrics[0].Kind = glovebox.Sum }},
	} {
		o := good()
		x.edit(o)
		err := CheckOutput(f, o)
		if e, ok := err.(*glovebox.Error); !ok || e.Code != glovebox.CodeInvalid || e.Field != x.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
