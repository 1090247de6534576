package sample

import (
	"math"
	"slices"
	"strconv"
	"time"

	"glovebox.example/glovebox"
)

// Cell is one value as its column's file has it: a text, or no value.
type Cell struct {
	Text string
	Null bool
}

// nullOf is how many values there are to one that is missing, where they may.
const nullOf = 10

// value draws what a row of unit u has in column c. The first attempt takes
// what is known of the unit; later ones, made where that did not meet a rule,
// draw freely.
func (g *generator) value(d dice, u unit, i, attempt int) Cell {
	c := g.rec.Columns[i]
	isUnit := c.Name == g.rec.Unit.Column
	if c.Nullable && d.one(nullOf) {
		return Cell{Null: true}
	}
	if c.Class == glovebox.ClassIdentifier {
		// A name and a number to call belong to the unit; whatever else is named
		// is some other one.
		own := c.Format == "cn-name" || c.Format == "cn-mobile"
		if !isUnit && (!own || c.Format == g.unitFormat) {
			u = newUnit(u.seed, d.int(g.o.Units))
		}
		return Cell{Text: u.identifier(c, isUnit)}
	}
	if list := g.lists[i]; list != nil {
		if attempt == 0 {
			if v, ok := u.sex(list); ok {
				return Cell{Text: v}
			}
		}
		return Cell{Text: pick(d, list)}
	}
	if v, ok := u.known(c); ok && attempt == 0 && withinBounds(c, v) {
		return Cell{Text: v}
	}
	return Cell{Text: free(d, u, c, g.rec.Source.Null)}
}

// free draws from all that the column's record allows.
func free(d dice, u unit, c glovebox.Column, null []string) string {
	switch c.Type {
	case glovebox.Int32, glovebox.Int64:
		lo, hi, _ := wholeBounds(c)
		return strconv.FormatInt(d.between(lo, hi), 10)
	case glovebox.Float64:
		lo, hi := realBounds(c)
		return strconv.FormatFloat(d.real(lo, hi), 'f', -1, 64)
	case glovebox.DateTime, glovebox.Decimal:
		lo, hi := scaled(c)
		n := d.between(lo, hi)
		if c.Type == glovebox.DateTime && n-n%1_000_000 >= lo {
			n -= n % 1_000_000
		}
		return scaledText(c, n)
	case glovebox.Bool:
		return strconv.FormatBool(d.one(2))
	case glovebox.Date:
		lo, hi := dateBounds(c)
		days := int64(hi.Sub(lo) / (24 * time.Hour))
		return lo.AddDate(0, 0, int(d.below(uint64(days)+1))).Format(time.DateOnly)
	}
	if c.Format != "" {
		return u.identifier(c, false)
	}
	s := text(d, c)
	if slices.Contains(null, s) {
		return "x" // a text that means "no value" is none; one of both is not that
	}
	return s
}

// span is how wide a range is of which a record gives at most one end.
const span = 999

// wholeBounds returns the range of a column of whole numbers. declared says
// whether both ends are the record's.
func wholeBounds(c glovebox.Column) (lo, hi int64, declared bool) {
	least, most := int64(math.MinInt64), int64(math.MaxInt64)
	if c.Type == glovebox.Int32 {
		least, most = math.MinInt32, math.MaxInt32
	}
	lo, err1 := strconv.ParseInt(string(c.Min), 10, 64)
	hi, err2 := strconv.ParseInt(string(c.Max), 10, 64)
	switch {
	case err1 == nil && err2 == nil:
		return lo, hi, true
	case c.Class == glovebox.ClassIdentifier && err1 != nil && err2 != nil:
		return 1, most, false
	case c.Class == glovebox.ClassIdentifier && err2 != nil:
		return lo, most, false
	case err1 == nil:
		return lo, min(lo, most-span) + span, false
	case err2 == nil:
		return max(hi, least+span) - span, hi, false
	}
	return 0, span, false
}

func realBounds(c glovebox.Column) (lo, hi float64) {
	lo, err1 := strconv.ParseFloat(string(c.Min), 64)
	hi, err2 := strconv.ParseFloat(string(c.Max), 64)
	switch {
	case err1 == nil && err2 == nil:
		return lo, hi
	case err1 == nil:
		return lo, max(lo, lo+span)
	case err2 == nil:
		return min(hi, hi-span), hi
	}
	return 0, span
}

// The dates of a column that declares no bound.
var (
	firstDay = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2024, 12, 31, 0, 0, 0, 0, time.UTC)
)

func dateBounds(c glovebox.Column) (lo, hi time.Time) {
	lo, err1 := time.Parse(time.DateOnly, string(c.Min))
	hi, err2 := time.Parse(time.DateOnly, string(c.Max))
	if err1 != nil {
		if lo = firstDay; err2 == nil && hi.Before(lo) {
			lo = hi
		}
	}
	if err2 != nil {
		if hi = lastDay; hi.Before(lo) {
			hi = lo
		}
	}
	return lo, hi
}

// withinBounds says whether a text of the column's type is within its bounds.
func withinBounds(c glovebox.Column, text string) bool {
	switch c.Type {
	case glovebox.Int32, glovebox.Int64:
		v, err := strconv.ParseInt(text, 10, 64)
		lo, hi, declared := wholeBounds(c)
		return err == nil && (!declared && c.Min == "" && c.Max == "" || v >= lo && v <= hi)
	case glovebox.Date:
		return (c.Min == "" || text >= string(c.Min)) && (c.Max == "" || text <= string(c.Max))
	}
	return true
}
