package abi

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

// full is a manifest that uses every field.
const full = `{
  "abi": "gbx/1", "name": "care-visits", "version": "1.2.0-rc.1+7", "pages": 17, "fuel": 250000,
  "functions": [{
    "name": "visits", "kind": "map",
    "inputs": [
      {"name": "visits-2024", "max_rows": 20, "columns": [
        {"name": "ward", "type": "string", "nullable": true}, {"name": "hours", "type": "float64"}]},
      {"name": "person", "max_rows": 1, "columns": []}],
    "references": [{"name": "rates", "max_rows": 1000000, "columns": [{"name": "rate", "type": "int64"}]}],
    "params": [
      {"name": "since", "type": "int64", "default": -9223372036854775808},
      {"name": "factor", "type": "float64", "default": 1},
      {"name": "strict", "type": "bool", "default": false},
      {"name": "label", "type": "string", "default": ""},
      {"name": "must", "type": "string"},
      {"name": "also", "type": "int64", "default": null}],
    "output": {"key": [{"name": "ward", "type": "string", "width": 12}, {"name": "year", "type": "int64"}],
      "metrics": ["hours", "cost"], "sizes": {"cost": 4096}, "max_records": 8}
  }]
}`

func TestManifestRoundTrip(t *testing.T) {
	m, err := DecodeManifest([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := &Manifest{
		ABI: "gbx/1", Name: "care-visits", Version: "1.2.0-rc.1+7", Pages: 17, Fuel: 250000,
		Functions: []Function{{
			Name: "visits", Kind: "map",
			Inputs: []Table{
				{Name: "visits-2024", MaxRows: 20, Columns: []Column{{"ward", "string", true}, {"hours", "float64", false}}},
				{Name: "person", MaxRows: 1},
			},
			References: []Table{{Name: "rates", MaxRows: 1_000_000, Columns: []Column{{"rate", "int64", false}}}},
			Params: []Param{{"since", "int64", int64(-1 << 63)}, {"factor", "float64", 1.0}, {"strict", "bool", false},
				{"label", "string", ""}, {"must", "string", nil}, {"also", "int64", nil}},
			Output: Output{Key: []KeyField{{"ward", "string", 12}, {"year", "int64", 0}}, Metrics: []string{"hours", "cost"}, MaxRecords: 8, Sizes: map[string]int{"cost": 4096}},
		}},
	}
	if !reflect.DeepEqual(m, want) {
		t.Fatalf("got %+v", m)
	}
	again, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if m2, err := DecodeManifest(again); err != nil || !reflect.DeepEqual(m2, m) {
		t.Fatalf("%v: %+v", err, m2)
	}
}

// TestManifestErrorsNameTheField edits the full manifest in one place each.
func TestManifestErrorsNameTheField(t *testing.T) {
	for _, x := range []struct{ old, new, field string }{
		{`"gbx/1"`, `"gbx/2"`, "abi"},
		{`"abi": "gbx/1", `, ``, "abi"},
		{`"care-visits"`, `"Care"`, "name"},
		{`"care-visits"`, `7`, "name"},
		{`"1.2.0-rc.1+7"`, `"v 1"`, "version"},
		{`17`, `0`, "pages"},
		{`17`, `1025`, "pages"},
		{`17`, `17.5`, "pages"},
		{`17`, `"17"`, "pages"},
		{`250000`, `1000000001`, "fuel"},
		{`250000`, `1e300`, "fuel"},
		{`"fuel": 250000`, `"fuel": 250000, "Fuel": 1`, "Fuel"},
		{`"fuel": 250000`, `"fuel": 250000, "fuel": 1`, "fuel"},
		{`"fuel": 250000`, `"fuel": 250000, "extra\u001b[31m": 1`, `extra\x1b[31m`},
		{`"map"`, `"reduce"`, "functions[0].kind"},
		{`"name": "visits", "kind"`, `"name": "gbx_abi_1", "kind"`, "functions[0].name"},
		{`"name": "visits", "kind"`, `"name": "memory", "kind"`, "functions[0].name"},
		{`"name": "visits", "kind"`, `"name": "$x", "kind"`, "functions[0].name"},
		{`"name": "person"`, `"name": "VISITS-2024"`, "functions[0].inputs[1].name"},
		{`"name": "rates"`, `"name": "person"`, "functions[0].references[0].name"},
		{`"max_rows": 20`, `"max_rows": 100001`, "functions[0].inputs[0].max_rows"},
		{`"max_rows": 1000000`, `"max_rows": 1000001`, "functions[0].references[0].max_rows"},
		{`"float64"}]`, `"float32"}]`, "functions[0].inputs[0].columns[1].type"},
		{`"name": "hours", "type"`, `"name": "WARD", "type"`, "functions[0].inputs[0].columns[1].name"},
		{`"name": "hours", "type"`, `"name": "_unit", "type"`, "functions[0].inputs[0].columns[1].name"},
		{`"nullable": true`, `"nullable": "yes"`, "functions[0].inputs[0].columns[0].nullable"},
		{`"nullable": true`, `"null": true`, "functions[0].inputs[0].columns[0].null"},
		{`-9223372036854775808`, `-9223372036854775809`, "functions[0].params[0].default"},
		{`-9223372036854775808`, `1.5`, "functions[0].params[0].default"},
		{`"default": 1}`, `"default": 1e999}`, "functions[0].params[1].default"},
		{`"default": false`, `"default": 0`, "functions[0].params[2].default"},
		{`"default": ""`, `"default": "` + strings.Repeat("x", 1025) + `"`, "functions[0].params[3].default"},
		{`"name": "must"`, `"name": "label"`, "functions[0].params[4].name"},
		{`"width": 12`, `"width": 65`, "functions[0].output.key[0].width"},
		{`, "width": 12`, ``, "functions[0].output.key[0].width"},
		{`"name": "year", "type": "int64"`, `"name": "year", "type": "int64", "width": 8`, "functions[0].output.key[1].width"},
		{`"name": "year", "type": "int64"`, `"name": "year", "type": "float64"`, "functions[0].output.key[1].type"},
		{`"cost"]`, `"hours"]`, "functions[0].output.metrics[1]"},
		{`"cost"]`, `9]`, "functions[0].output.metrics[1]"},
		{`{"cost": 4096}`, `[4096]`, "functions[0].output.sizes"},
		{`{"cost": 4096}`, `{"cost": 4097}`, "functions[0].output.sizes.cost"},
		{`{"cost": 4096}`, `{"cost": 0}`, "functions[0].output.sizes.cost"},
		{`{"cost": 4096}`, `{"coast": 2}`, "functions[0].output.sizes.coast"},
		{`"max_records": 8`, `"max_records": 65537`, "functions[0].output.max_records"},
		{`"output": {`, `"outputs": {`, "functions[0].output"},
	} {
		if strings.Count(full, x.old) != 1 {
			t.Fatalf("%s is in the manifest %d times", x.old, strings.Count(full, x.old))
		}
		_, err := DecodeManifest([]byte(strings.Replace(full, x.old, x.new, 1)))
		e, ok := err.(*glovebox.Error)
		if !ok || e.Code != glovebox.CodeModule || e.Field != x.field {
			t.Errorf("%s -> %s: %v", x.old, x.new, err)
		}
	}
}

func TestManifestIsOneObject(t *testing.T) {
	for name, s := range map[string]string{
		"nothing": "", "text": `"x"`, "list": "[]", "null": "null", "two objects": full + "{}", "trailing text": full + " x",
		"cut": full[:len(full)-2], "not UTF-8": strings.Replace(full, "care-visits", "\xff", 1),
		"deep":  `{"abi":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`,
		"large": strings.Repeat(" ", MaxManifestBytes) + full, "functions by name": `{"abi":"gbx/1","name":"a","version":"1","pages":1,"fuel":1,"functions":{"x":1}}`,
	} {
		if _, err := DecodeManifest([]byte(s)); glovebox.CodeOf(err) != glovebox.CodeModule {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := DecodeManifest([]byte(" \n" + full + "\n ")); err != nil {
		t.Errorf("space around the object: %v", err)
	}
}

func TestFunctionByName(t *testing.T) {
	m := &Manifest{Functions: []Function{{Name: "a"}}}
	if f, ok := m.Function(""); !ok || f.Name != "a" {
		t.Error("the only function needs no name")
	}
	m.Functions = append(m.Functions, Function{Name: "b"})
	if _, ok := m.Function(""); ok {
		t.Error("one of two functions without a name")
	}
	if f, ok := m.Function("b"); !ok || f.Name != "b" {
		t.Error("no function b")
	}
}

// FuzzManifest: no bytes may panic, and what is accepted must survive being
// written and read again.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"abi":"gbx/1"}`))
	f.Add([]byte(`{"abi":"gbx/1","name":"a","version":"1","pages":1,"fuel":1,"functions":[{"name":"f","kind":"map_scalar","inputs":[{"name":"i","columns":[{"name":"x","type":"bool"}],"max_rows":1}],"output":{"key":[{"name":"k","type":"int64"}],"metrics":["m"],"max_records":1}}]}`))
	f.Add([]byte(`{"abi":"gbx/1","name":"a","version":"1","pages":1,"fuel":1,"functions":[{"name":"f","kind":"map","inputs":[{"name":"i","columns":[],"max_rows":1}],"output":{"key":[],"metrics":[],"max_records":1}}]}`))
	if b, err := os.ReadFile("../testdata/visits.json"); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := DecodeManifest(data)
		if err != nil {
			if glovebox.CodeOf(err) != glovebox.CodeModule || len(err.Error()) > 2000 {
				t.Fatalf("error %v", err)
			}
			return
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		m2, err := DecodeManifest(b)
		if err != nil || fmt.Sprint(m2) != fmt.Sprint(m) {
			t.Fatalf("%v: %s", err, b)
		}
		if m.Pages > MaxPages || m.Fuel > MaxFuel || len(m.Functions) > MaxFunctions {
			t.Fatal("bounds")
		}
	})
}
