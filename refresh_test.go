package glovebox

import "testing"

func TestDue(t *testing.T) {
	for _, q := range [][3]string{
		{"day", "2026-12-01T04:00:00Z", "2026-12-02"},
		{"realtime", "2026-12-01T17:00:00Z", "2026-12-03"}, // the 2nd in Beijing
		{"week", "2026-12-28T00:00:00Z", "2027-01-04"},
		{"month", "2027-01-31T00:00:00Z", "2027-02-28"},
		{"quarter", "2026-11-30T00:00:00Z", "2027-02-28"},
		{"year", "2028-02-29T00:00:00Z", "2029-02-28"},
		{"month", "2026-12-15T00:00:00Z", "2027-01-15"},
		{"irregular", "2026-12-15T00:00:00Z", ""},
		{"month", "yesterday", ""},
	} {
		if got := (&Dataset{Update: q[0]}).Due(q[1]); got != q[2] {
			t.Errorf("%s after %s: %s, want %s", q[0], q[1], got, q[2])
		}
	}
}
