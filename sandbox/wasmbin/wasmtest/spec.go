package wasmtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// SpecVar names the folder with the specification's test suite, as
// scripts/spec-suite makes it: the files of wast2json.
const SpecVar = "GLOVEBOX_SPEC"

// Command is one line of a script of the specification's test suite.
type Command struct {
	Type       string
	Line       int
	Name       string // of a module
	Filename   string
	ModuleType string `json:"module_type"`
	Action     Action
	Expected   []Value

	Script string // the file that it is of
}

// Action is a call, or reads a global.
type Action struct {
	Type, Module, Field string
	Args                []Value
}

// Value is an argument or a result.
type Value struct {
	Type     string
	LaneType string `json:"lane_type"`
	Value    any    // text, or the texts of the lanes
}

// Words are a value's bits, as the runtime passes them. It says false for a
// reference, and for a NaN of which only the kind is told.
func (v Value) Words() ([]uint64, bool) {
	switch x := v.Value.(type) {
	case string:
		n, err := strconv.ParseUint(x, 10, 64)
		return []uint64{n}, err == nil && v.Type != "externref" && v.Type != "funcref"
	case []any:
		words, bits := make([]uint64, 2), 128/len(x)
		for i, lane := range x {
			n, err := strconv.ParseUint(fmt.Sprint(lane), 10, 64)
			if err != nil {
				return nil, false
			}
			words[i*bits/64] |= n << (i * bits % 64)
		}
		return words, true
	}
	return nil, false
}

// Spec reads the scripts of the suite, or skips the test.
func Spec(t *testing.T) (scripts [][]Command) {
	t.Helper()
	dir := os.Getenv(SpecVar)
	if dir == "" {
		t.Skip("make spec-suite runs it")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no script in %s: %v", dir, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var s struct{ Commands []Command }
		if err := json.Unmarshal(b, &s); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for i := range s.Commands {
			s.Commands[i].Script = f
		}
		scripts = append(scripts, s.Commands)
	}
	return scripts
}

// Wasm reads the module of a command; nil: it is given as text.
func (c Command) Wasm(t *testing.T) []byte {
	t.Helper()
	if c.Filename == "" || c.ModuleType == "text" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(filepath.Dir(c.Script), c.Filename))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// String says where a command is.
func (c Command) String() string {
	name := filepath.Base(c.Script)
	return fmt.Sprintf("%s, line %d (%s)", name[:len(name)-len(".json")], c.Line, c.Type)
}
