package abi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// Forms of names. They stay plain so that they can be shown anywhere.
var (
	reVersion  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^gbx/1$`) })
	reModule   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`) })
	reRelease  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$`) })
	reName     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`) })
	reTable    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,62}$`) })
	reKind     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(map|map_scalar|blocks|update)$`) })
	reColType  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(string|int32|int64|float64|bool|date|token)$`) })
	reParType  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(int64|float64|bool|string)$`) })
	reKeyType  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(string|int64)$`) })
	reReserved = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(memory|_initialize|gbx_.*)$`) })
)

// DecodeManifest reads a manifest. Every field is checked: unknown fields,
// fields named twice, and values out of bounds are errors of code module that
// name the field.
func DecodeManifest(data []byte) (*Manifest, error) {
	if len(data) > MaxManifestBytes {
		return nil, glovebox.Errorf(glovebox.CodeModule, "manifest has %d bytes, more than %d", len(data), MaxManifestBytes)
	}
	var m Manifest
	err := decodeStrict(data, func(o *object) {
		m.ABI = o.text("abi", reVersion())
		m.Name = o.text("name", reModule())
		m.Version = o.text("version", reRelease())
		m.Pages = int(o.integer("pages", 1, MaxPages))
		m.Fuel = o.integer("fuel", 1, MaxFuel)
		m.WASI = o.boolean("wasi")
		o.objects("functions", 1, MaxFunctions, func(o *object) {
			f := function(o)
			if slices.ContainsFunc(m.Functions, func(g Function) bool { return g.Name == f.Name }) {
				fail(o.path+".name", "two functions have this name")
			}
			m.Functions = append(m.Functions, f)
		})
		o.end()
	})
	if err != nil {
		return nil, err
	}
	return &m, nil
}

func function(o *object) Function {
	f := Function{Name: o.text("name", reName()), Kind: o.text("kind", reKind())}
	if reReserved().MatchString(f.Name) {
		fail(o.path+".name", "name is reserved by the ABI")
	}
	names := map[string]bool{}
	maxRows := int64(MaxRows)
	if f.Blocks() {
		maxRows = MaxBlockRows
		f.MaxUnits = int(o.integer("max_units", 1, MaxUnits))
	}
	atLeast := 1
	if f.Update() {
		atLeast = 0
	}
	f.Inputs = tables(o, "inputs", atLeast, maxRows, names)
	f.References = tables(o, "references", 0, MaxReferenceRows, names)
	seen := map[string]bool{}
	o.objects("params", 0, MaxParams, func(o *object) {
		p := Param{Name: o.text("name", reName()), Type: o.text("type", reParType())}
		once(seen, o.path, p.Name)
		if v, at, ok := o.take("default"); ok {
			d, err := paramValue(p.Type, v)
			if err != nil {
				fail(at, "%s", err)
			}
			p.Default = d
		}
		f.Params = append(f.Params, p)
	})
	v, at, ok := o.take("output")
	fields, isObject := v.(map[string]any)
	if !ok || !isObject {
		fail(at, "missing, or not an object")
	}
	out := &object{at, fields}
	f.Output = output(out)
	out.end()
	if f.Scalar() {
		checkScalar(o.path, &f)
	}
	if f.Blocks() {
		checkBlocks(join(o.path, "output"), &f.Output)
	}
	if f.Update() {
		checkUpdate(o.path, &f)
	}
	return f
}

// checkBlocks holds the output of a function of kind blocks against what a
// block gives: one record of metrics, without a key.
func checkBlocks(path string, o *Output) {
	switch {
	case len(o.Key) > 0:
		fail(join(path, "key"), "a function of kind blocks gives no key")
	case len(o.Metrics) == 0:
		fail(join(path, "metrics"), "a function of kind blocks gives at least one metric")
	case len(o.Sizes) > 0:
		fail(join(path, "sizes"), "a function of kind blocks gives one number for each metric")
	case o.MaxRecords != 1:
		fail(join(path, "max_records"), "a function of kind blocks gives one record")
	}
}

