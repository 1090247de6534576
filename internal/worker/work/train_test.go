package work

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
)

const training = "../../../examples/train/"

func step(t *testing.T, state, sum []float64) *Update {
	t.Helper()
	wasm, err := os.ReadFile(training + "logistic.wasm")
	if err != nil {
		t.Fatal(err)
	}
	return &Update{Wasm: wasm, Function: "step", Params: map[string]any{"rate": 0.5}, State: state, Sum: sum}
}

// TestUpdate: a step is what the module's source says it is, and one at which
// the module fails says so.
func TestUpdate(t *testing.T) {
	next, ok, err := step(t, []float64{1, 2, 3, 4, 5}, []float64{10, 20, 30, 40, -50, 100}).Run(t.Context(), "")
	if err != nil || !ok || !slices.Equal(next, []float64{0.95, 1.9, 2.85, 3.8, 5.25}) {
		t.Errorf("%v, %v, %v", next, ok, err)
	}
	if next, ok, err := step(t, []float64{1, 2}, []float64{1, 2, 3, 4, 5, 6}).Run(t.Context(), ""); err != nil || ok {
		t.Errorf("a state that is too short: %v, %v, %v", next, ok, err)
	}
	huge := math.MaxFloat64
	if next, ok, err := step(t, []float64{-huge, 2, 3, 4, 5}, []float64{huge, huge, huge, huge, huge, 0}).Run(t.Context(), ""); err != nil || ok {
		t.Errorf("a state that is not finite: %v, %v, %v", next, ok, err)
	}
}

func TestParametersGoWhereTheyAreDeclared(t *testing.T) {
	wasm, err := os.ReadFile(training + "logistic.wasm")
	if err != nil {
		t.Fatal(err)
	}
	rec := pumsRecord(t)
	masks := map[string]glovebox.Mask{}
	columns := []string{"age", "educ", "sex", "married", "income"}
	for _, c := range columns {
		masks[c] = glovebox.Mask{Kind: "none"}
	}
	spec := Spec{Wasm: wasm, Function: "gradient", Mode: glovebox.ModeTrain, Release: glovebox.ReleaseDef{Method: "dp", Rho: 1},
		Train:  &glovebox.Train{Rounds: 2, Size: 6, Clip: 2, State: 5, Update: "step"},
		Inputs: []Input{{Dataset: "pums", Record: rec.Columns, Columns: columns, MaxRows: 1, Masks: masks}},
		Params: map[string]any{"threshold": 1.0, "rate": 2.0}}
	spec.References = map[string]arrow.RecordBatch{glovebox.StateTable: ValueTable(make([]float64, 5))}
	j, err := Check(spec)
	if err != nil {
		t.Fatal(err)
	}
	if p := j.binding.Params; len(p) != 1 || p["threshold"] != 1.0 {
		t.Errorf("the map gets %v", p)
	}
	if p := j.Update(nil, nil).Params; len(p) != 1 || p["rate"] != 2.0 {
		t.Errorf("the update gets %v", p)
	}
	next := j.in([]float64{9, 8, 7, 6, 5})
	if next.binding.References[glovebox.StateTable] == j.binding.References[glovebox.StateTable] {
		t.Error("the state of a round is that of the first")
	}
	for field, change := range map[string]func(*Spec){
		"params.speed": func(s *Spec) { s.Params = map[string]any{"speed": 1.0} },
		"train.size":   func(s *Spec) { s.Train = &glovebox.Train{Rounds: 2, Size: 5, Clip: 2, State: 5, Update: "step"} },
		"train.state":  func(s *Spec) { s.Train = &glovebox.Train{Rounds: 2, Size: 6, Clip: 2, State: 6, Update: "step"} },
		"train.update": func(s *Spec) { s.Train = &glovebox.Train{Rounds: 2, Size: 6, Clip: 2, State: 5, Update: "gradient"} },
		"function":     func(s *Spec) { s.Function = "step" },
	} {
		bad := spec
		change(&bad)
		_, err := Check(bad)
		if e, ok := err.(*glovebox.Error); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// FuzzNumbers: a state that a worker sends is refused, or it is finite numbers
// that are encoded in one way.
func FuzzNumbers(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f})
	f.Add(bytes.Repeat([]byte{0xff}, 16))
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, ok := Numbers(data, 2)
		if !ok {
			return
		}
		if len(v) != 2 || len(data) != 16 {
			t.Fatalf("%d numbers of %d bytes", len(v), len(data))
		}
		for i, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) || x == 0 && math.Signbit(x) {
				t.Fatalf("%v is taken", x)
			}
			if x != 0 && math.Float64bits(x) != binary.LittleEndian.Uint64(data[8*i:]) {
				t.Fatal("another number")
			}
		}
	})
}
