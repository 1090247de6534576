package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"glovebox"
)

// jobDoc is a job as people write it: key fields and metrics are maps from
// name to definition. Its Output, Blocks and Train stand in front of
// those of glovebox.Job, which fill sets.
type jobDoc struct {
	glovebox.Job
	Output outputDoc  `json:"output,omitzero"`
	Blocks *blocksDoc `json:"blocks,omitempty"`
	Train  *trainDoc  `json:"train,omitempty"`
}

type outputDoc struct {
	Key            named[keyDef]            `json:"key,omitempty"`
	MaxKeysPerUnit int                      `json:"max_keys_per_unit"`
	Metrics        named[metricDef]         `json:"metrics"`
	Default        []glovebox.DefaultRecord `json:"default,omitempty"`
}

type keyDef struct {
	Type glovebox.Type `json:"type"`
	// Width is as it was written: a decoder's error would have no position.
	Width   json.Number `json:"width,omitempty"`
	Public  any         `json:"public,omitempty"`
	Private bool        `json:"private,omitempty"`
}

type metricDef struct {
	Kind glovebox.MetricKind `json:"kind"`
	Min  *float64            `json:"min,omitempty"`
	Max  *float64            `json:"max,omitempty"`
}

// named is a map from name to definition in the order of the document, as the
// lists of glovebox.Job are.
type named[T any] []entry[T]

type entry[T any] struct {
	Name string
	Def  T
}

var errNoObject = errors.New("not an object")

// UnmarshalJSON reads an object. Fields that the definitions do not have are
// an error.
func (l *named[T]) UnmarshalJSON(p []byte) error {
	dec := json.NewDecoder(bytes.NewReader(p))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errNoObject
	}
	*l = nil
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return errNoObject
		}
		e := entry[T]{Name: name}
		if err := dec.Decode(&e.Def); err != nil {
			return err
		}
		*l = append(*l, e)
	}
	_, err := dec.Token()
	return err
}

// fill makes the job of the document.
func (d *jobDoc) fill(c *checker) *glovebox.Job {
	out := glovebox.Output{MaxKeysPerUnit: d.Output.MaxKeysPerUnit, Default: d.Output.Default}
	for _, k := range d.Output.Key {
		f := glovebox.KeyField{Name: k.Name, Type: k.Def.Type, Public: k.Def.Public, Private: k.Def.Private}
		if k.Def.Width != "" {
			var err error
			if f.Width, err = strconv.Atoi(string(k.Def.Width)); err != nil {
				c.Add(at("output", "key", k.Name, "width"), "write a whole number without a decimal point or exponent", "does not fit its field")
			}
		}
		out.Key = append(out.Key, f)
	}
	for _, m := range d.Output.Metrics {
		f := glovebox.Metric{Name: m.Name, Kind: m.Def.Kind}
		if m.Def.Min != nil {
			f.Min = *m.Def.Min
		}
		if m.Def.Max != nil {
			f.Max = *m.Def.Max
		}
		out.Metrics = append(out.Metrics, f)
	}
	d.Job.Output = out
	d.Job.Blocks, d.Job.Train = d.Blocks.fill(c), d.Train.fill(c)
	return &d.Job
}