// checkScalar holds a function of kind map_scalar against what can be passed
// as parameters and results.
func checkScalar(path string, f *Function) {
	if len(f.Inputs) != 1 {
		fail(join(path, "inputs"), "a function of kind map_scalar has one input")
	}
	at := join(path, "inputs[0]")
	if n := len(f.Inputs[0].Columns); n > MaxScalarColumns {
		fail(join(at, "columns"), "a function of kind map_scalar takes at most %d columns", MaxScalarColumns)
	}
	for i, c := range f.Inputs[0].Columns {
		at := join(at, fmt.Sprintf("columns[%d]", i))
		switch {
		case c.Type == glovebox.String || c.Type == glovebox.Token:
			fail(join(at, "type"), "a function of kind map_scalar takes no column of type %s", c.Type)
		case c.Nullable:
			fail(join(at, "nullable"), "a function of kind map_scalar takes no column that may miss values")
		}
	}
	at = join(path, "output")
	for i, k := range f.Output.Key {
		if k.Type != glovebox.Int64 {
			fail(join(at, fmt.Sprintf("key[%d].type", i)), "a function of kind map_scalar gives keys of type int64 only")
		}
	}
	if n := len(f.Output.Key) + f.Output.Values(); n > MaxScalarFields {
		fail(at, "a function of kind map_scalar gives at most %d key fields and values of metrics", MaxScalarFields)
	}
}

func once(seen map[string]bool, path, name string) {
	if seen[strings.ToLower(name)] {
		fail(path+".name", "name is there twice")
	}
	seen[strings.ToLower(name)] = true
}

func tables(o *object, key string, atLeast int, maxRows int64, names map[string]bool) []Table {
	var list []Table
	o.objects(key, atLeast, MaxTables, func(o *object) {
		t := Table{Name: o.text("name", reTable()), MaxRows: int(o.integer("max_rows", 1, maxRows))}
		once(names, o.path, t.Name)
		seen := map[string]bool{}
		o.objects("columns", 0, MaxColumns, func(o *object) {
			c := Column{Name: o.text("name", reName()), Type: glovebox.Type(o.text("type", reColType())), Nullable: o.boolean("nullable")}
			if c.Name == UnitColumn {
				fail(o.path+".name", "the unit's token is not given to modules")
			}
			once(seen, o.path, c.Name)
			t.Columns = append(t.Columns, c)
		})
		list = append(list, t)
	})
	return list
}

func output(o *object) Output {
	out := Output{Key: []KeyField{}, Metrics: []string{}, MaxRecords: int(o.integer("max_records", 1, MaxRecords))}
	seen := map[string]bool{}
	o.objects("key", 0, MaxKeyFields, func(o *object) {
		k := KeyField{Name: o.text("name", reName()), Type: glovebox.Type(o.text("type", reKeyType()))}
		once(seen, o.path, k.Name)
		if k.Type == glovebox.String {
			k.Width = int(o.integer("width", 1, MaxKeyWidth))
		}
		out.Key = append(out.Key, k)
	})
	list, at := o.list("metrics", 0, MaxMetrics)
	for i, v := range list {
		s, ok := v.(string)
		if !ok || !reName().MatchString(s) {
			fail(fmt.Sprintf("%s[%d]", at, i), "not a string of the form %s", reName())
		}
		if seen[strings.ToLower(s)] {
			fail(fmt.Sprintf("%s[%d]", at, i), "name is there twice")
		}
		seen[strings.ToLower(s)] = true
		out.Metrics = append(out.Metrics, s)
	}
	out.Sizes = sizes(o, out.Metrics)
	return out
}

// sizes reads how many values the metrics have that are vectors.
func sizes(o *object, metrics []string) map[string]int {
	v, at, ok := o.take("sizes")
	if !ok {
		return nil
	}
	fields, isObject := v.(map[string]any)
	if !isObject {
		fail(at, "not an object")
	}
	out := map[string]int{}
	names := &object{at, fields}
	for _, m := range metrics {
		if _, ok := fields[m]; ok {
			out[m] = int(names.integer(m, 1, MaxVector))
		}
	}
	names.end()
	return out
}

// paramValue turns what JSON, YAML or Go code holds into a value of a
// parameter's type: int64, float64, bool or string.
func paramValue(typ string, v any) (any, error) {
	switch typ {
	case "int64":
		n, err := toInt64(v)
		if err != nil {
			return nil, fmt.Errorf("not an integer of 64 bits")
		}
		return n, nil
	case "float64":
		f, err := toFloat64(v)
		if err != nil {
			return nil, fmt.Errorf("not a finite number")
		}
		return f, nil
	case "bool":
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, fmt.Errorf("not true or false")
	default:
		s, ok := v.(string)
		if !ok || len(s) > MaxStringParam || !utf8.ValidString(s) {
			return nil, fmt.Errorf("not a text of at most %d bytes", MaxStringParam)
		}
		return s, nil
	}
}
