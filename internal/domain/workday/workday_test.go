package workday

import (
	"strings"
	"testing"
	"time"
)

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestAfter counts over holidays, worked weekends and the end of the table.
func TestAfter(t *testing.T) {
	for _, c := range []struct {
		from  string
		n     int
		to    string
		known bool
	}{
		{"2026-03-02", 1, "2026-03-03", true},
		{"2026-03-06", 1, "2026-03-09", true},   // over a weekend
		{"2026-09-30", 1, "2026-10-08", true},   // over National Day
		{"2026-09-30", 3, "2026-10-10", true},   // whose Saturday is worked
		{"2026-02-13", 1, "2026-02-14", true},   // a worked Saturday
		{"2026-02-14", 1, "2026-02-24", true},   // over Spring Festival
		{"2026-01-31", 15, "2026-02-27", true},  // fifteen, with both
		{"2025-09-28", 15, "2025-10-24", true},  // from a worked Sunday
		{"2026-12-30", 1, "2026-12-31", true},   // the last of the table
		{"2026-12-31", 1, "2027-01-01", false},  // a holiday, surely: said to be provisional
		{"2026-12-15", 15, "2027-01-05", false}, // rests on a year that is not announced
	} {
		if got, known := After(day(t, c.from), c.n); got != c.to || known != c.known {
			t.Errorf("%d after %s: %s %v, want %s %v", c.n, c.from, got, known, c.to, c.known)
		}
	}
	// The day is China's, wherever the clock stands.
	if got := Day(time.Date(2026, 3, 1, 16, 30, 0, 0, time.UTC)); got != "2026-03-02" {
		t.Error(got)
	}
}

// TestTable reads every line of the table: whole years, days off that are not
// worked too, worked days that are weekends.
func TestTable(t *testing.T) {
	seen := map[string]string{}
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) != 3 || f[0] != "off" && f[0] != "work" {
			t.Fatalf("%q is no line of the table", line)
		}
		last := day(t, f[2])
		for d := day(t, f[1]); !d.After(last); d = d.AddDate(0, 0, 1) {
			name := d.Format(time.DateOnly)
			if seen[name] != "" {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = f[0]
			if weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday; f[0] == "work" && !weekend {
				t.Errorf("%s is no weekend, and works anyway", name)
			}
		}
	}
	c := read(table)
	for year := 2025; year <= 2026; year++ {
		off := 0
		for d := day(t, "2025-01-01"); d.Year() <= year; d = d.AddDate(0, 0, 1) {
			if w, known := c.works(d); d.Year() == year && !w {
				off++
			} else if !known {
				t.Fatalf("%d is not in the table", year)
			}
		}
		// 104 or 105 weekend days and 13 holidays, which the law gives since 2025.
		if off < 117 || off > 118 {
			t.Errorf("%d has %d days off", year, off)
		}
	}
}
