// Package tune reads what a release of mode tune says about a job: how much its
// limits cut, and which max_keys_per_unit would be off least.
//
// What it promises: it reads released figures and the job's declaration alone, so
// that it can say no more than was paid for. What it does not promise: that a
// recommendation is the best; figures have margins, and it says them.
package tune

import (
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
)

// Share is a share of the units, in [0, 1], with half the width of its 95 %
// interval.
type Share struct {
	Share float64 `json:"share"`
	Half  float64 `json:"half"`
}

// Clip is what the range of a metric cuts.
type Clip struct {
	Metric string `json:"metric"`
	Below  *Share `json:"below,omitempty"` // units with a value below it; nil: it has no lower end
	Above  *Share `json:"above,omitempty"`
}

// Choice is one value of max_keys_per_unit, at the job's own price.
type Choice struct {
	MaxKeys int `json:"max_keys_per_unit"`
	// Cut is the share of all keys of all units that would be dropped: what counts
	// and sums are too low by, over all keys together.
	Cut float64 `json:"cut"`
	// Noise is half the width of the 95 % interval of each metric.
	Noise map[string]float64 `json:"noise"`
	// Off is what a count is off for a key, in units, cutting and noise together: the
	// root of the sum of their squares. 0: the job counts no units, or the number of
	// keys is not public.
	Off float64 `json:"off,omitempty"`
}

// Advice is what a job's limits do to its data.
type Advice struct {
	Units       Share    `json:"units"` // not a share: their number
	OverKeys    Share    `json:"over_keys"`
	OverRecords Share    `json:"over_records"`
	AtMaxRows   Share    `json:"at_max_rows"`
	Failed      Share    `json:"failed"`
	Clips       []Clip   `json:"clips"`
	Choices     []Choice `json:"choices"` // ascending
	// Best is the max_keys_per_unit with the least Off; where that is not known, the
	// least that drops 1 % of all keys or less.
	Best int `json:"best"`
}

// negligible is how much of all keys may be cut where nothing says what noise is
// worth beside it.
const negligible = 0.01

// Read reads the release of job j as it was tuned. keys is the number of public
// keys, 0 for private ones.
func Read(j *glovebox.Job, c *release.Content, keys int) (*Advice, error) {
	f, err := figures(c)
	if err != nil {
		return nil, err
	}
	units := f[glovebox.TuneUnits]
	a := &Advice{Units: Share{units.value, units.half}, Clips: []Clip{}, Choices: []Choice{}}
	n := math.Max(units.value, 1)
	share := func(x figure) Share { return Share{math.Min(math.Max(x.value/n, 0), 1), x.half / n} }
	keyBins, recordBins := f.bins(glovebox.TuneKeys, j.Output.MaxKeysPerUnit), f.bins(glovebox.TuneRecords, max(1, j.Output.MaxRecordsPerKey))
	a.OverKeys, a.OverRecords = share(above(keyBins, j.Output.MaxKeysPerUnit)), share(above(recordBins, max(1, j.Output.MaxRecordsPerKey)))
	a.AtMaxRows, a.Failed = share(f[glovebox.TuneRows]), share(f[glovebox.TuneFailed])
	for i, m := range j.Output.Metrics {
		x := Clip{Metric: m.Name}
		if b, ok := f[work.TuneFigure(i, m.Name, glovebox.TuneBelow)]; ok {
			s := share(b)
			x.Below = &s
		}
		if b, ok := f[work.TuneFigure(i, m.Name, glovebox.TuneAbove)]; ok {
			s := share(b)
			x.Above = &s
		}
		if x.Below != nil || x.Above != nil {
			a.Clips = append(a.Clips, x)
		}
	}
	return a, a.choose(j, keyBins, keys)
}

// choose compares values of max_keys_per_unit.
func (a *Advice) choose(j *glovebox.Job, bins []bin, keys int) error {
	all := 0.0
	for _, b := range bins {
		all += b.sure() * b.mid()
	}
	best := math.Inf(1)
	for _, limit := range choices(bins, j.Output.MaxKeysPerUnit, keys) {
		lost := 0.0
		for _, b := range bins {
			lost += b.sure() * math.Max(0, b.mid()-float64(limit))
		}
		x := Choice{MaxKeys: limit, Cut: lost / math.Max(all, 1)}
		count, err := x.price(j)
		if err != nil {
			return err
		}
		if keys > 0 && count > 0 {
			x.Off = math.Hypot(count, lost/float64(keys))
			if x.Off < best {
				best, a.Best = x.Off, limit
			}
		} else if a.Best == 0 && x.Cut <= negligible {
			a.Best = limit
		}
		a.Choices = append(a.Choices, x)
	}
	if a.Best == 0 && len(a.Choices) > 0 {
		a.Best = a.Choices[len(a.Choices)-1].MaxKeys
	}
	return nil
}

// price puts the noise of the job's metrics in, and returns the deviation of its
// count of units; 0: it has none.
func (x *Choice) price(j *glovebox.Job) (count float64, err error) {
	out := j.Output
	out.MaxKeysPerUnit, out.Default, out.Top, out.Select = x.MaxKeys, nil, nil, ""
	out.Key = nil
	for _, k := range j.Output.Key {
		if !k.Private { // as many keys as a unit can have: which they are makes no noise
			k.Type, k.Width, k.Public = glovebox.Int64, 0, numbers(privacy.MaxKeysPerUnit)
		}
		if out.Key = append(out.Key, k); !k.Private {
			break
		}
	}
	p, err := privacy.NewPlan(out, j.Release, nil)
	if err != nil {
		return 0, err
	}
	x.Noise = map[string]float64{}
	for name, e := range p.Facts().Errors {
		if x.Noise[name] = e.Half; e.Ranks > 0 {
			x.Noise[name] = e.Ranks
		}
	}
	for _, m := range j.Output.Metrics {
		if m.Kind == glovebox.Count {
			return p.Facts().Errors[m.Name].StdDev, nil
		}
	}
	return 0, nil
}

// numbers are as many public keys.
func numbers(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = int64(i)
	}
	return out
}

// choices are the limits that are compared: the ends of bins up to the largest that
// anybody seems to need, and the job's own.
func choices(bins []bin, own, keys int) (out []int) {
	most := 1
	for _, b := range bins {
		if b.sure() > 0 {
			most = max(most, int(b.to)-1)
		}
	}
	most = min(max(most, own), privacy.MaxKeysPerUnit)
	if keys > 0 {
		most = min(most, keys)
	}
	for _, b := range bins {
		if n := int(b.to) - 1; n >= 1 && n <= most {
			out = append(out, n)
		}
	}
	return out
}
