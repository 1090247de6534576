package glovebox

import "time"

// refreshMonths and refreshDays are how long a snapshot is new, by Dataset.Update.
var (
	refreshDays   = map[string]int{"realtime": 1, "day": 1, "week": 7}
	refreshMonths = map[string]int{"month": 1, "quarter": 3, "year": 12}
)

// Due is the day, YYYY-MM-DD on the clock of Beijing, on which the next load of
// the dataset is due after one at a time in RFC 3339: Update says how often new
// data comes. Months are those of the calendar; the 31st goes back to a month's
// last day. "": no day is due, as the data come irregularly or the time is none.
func (d *Dataset) Due(loaded string) string {
	t, err := time.Parse(time.RFC3339, loaded)
	days, months := refreshDays[d.Update], refreshMonths[d.Update]
	if err != nil || days+months == 0 {
		return ""
	}
	t = t.In(time.FixedZone("", 8*60*60))
	if months == 0 {
		return t.AddDate(0, 0, days).Format(time.DateOnly)
	}
	next := t.AddDate(0, months, 0)
	if next.Day() != t.Day() { // the month is shorter
		next = next.AddDate(0, 0, -next.Day())
	}
	return next.Format(time.DateOnly)
}
