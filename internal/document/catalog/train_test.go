package catalog

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"

	"glovebox.example/glovebox"
)

func TestTrain(t *testing.T) {
	const head = "scenario: s\nproduct: p\nmodule: m.wasm\ninputs: {d: {columns: [a]}}\nmode: train\n"
	for doc, want := range map[string]glovebox.Train{
		"train: {rounds: 20, size: 4, clip: 0.5}\n":                                         {Rounds: 20, Size: 4, Clip: 0.5, State: 4},
		"train: {rounds: 1, size: 4, clip: 1, state: 2, update: step}\n":                    {Rounds: 1, Size: 4, Clip: 1, State: 2, Update: "step"},
		"train: {rounds: 1000, size: 4096, clip: 1, init: [1, -2.5]}\n":                     {Rounds: 1000, Size: 4096, Clip: 1, State: 2, Init: []float64{1, -2.5}},
		"train: {rounds: 3, size: 1, clip: 1, init: [1, 2, 3], state: 3}\nparams: {a: 1}\n": {Rounds: 3, Size: 1, Clip: 1, State: 3, Init: []float64{1, 2, 3}},
	} {
		j, err := ParseJob("j", []byte(head+doc+"release: {method: dp, rho: 1}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*j.Train, want) {
			t.Errorf("%s: %+v", doc, *j.Train)
		}
	}
	_, err := ParseJob("j", []byte(head+`references: {state: s.csv, sum: t.csv, other: o.csv}
output: {max_keys_per_unit: 1, metrics: {n: {kind: count}}}
blocks: {count: 64, metrics: {m: {min: 0, max: 1, default: 0}}}
train: {rounds: 1, size: 1e1, clip: 1, state: 3, init: [1]}
release: {method: dp, epsilon: 1}
`))
	problems(t, "train", err,
		"j:6:14: references.state: is made by the host in mode train (remove it)",
		"j:6:28: references.sum: is made by the host in mode train (remove it)",
		"j:7:1: output: is for mode map (remove it)",
		"j:8:1: blocks: is for mode blocks (remove it)",
		"j:9:26: train.size: does not fit its field (write a whole number without a decimal point or exponent)",
		"j:9:56: train.init: has 1 numbers, the state has 3 (write one number for each of the state)",
		"j:10:23: release.epsilon: mode train adds discrete Gaussian noise; its price is rho (remove it)")
	_, err = ParseJob("j", []byte(head+"release: {method: dp, rho: 1}\n"))
	problems(t, "no train", err, "j:1:1: mode train needs the field train (add `train`, with `rounds`, `size` and `clip`)")
	_, err = ParseJob("j", []byte(head+"train: {rounds: 0, size: 5000, clip: 0, init: [], state: 0, update: 1x}\nrelease: {method: dp, rho: 1}\n"))
	if err == nil {
		t.Error("values out of range were taken")
	}
}

// writtenTrain is what written makes of a training.
func writtenTrain(t *glovebox.Train) *trainDoc {
	if t == nil {
		return nil
	}
	n := func(i int) json.Number { return json.Number(strconv.Itoa(i)) }
	return &trainDoc{Rounds: n(t.Rounds), Size: n(t.Size), Clip: t.Clip, State: n(t.State), Init: t.Init, Update: t.Update}
}
