package catalog

import (
	"encoding/json"
	"strconv"

	"glovebox.example/glovebox"
)

// trainDoc is the training of a job as people write it. Whole numbers are as
// they were written: a decoder's error would have no position.
type trainDoc struct {
	Rounds json.Number `json:"rounds"`
	Size   json.Number `json:"size"`
	Clip   float64     `json:"clip"`
	State  json.Number `json:"state,omitempty"`
	Init   []float64   `json:"init,omitempty"`
	Update string      `json:"update,omitempty"`
}

// fill makes the declaration of the document, and checks it on the way.
func (d *trainDoc) fill(c *checker) *glovebox.Train {
	if d == nil {
		return nil
	}
	whole := func(field string, n json.Number) int {
		if n == "" {
			return 0
		}
		i, err := strconv.Atoi(string(n))
		if err != nil {
			c.Add(at("train", field), "write a whole number without a decimal point or exponent", "does not fit its field")
		}
		return i
	}
	t := &glovebox.Train{Rounds: whole("rounds", d.Rounds), Size: whole("size", d.Size), Clip: d.Clip, State: whole("state", d.State), Init: d.Init, Update: d.Update}
	if t.State == 0 {
		t.State = t.Size
		if n := len(t.Init); n > 0 {
			t.State = n
		}
	}
	if n := len(t.Init); n > 0 && n != t.State {
		c.Add(at("train", "init"), "write one number for each of the state", "has %d numbers, the state has %d", n, t.State)
	}
	return t
}

// checkTrain checks what a job of mode train says outside its own section.
func checkTrain(c *checker, j *glovebox.Job) {
	for _, name := range []string{glovebox.StateTable, glovebox.SumTable} {
		if _, ok := j.References[name]; ok {
			c.AddKey(at("references", name), "remove it", "is made by the host in mode train")
		}
	}
	c.absent(at("release", "epsilon"), "mode train adds discrete Gaussian noise; its price is rho")
}
