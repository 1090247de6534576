package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
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
	MaxPerKey      int                      `json:"max_records_per_key,omitempty"`
	MaxPerUnit     int                      `json:"max_records_per_unit,omitempty"`
	Metrics        named[metricDef]         `json:"metrics"`
	Top            *topDef                  `json:"top,omitempty"`
	Select         string                   `json:"select,omitempty"`
	Default        []glovebox.DefaultRecord `json:"default,omitempty"`
}

type topDef struct {
	K  json.Number `json:"k"`
	By string      `json:"by"`
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
	Size json.Number         `json:"size,omitempty"`
	Clip float64             `json:"clip,omitempty"`
	Bins json.Number         `json:"bins,omitempty"`

	Edges []float64 `json:"edges,omitempty"`
	At    []float64 `json:"at,omitempty"`

	MaxTotal float64     `json:"max_total,omitempty"`
	Weight   json.Number `json:"weight,omitempty"`
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
	out := glovebox.Output{MaxKeysPerUnit: d.Output.MaxKeysPerUnit, MaxRecordsPerKey: d.Output.MaxPerKey,
		MaxRecordsPerUnit: d.Output.MaxPerUnit, Select: d.Output.Select, Default: d.Output.Default}
	for _, k := range d.Output.Key {
		f := glovebox.KeyField{Name: k.Name, Type: k.Def.Type, Public: k.Def.Public, Private: k.Def.Private}
		f.Width = c.whole(k.Def.Width, at("output", "key", k.Name, "width"))
		out.Key = append(out.Key, f)
	}
	for _, m := range d.Output.Metrics {
		f := glovebox.Metric{Name: m.Name, Kind: m.Def.Kind, Clip: m.Def.Clip, Edges: m.Def.Edges, At: m.Def.At, MaxTotal: m.Def.MaxTotal}
		f.Size = c.whole(m.Def.Size, at("output", "metrics", m.Name, "size"))
		f.Bins = c.whole(m.Def.Bins, at("output", "metrics", m.Name, "bins"))
		if f.Weight = c.whole(m.Def.Weight, at("output", "metrics", m.Name, "weight")); f.Weight == 1 {
			f.Weight = 0 // the default, written out: the same job, which is charged once
		}
		if m.Def.Min != nil {
			f.Min = *m.Def.Min
		}
		if m.Def.Max != nil {
			f.Max = *m.Def.Max
		}
		out.Metrics = append(out.Metrics, f)
	}
	if out.MaxRecordsPerKey == 1 && slices.ContainsFunc(out.Metrics, func(m glovebox.Metric) bool { return m.EachRecord() }) {
		out.MaxRecordsPerKey = 0 // as above
	}
	if t := d.Output.Top; t != nil {
		out.Top = &glovebox.Top{K: c.whole(t.K, at("output", "top", "k")), By: t.By}
	}
	d.Job.Output = out
	d.Job.Blocks, d.Job.Train = d.Blocks.fill(c), d.Train.fill(c)
	return &d.Job
}

// whole reads a whole number as it was written; 0 where it is missing.
func (c *checker) whole(n json.Number, p record.Path) int {
	if n == "" {
		return 0
	}
	v, err := strconv.Atoi(string(n))
	if err != nil {
		c.Add(p, "write a whole number without a decimal point or exponent", "does not fit its field")
	}
	return v
}
