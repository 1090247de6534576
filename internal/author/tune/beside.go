package tune

import (
	"math"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/privacy"
)

// Margin is how far the figures of one metric are off, by noise and by what was cut
// before it.
type Margin struct {
	Metric string `json:"metric"`
	// Noise is half the width of the 95 % interval of a usual figure: that of the
	// noise alone.
	Noise float64 `json:"noise"`
	// Cut is how much a usual figure is too low by on average over all keys, because
	// units had more keys than max_keys_per_unit.
	Cut float64 `json:"cut"`
	// Both is half the width with both, on the side where the cutting lies.
	Both float64 `json:"both"`
}

// Beside says of the counts and sums of a release of job j how far they are off,
// by what a release of mode tune measured of the same job on the same data. A usual
// figure is the median one.
func Beside(j *glovebox.Job, c *release.Content, a *Advice) []Margin {
	cut := 0.0
	if i := slices.IndexFunc(a.Choices, func(x Choice) bool { return x.MaxKeys == j.Output.MaxKeysPerUnit }); i >= 0 {
		cut = math.Min(a.Choices[i].Cut, 0.99)
	}
	column := func(name string) int {
		return slices.IndexFunc(c.Columns, func(x release.Column) bool { return x.Name == name })
	}
	out := []Margin{}
	for i := range j.Output.Metrics {
		m := &j.Output.Metrics[i]
		at, lo, hi := column(m.Name), column(m.Name+privacy.LowSuffix), column(m.Name+privacy.HighSuffix)
		if m.Kind != glovebox.Count && m.Kind != glovebox.Sum || at < 0 || lo < 0 || hi < 0 || len(c.Rows) == 0 {
			continue
		}
		var values, halves []float64
		for _, r := range c.Rows {
			v, ok := number(r[at])
			l, ok1 := number(r[lo])
			h, ok2 := number(r[hi])
			if ok && ok1 && ok2 {
				values, halves = append(values, math.Abs(v)), append(halves, (h-l)/2)
			}
		}
		if len(values) == 0 {
			continue
		}
		x := Margin{Metric: m.Name, Noise: median(halves), Cut: median(values) * cut / (1 - cut)}
		x.Both = x.Noise + x.Cut
		out = append(out, x)
	}
	return out
}

func number(v any) (float64, bool) {
	switch x := v.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, true
	}
	return 0, false
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
