package fit

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
)

// Bounds of a layout.
const (
	MaxColumns = 24  // of one fit; those behind are left out
	MaxValues  = 128 // of a column with a list; longer ones are left out
	Ranges     = 32  // bins of a column with bounds, at most

	maxWhole = 1 << 53 // whole numbers below are exact as float64; others are left out
)

// Layout is how a record's columns fall into bins.
type Layout struct {
	Columns []Column
	pairs   []int // offset of pair (i, j), i < j, at i*len(Columns)+j
	size    int
}

// Column is one column of a layout.
type Column struct {
	Name   string
	At     int      // in the record
	Bins   int      // the one of missing values, if there can be any, included
	Values []string // of a list; nil: ranges
	Lo, Hi float64  // of ranges: numbers, or days since 1970-01-01
	Whole  bool     // ranges of whole numbers
	Date   bool
	Null   bool      // the last bin is that of missing values
	from   int       // offset of its counts
	edges  []float64 // of ranges
}

// NewLayout lays a record out: columns with a list of values, with two bounds,
// and of type bool. Identifiers and state secrets are never fitted.
func NewLayout(rec *glovebox.Dataset) *Layout {
	l := &Layout{}
	for i, c := range rec.Columns {
		if c.Class == glovebox.ClassIdentifier || c.Class == glovebox.ClassState || c.Format != "" || len(l.Columns) == MaxColumns {
			continue
		}
		if col, ok := newColumn(c); ok {
			col.At, col.from = i, l.size
			l.size += col.Bins
			l.Columns = append(l.Columns, col)
		}
	}
	n := len(l.Columns)
	l.pairs = make([]int, n*n)
	for i := range n {
		for j := i + 1; j < n; j++ {
			l.pairs[i*n+j] = l.size
			l.size += l.Columns[i].Bins * l.Columns[j].Bins
		}
	}
	return l
}

func newColumn(c glovebox.Column) (col Column, ok bool) {
	col = Column{Name: c.Name, Null: c.Nullable}
	lo, err1 := strconv.ParseFloat(string(c.Min), 64)
	hi, err2 := strconv.ParseFloat(string(c.Max), 64)
	switch c.Type {
	case glovebox.String:
		if len(c.Values) == 0 || len(c.Values) > MaxValues {
			return col, false
		}
		col.Values, col.Bins = slices.Clone(c.Values), len(c.Values)
	case glovebox.Bool:
		col.Values, col.Bins = []string{"false", "true"}, 2
	case glovebox.Date:
		var a, b time.Time
		if a, err1 = time.Parse(time.DateOnly, string(c.Min)); err1 == nil {
			b, err2 = time.Parse(time.DateOnly, string(c.Max))
		}
		lo, hi = float64(a.Unix()/86400), float64(b.Unix()/86400)
		col.Date = true
		fallthrough
	case glovebox.Int32, glovebox.Int64, glovebox.Float64:
		if err1 != nil || err2 != nil || !(hi >= lo) || math.IsInf(hi-lo, 0) {
			return col, false
		}
		col.Lo, col.Hi, col.Whole = lo, hi, c.Type != glovebox.Float64
		col.Bins = Ranges
		if col.Whole {
			if math.Abs(lo) >= maxWhole || math.Abs(hi) >= maxWhole {
				return col, false
			}
			hi++ // the range ends before it
			col.Bins = int(math.Min(Ranges, hi-lo))
		}
		if hi > lo {
			split := glovebox.NewSplit(lo, hi, col.Bins)
			col.edges = split.Edges()
		} else { // one number
			col.Bins, col.edges = 1, []float64{lo, hi}
		}
	default:
		return col, false
	}
	if col.Null {
		col.Bins++
	}
	return col, true
}

// values is how many bins are not that of missing values.
func (c *Column) values() int {
	if c.Null {
		return c.Bins - 1
	}
	return c.Bins
}

// bin returns the bin of a number of the range, which is how many edges inside the
// range are not above it; what lies outside goes to the nearest one.
func (c *Column) bin(x float64) int {
	cuts := c.edges[1:c.values()]
	return sort.Search(len(cuts), func(i int) bool { return x < cuts[i] })
}

// Range returns the ends of a bin of numbers, both within it; for a Whole
// column they are whole, and lo > hi says that no number is in the bin.
func (c *Column) Range(bin int) (lo, hi float64) {
	lo, hi = c.edges[bin], c.edges[bin+1]
	if c.Whole {
		return math.Ceil(lo), math.Min(math.Ceil(hi)-1, c.Hi)
	}
	return lo, math.Min(hi, c.Hi)
}

// Missing says whether a bin is that of missing values.
func (c *Column) Missing(bin int) bool { return c.Null && bin == c.Bins-1 }

// Names lists the columns.
func (l *Layout) Names() []string {
	var out []string
	for i := range l.Columns {
		out = append(out, l.Columns[i].Name)
	}
	return out
}

// Size is how many counts there are: of each column's bins, then of each pair's.
func (l *Layout) Size() int { return l.size }

// pair returns the offset of a pair's counts, i < j.
func (l *Layout) pair(i, j int) int { return l.pairs[i*len(l.Columns)+j] }

// Add counts one row: batch has the unit's token in column 0, then the columns
// of Names. bins is room for as many numbers.
func (l *Layout) Add(counts []uint64, batch arrow.RecordBatch, row int, bins []int) error {
	for i := range l.Columns {
		c := &l.Columns[i]
		b, err := c.of(batch.Column(1+i), row)
		if err != nil {
			return err
		}
		bins[i] = b
		counts[c.from+b]++
	}
	for i := range l.Columns {
		for j := i + 1; j < len(l.Columns); j++ {
			counts[l.pair(i, j)+bins[i]*l.Columns[j].Bins+bins[j]]++
		}
	}
	return nil
}

// of returns the bin of a value. A value that the record does not allow cannot
// be in a snapshot; it would go to the first bin.
func (c *Column) of(col arrow.Array, row int) (int, error) {
	if col.IsNull(row) {
		return c.Bins - 1, nil
	}
	switch v := col.(type) {
	case *array.Int32:
		return c.bin(float64(v.Value(row))), nil
	case *array.Int64:
		return c.bin(float64(v.Value(row))), nil
	case *array.Float64:
		return c.bin(v.Value(row)), nil
	case *array.Date32:
		return c.bin(float64(v.Value(row))), nil
	case *array.Boolean:
		if v.Value(row) {
			return 1, nil
		}
		return 0, nil
	case *array.String:
		return max(0, slices.Index(c.Values, v.Value(row))), nil
	}
	return 0, glovebox.Errorf(glovebox.CodeInternal, "column %s has another type than its record says", c.Name)
}

// maxUnits bounds the units of a part.
const maxUnits = 1 << 40

// Consistent says whether counts can be those of some units: all columns and
// all pairs have equally many.
func (l *Layout) Consistent(counts []uint64) bool {
	if len(counts) != l.size {
		return false
	}
	sum := func(from, n int) (s uint64, ok bool) {
		for _, c := range counts[from : from+n] {
			if c > maxUnits {
				return 0, false
			}
			s += c
		}
		return s, true
	}
	units, ok := sum(0, l.Columns[0].Bins)
	for i := range l.Columns {
		s, fine := sum(l.Columns[i].from, l.Columns[i].Bins)
		ok = ok && fine && s == units
		for j := i + 1; j < len(l.Columns); j++ {
			s, fine := sum(l.pair(i, j), l.Columns[i].Bins*l.Columns[j].Bins)
			ok = ok && fine && s == units
		}
	}
	return ok && units <= maxUnits
}
