package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
	"glovebox.example/glovebox/text"
)

func checkOutput(c *checker, j *glovebox.Job) {
	o := &j.Output
	var names []string
	var paths []record.Path
	for i := range o.Key {
		p := at("output", "key", o.Key[i].Name)
		checkKey(c, &o.Key[i], p)
		names, paths = append(names, o.Key[i].Name), append(paths, p)
	}
	if len(o.Key) == 0 && o.MaxKeysPerUnit > 1 {
		c.Add(at("output", "max_keys_per_unit"), "write 1", "without key fields there is one key")
	}
	for i := 1; i < len(o.Key); i++ {
		if o.Key[i].Private != o.Key[0].Private {
			c.Add(at("output", "key", o.Key[i].Name), "make all key fields public, or all private", "public and private keys do not mix")
		}
	}
	each := false
	for _, m := range o.Metrics {
		p := at("output", "metrics", m.Name)
		checkMetric(c, m, p)
		each = each || m.EachRecord()
		names, paths = append(names, m.Name), append(paths, p)
	}
	if !each {
		c.absent(at("output", "max_records_per_key"), "bounds nothing: no metric takes each record as a value")
		c.absent(at("output", "max_records_per_unit"), "bounds nothing: no metric takes each record as a value")
	}
	checkTop(c, o)
	checkSelect(c, o)
	// Keys and metrics are columns of one released table.
	for i, j := range repeats(names) {
		c.AddKey(paths[i], "rename one of the two", "has the name of %s; case does not count", paths[j])
	}
	checkDefault(c, o)
}

func checkKey(c *checker, k *glovebox.KeyField, p record.Path) {
	c.reservedKey(k.Name, p)
	if k.Type == glovebox.String {
		if k.Width == 0 {
			k.Width = glovebox.DefaultKeyWidth
		}
	} else {
		c.absent(p.With("width"), "is for type string only")
	}
	public := c.given(p.With("public"))
	if public == k.Private {
		c.Add(p, "list the values under `public`, or write `private: true`", "a key field needs exactly one of public and private")
	}
	list, ok := k.Public.([]any)
	if !ok {
		return
	}
	first := map[any]int{}
	for i, v := range list {
		q := p.With("public", i)
		v, wrong := k.Value(v)
		if wrong != nil {
			c.Add(q, "correct or remove it", "%s", wrong.Msg)
			continue
		}
		if s, is := v.(string); is && text.Free(s, true) == "" { // what does not show is reported already
			if wrong := text.Key(s); wrong != "" {
				c.Add(q, text.Advice, "the text %s", wrong)
				continue
			}
		}
		if j, dup := first[v]; dup {
			c.Add(q, "keep one of the two", "is the same as entry %d of the list", j+1)
			continue
		}
		first[v], list[i] = i, v
	}
}

// metricFields are all that a kind may need or take.
func metricFields() []string {
	return []string{"min", "max", "size", "clip", "bins", "edges", "at", "max_total"}
}

func checkMetric(c *checker, m glovebox.Metric, p record.Path) {
	c.reservedKey(m.Name, p)
	needs, takes := m.Kind.Fields(c.given(p.With("edges")))
	for _, name := range metricFields() {
		switch given := c.given(p.With(name)); {
		case given && !slices.Contains(needs, name) && !slices.Contains(takes, name):
			c.AddKey(p.With(name), "remove it", "a metric of kind %s takes no %s%s", m.Kind, name, beside(needs))
		case !given && slices.Contains(needs, name):
			c.Add(p, "declare what is known without the data", "%s needs %s", m.Kind, strings.Join(needs, " and "))
			return
		}
	}
	if slices.Contains(needs, "min") && m.Min >= m.Max {
		c.Add(p.With("max"), "write a number above min", "is not above min")
	}
	if m.MaxTotal > 0 && m.MaxTotal < max(-m.Min, m.Max) {
		c.Add(p.With("max_total"), "write at least the larger magnitude of min and max", "is less than one value can be")
	}
	for i := 1; i < len(m.Edges); i++ {
		if m.Edges[i] <= m.Edges[i-1] {
			c.Add(p.With("edges", i), "write edges in ascending order", "is not above the edge before")
		}
	}
	for i := 1; i < len(m.At); i++ {
		if m.At[i] <= m.At[i-1] {
			c.Add(p.With("at", i), "write fractions in ascending order", "is not above the fraction before")
		}
	}
}

