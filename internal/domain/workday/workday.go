// Package workday counts Chinese working days: Monday to Friday, but for public
// holidays, and the weekend days that are worked in exchange. Days are civil dates
// of China.
//
// It promises dates for the years that its table has. For a year whose notice is
// not in the table yet it counts Monday to Friday and says that the date is
// provisional: holidays make it later, never earlier but for a worked weekend.
package workday

import (
	_ "embed" // the table
	"strings"
	"time"
)

//go:embed holidays.txt
var table string

// zone is China's.
var zone = time.FixedZone("CST", 8*60*60)

// calendar is the table: true is a day of work, false a day off.
type calendar struct {
	days  map[string]bool
	years map[int]bool
}

func read(text string) *calendar {
	c := &calendar{map[string]bool{}, map[int]bool{}}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 3 || f[0] == "#" {
			continue
		}
		first, err := time.Parse(time.DateOnly, f[1])
		last, err2 := time.Parse(time.DateOnly, f[2])
		if err != nil || err2 != nil {
			continue // the test reads every line
		}
		for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
			c.days[d.Format(time.DateOnly)] = f[0] == "work"
			c.years[d.Year()] = true
		}
	}
	return c
}

// Works says whether the civil day of t in China is one of work, and whether the
// table has its year.
func (c *calendar) works(t time.Time) (works, known bool) {
	day := t.In(zone)
	known = c.years[day.Year()]
	if w, named := c.days[day.Format(time.DateOnly)]; named {
		return w, known
	}
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday, known
}

// After is the n-th working day after the civil day of t in China, as YYYY-MM-DD;
// known is false where it rests on a year that the table does not have. n is 1 to
// 1000.
func After(t time.Time, n int) (day string, known bool) {
	c := read(table)
	known = true
	at := t.In(zone)
	for n = min(max(n, 1), 1000); n > 0; {
		at = at.AddDate(0, 0, 1)
		works, there := c.works(at)
		known = known && there
		if works {
			n--
		}
	}
	return at.Format(time.DateOnly), known
}

// Day is the civil day of t in China, as YYYY-MM-DD.
func Day(t time.Time) string { return t.In(zone).Format(time.DateOnly) }
