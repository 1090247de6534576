package sample

import (
	"math"
	"strconv"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/fit"
)

// fitted draws the columns that a model describes.
type fitted struct {
	layout *fit.Layout
	drawer *fit.Drawer
}

func newFitted(rec *glovebox.Dataset, m *fit.Model) *fitted {
	return &fitted{fit.NewLayout(rec), fit.NewDrawer(m)}
}

// row replaces the cells of the fitted columns.
func (f *fitted) row(d dice, row []Cell) {
	bins := make([]int, len(f.layout.Columns))
	f.drawer.Draw(bins, d.below)
	for i := range f.layout.Columns {
		c := &f.layout.Columns[i]
		row[c.At] = cellOf(d, c, bins[i])
	}
}

// cellOf draws a value of a bin.
func cellOf(d dice, c *fit.Column, bin int) Cell {
	if c.Missing(bin) {
		return Cell{Null: true}
	}
	if c.Values != nil {
		return Cell{Text: c.Values[bin]}
	}
	lo, hi := c.Range(bin)
	if !c.Whole {
		v := lo + d.float()*(hi-lo)
		if r := math.Round(v*100) / 100; r >= lo && r <= hi {
			v = r
		}
		return Cell{Text: strconv.FormatFloat(v, 'f', -1, 64)}
	}
	v := math.Min(lo, c.Hi) // where no whole number is in the bin
	if hi > lo {
		v = lo + float64(d.below(uint64(hi-lo)+1))
	}
	if c.Date {
		return Cell{Text: time.Unix(int64(v)*86400, 0).UTC().Format(time.DateOnly)}
	}
	return Cell{Text: strconv.FormatInt(int64(v), 10)}
}
