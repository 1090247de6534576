package catalog

import (
	"math"
	"strconv"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
	"glovebox.example/glovebox/value"
)

// maxInt64Bound is above every bound of an int64 column: the engine reads
// bounds of at most 18 digits.
const maxInt64Bound = 1_000_000_000_000_000_000

// checkBounds checks that the bounds of a column are of its type and in order.
func checkBounds(c *checker, col *glovebox.Column, p record.Path) {
	form := ""
	switch col.Type {
	case glovebox.Int32:
		form = "a whole number from -2147483648 to 2147483647"
	case glovebox.Int64:
		form = "a whole number of at most 18 digits"
	case glovebox.Float64:
		form = "a number"
	case glovebox.Date:
		form = "a date that exists, YYYY-MM-DD"
	case glovebox.DateTime:
		form = "a time that exists, YYYY-MM-DD hh:mm:ss, on the column's clock"
	case glovebox.Decimal:
		form = "a number of at most 18 digits, with no more behind the point than the column has"
	default:
		c.absent(p.With("min"), "is for numbers and dates only")
		c.absent(p.With("max"), "is for numbers and dates only")
		return
	}
	both := true
	for _, b := range []struct {
		field string
		value glovebox.Bound
	}{{"min", col.Min}, {"max", col.Max}} {
		if b.value == "" {
			both = false
		} else if !boundFits(col, b.value) {
			c.Add(p.With(b.field), "write "+form, "is no bound of type %s", col.Type)
			both = false
		}
	}
	if both && boundAbove(col, col.Min, col.Max) {
		c.Add(p.With("max"), "swap the two", "is below min")
	}
}

func boundFits(col *glovebox.Column, b glovebox.Bound) bool {
	switch col.Type {
	case glovebox.Int32:
		_, err := strconv.ParseInt(string(b), 10, 32)
		return err == nil
	case glovebox.Int64:
		i, err := strconv.ParseInt(string(b), 10, 64)
		return err == nil && i > -maxInt64Bound && i < maxInt64Bound
	case glovebox.Float64:
		f, err := strconv.ParseFloat(string(b), 64)
		return err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
	case glovebox.Date:
		_, ok := date(string(b))
		return ok
	case glovebox.DateTime, glovebox.Decimal:
		_, ok := value.Bound(*col, b)
		return ok
	}
	return false
}

// boundAbove says whether a is above b; both fit the type.
func boundAbove(col *glovebox.Column, a, b glovebox.Bound) bool {
	switch col.Type {
	case glovebox.DateTime, glovebox.Decimal:
		x, _ := value.Bound(*col, a)
		y, _ := value.Bound(*col, b)
		return x > y
	case glovebox.Int32, glovebox.Int64:
		x, _ := strconv.ParseInt(string(a), 10, 64)
		y, _ := strconv.ParseInt(string(b), 10, 64)
		return x > y
	case glovebox.Float64:
		x, _ := strconv.ParseFloat(string(a), 64)
		y, _ := strconv.ParseFloat(string(b), 64)
		return x > y
	}
	return a > b // dates of one form sort as texts
}

// date parses YYYY-MM-DD, years 0001 to 9999.
func date(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil && t.Year() >= 1
}
