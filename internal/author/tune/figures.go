package tune

import (
	"math"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
)

// figure is a released number of units with half the width of its interval.
type figure struct{ value, half float64 }

// table are the figures of a release by name.
type table map[string]figure

// figures reads a release of one row.
func figures(c *release.Content) (table, error) {
	if len(c.Rows) != 1 || len(c.Rows[0]) != len(c.Columns) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the release is not one of mode tune")
	}
	at := map[string]float64{}
	for i, x := range c.Columns {
		switch v := c.Rows[0][i].(type) {
		case int64:
			at[x.Name] = float64(v)
		case float64:
			at[x.Name] = v
		}
	}
	out := table{}
	for name, v := range at {
		hi, ok := at[name+privacy.HighSuffix]
		if lo, ok2 := at[name+privacy.LowSuffix]; ok && ok2 {
			out[name] = figure{v, math.Max(hi-v, v-lo)}
		}
	}
	return out, nil
}

// Measures says whether a release has the figures of mode tune.
func Measures(c *release.Content) bool {
	f, err := figures(c)
	if err != nil {
		return false
	}
	for _, name := range []string{glovebox.TuneUnits, glovebox.TuneRows, glovebox.TuneFailed, glovebox.TuneKeys + ".0", glovebox.TuneRecords + ".0"} {
		if _, ok := f[name]; !ok {
			return false
		}
	}
	return true
}

// bin is a number of units that have from to below to of something.
type bin struct {
	figure
	from, to float64
}

// mid is how many a unit of the bin has, about: bins are narrow where it matters.
func (b *bin) mid() float64 { return (b.from + b.to - 1) / 2 }

// sure is the number of units of the bin, 0 where it could be noise: many empty bins
// of high numbers would add up to a lot.
func (b *bin) sure() float64 {
	if b.value <= b.half {
		return 0
	}
	return b.value
}

// bins are those of a histogram of whole numbers about a limit.
func (t table) bins(name string, limit int) (out []bin) {
	edges := work.TuneEdges(limit)
	for i := range len(edges) - 1 {
		out = append(out, bin{t[name+"."+strconv.Itoa(i)], edges[i], edges[i+1]})
	}
	return out
}

// above adds up the bins of what is more than a limit.
func above(bins []bin, limit int) (out figure) {
	square := 0.0
	for i := range bins {
		if b := &bins[i]; b.from > float64(limit) {
			out.value += b.value
			square += b.half * b.half
		}
	}
	out.half = math.Sqrt(square)
	return out
}
