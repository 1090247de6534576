package catalog

import (
	"encoding/json"
	"slices"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
)

// blocksDoc is the output of a job of mode blocks as people write it.
type blocksDoc struct {
	Count   any                   `json:"count"` // whole number or "auto"
	Metrics named[blockMetricDef] `json:"metrics"`
}

type blockMetricDef struct {
	Combine glovebox.Combine `json:"combine,omitempty"`
	Min     *float64         `json:"min,omitempty"`
	Max     *float64         `json:"max,omitempty"`
	// Points is as it was written: a decoder's error would have no position.
	Points  json.Number `json:"points,omitempty"`
	Spacing string      `json:"spacing,omitempty"`
	Values  []string    `json:"values,omitempty"`
	Default any         `json:"default"`
}

// fill makes the declaration of the document, and checks it on the way.
func (d *blocksDoc) fill(c *checker) *glovebox.Blocks {
	if d == nil {
		return nil
	}
	b := &glovebox.Blocks{}
	if n, ok := d.Count.(json.Number); ok {
		var err error
		if b.Count, err = strconv.Atoi(string(n)); err != nil || b.Count < 1 || b.Count&(b.Count-1) != 0 {
			c.Add(at("blocks", "count"), "write 64, 128, 256, ... or auto", "is no power of two")
		}
	}
	var names []string
	var paths []record.Path
	for _, e := range d.Metrics {
		p := at("blocks", "metrics", e.Name)
		c.reservedKey(e.Name, p)
		names, paths = append(names, e.Name), append(paths, p)
		b.Metrics = append(b.Metrics, e.Def.fill(c, e.Name, p))
	}
	for i, j := range repeats(names) {
		c.AddKey(paths[i], "rename one of the two", "has the name of %s; case does not count", paths[j])
	}
	return b
}

func (d *blockMetricDef) fill(c *checker, name string, p record.Path) glovebox.BlockMetric {
	m := glovebox.BlockMetric{Name: name, Combine: d.Combine, Values: d.Values}
	if m.Combine == "" {
		m.Combine = glovebox.Median
	}
	if m.Combine == glovebox.Vote {
		d.fillVote(c, &m, p)
		return m
	}
	c.absent(p.With("values"), "is for combine: vote only")
	m.Points, m.Spacing = glovebox.DefaultPoints, glovebox.Linear
	if d.Points != "" {
		var err error
		if m.Points, err = strconv.Atoi(string(d.Points)); err != nil {
			c.Add(p.With("points"), "write a whole number without a decimal point or exponent", "does not fit its field")
		}
	}
	if d.Spacing != "" {
		m.Spacing = d.Spacing
	}
	if d.Min == nil || d.Max == nil {
		c.Add(p, "add both: the range of one block's output, known without the data", "%s needs min and max", m.Combine)
		return m
	}
	m.Min, m.Max = *d.Min, *d.Max
	if m.Min >= m.Max {
		c.Add(p.With("max"), "write a number above min", "is not above min")
	}
	if m.Spacing == glovebox.Log {
		switch {
		case m.Combine != glovebox.Median:
			c.Add(p.With("spacing"), "write linear, or leave it out", "log is for combine: median only")
		case m.Min <= 0:
			c.Add(p.With("min"), "write a number above 0, or spacing: linear", "spacing log needs a range above 0")
		}
	}
	if v, ok := number(d.Default); !ok || v < m.Min || v > m.Max {
		c.Add(p.With("default"), "write a number between min and max of the metric", "is no number in the metric's range")
	} else {
		m.Default = v
	}
	return m
}

func (d *blockMetricDef) fillVote(c *checker, m *glovebox.BlockMetric, p record.Path) {
	for _, f := range []string{"min", "max", "points", "spacing"} {
		c.absent(p.With(f), "is not for votes")
	}
	if len(d.Values) == 0 {
		c.Add(p, "list them under `values`", "vote needs candidates")
		return
	}
	for i, v := range d.Values {
		c.name(v, p.With("values", i))
		if j := slices.Index(d.Values, v); j < i {
			c.Add(p.With("values", i), "keep one of the two", "is the same as entry %d of the list", j+1)
		}
	}
	text, ok := d.Default.(string)
	at := slices.Index(d.Values, text)
	if !ok || at < 0 {
		c.Add(p.With("default"), "write one of the candidates", "is none of the values")
		return
	}
	m.Default = float64(at)
}

// number is what stands for a number in a document.
func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}