func checkTop(c *checker, o *glovebox.Output) {
	if o.Top == nil {
		return
	}
	if len(o.Key) == 0 {
		c.AddKey(at("output", "top"), "remove it", "without key fields there is one key")
	}
	names := compared(o)
	if !slices.Contains(names, o.Top.By) {
		c.Add(at("output", "top", "by"), near(o.Top.By, names, "name a count, or a sum whose min is 0 or above"),
			"%s is no count of the output, and no sum whose min is 0 or above", record.Name(o.Top.By))
	}
}

// compared lists the metrics that keys can be compared by.
func compared(o *glovebox.Output) (names []string) {
	for _, m := range o.Metrics {
		if m.Compared() {
			names = append(names, m.Name)
		}
	}
	return names
}

// ownShare stands for a selection of its own; no metric can have this name.
const ownShare = "own-share"

func checkSelect(c *checker, o *glovebox.Output) {
	if o.Select == "" {
		return
	}
	p := at("output", "select")
	if len(o.Key) == 0 || !o.Key[0].Private {
		c.AddKey(p, "remove it", "selects nothing: no key is private")
		return
	}
	if names := append(compared(o), ownShare); !slices.Contains(names, o.Select) {
		c.Add(p, near(o.Select, names, "name a count, or a sum whose min is 0 or above, or write "+ownShare),
			"%s is no count of the output, no sum whose min is 0 or above, and not %s", record.Name(o.Select), ownShare)
	}
}

func beside(needs []string) string {
	if slices.Contains(needs, "edges") {
		return " beside edges"
	}
	return ""
}

func checkDefault(c *checker, o *glovebox.Output) {
	if len(o.Default) > o.MaxKeysPerUnit {
		c.Add(at("output", "default"), "keep at most that many", "has more records than max_keys_per_unit, which is %d", o.MaxKeysPerUnit)
	}
	seen := map[string]int{}
	for i := range o.Default {
		r, p := &o.Default[i], at("output", "default", i)
		checkDefaultKey(c, o, r, p)
		checkDefaultMetrics(c, o, r, p)
		id := fmt.Sprintf("%#v", r.Key) // maps print in the order of their keys
		if j, dup := seen[id]; dup {
			c.Add(p, "give each key one record", "has the key of entry %d", j+1)
			continue
		}
		seen[id] = i
	}
}

func checkDefaultKey(c *checker, o *glovebox.Output, r *glovebox.DefaultRecord, p record.Path) {
	var names []string
	for _, k := range o.Key {
		names = append(names, k.Name)
		v, ok := r.Key[k.Name]
		if !ok {
			c.Add(p, "add it under `key`", "has no value for the key field %s", record.Name(k.Name))
			continue
		}
		q := p.With("key", k.Name)
		v, wrong := k.Value(v)
		if wrong != nil {
			c.Add(q, "correct it", "%s", wrong.Msg)
			continue
		}
		r.Key[k.Name] = v
		if list, ok := k.Public.([]any); ok && !slices.Contains(list, v) {
			c.Add(q, "write one of them", "is none of the public values")
		}
	}
	c.onlyNames(slices.Sorted(maps.Keys(r.Key)), names, p.With("key"), "key field")
}

func checkDefaultMetrics(c *checker, o *glovebox.Output, r *glovebox.DefaultRecord, p record.Path) {
	var names []string
	for _, m := range o.Metrics {
		if m.Kind == glovebox.Count || m.Kind == glovebox.Vector {
			continue // it has no value, or zeros
		}
		names = append(names, m.Name)
		v, ok := r.Metrics[m.Name]
		switch {
		case !ok:
			c.Add(p, "add it under `metrics`", "has no value for the metric %s", record.Name(m.Name))
		case m.Min < m.Max && (v < m.Min || v > m.Max): // kinds without a range have neither
			c.Add(p.With("metrics", m.Name), "write a number between min and max of the metric", "is outside the metric's range")
		}
	}
	c.onlyNames(slices.Sorted(maps.Keys(r.Metrics)), names, p.With("metrics"), "metric with one value")
}

// onlyNames reports the names that are not among the known ones.
func (c *checker) onlyNames(names, known []string, p record.Path, what string) {
	for _, n := range names {
		if !slices.Contains(known, n) {
			c.AddKey(p.With(n), near(n, known, "remove it"), "%s is no %s of the output", record.Name(n), what)
		}
	}
}
