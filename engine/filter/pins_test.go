package filter

import (
	"slices"
	"testing"

	"glovebox.example/glovebox"
)

// TestPins: a filter pins a column where every row that it keeps has one of
// the values, and the checker's own text says so.
func TestPins(t *testing.T) {
	cols := []glovebox.Column{{Name: "town", Type: glovebox.String, Class: glovebox.ClassPublic}, {Name: "year", Type: glovebox.Int64, Class: glovebox.ClassPublic}, {Name: "age", Type: glovebox.Int64, Class: glovebox.ClassSensitive}}
	for _, x := range []struct {
		where, column string
		want          []string
	}{
		{"town = '沙河镇'", "town", []string{"沙河镇"}},
		{"'a' = town", "town", []string{"a"}},
		{"town in ('b', 'a', 'b')", "town", []string{"a", "b"}},
		{"town = 'it''s (a) AND town = ''b'''", "town", []string{"it's (a) AND town = 'b'"}},
		{"year = 2024 and age > 60", "year", []string{"2024"}},
		{"age > 60 and (year in (2023, 2024) and town <> 'x')", "year", []string{"2023", "2024"}},
		{"age > 60 and year = -7", "year", []string{"-7"}},
		{"year = 2024 and year in (2023, 2024)", "year", []string{"2024"}},
		{"town = 'a' and year = 3", "age", nil},
		{"town = 'a' or age > 3", "town", nil},
		{"(town = 'a' and age > 3) or age > 60", "town", nil},
		{"not (town = 'a')", "town", nil},
		{"town <> 'a'", "town", nil},
		{"town not in ('a', 'b')", "town", nil},
		{"town is null", "town", nil},
		{"town >= 'a'", "town", nil},
		{"town like 'a%'", "town", nil},
		{"town = town", "town", nil},
		{"town in ('a', town)", "town", nil},
		{"lower(town) = 'a'", "town", nil},
		{"year = 2024.0", "year", nil},
		{"year = age", "year", nil},
		{"year between 2024 and 2024", "year", nil},
		{"(town = 'a') = true", "town", nil},
		{"coalesce(town = 'a', true)", "town", nil},
		{"case when town = 'a' then true else age > 3 end", "town", nil},
		{"town is not distinct from 'a'", "town", nil},
		{"town = null", "town", nil},
	} {
		f, err := Check(t.Context(), x.where, cols)
		if err != nil {
			t.Errorf("%s: %v", x.where, err)
			continue
		}
		if got := Pins(f.SQL, x.column); !slices.Equal(got, x.want) {
			t.Errorf("%s, as %s, pins %s to %q, not %q", x.where, f.SQL, x.column, got, x.want)
		}
	}
	for _, text := range []string{"", "(", ")", "()", "(\"town\" = 'a", "(\"town\" = 'a') OR (\"age\" > 3)", "((\"town\" = 'a') OR true) AND true", "(\"town\" = 'a' || 'b')", "(\"town\" = 'a' OR true)", "(true OR \"town\" = 'a')"} {
		if got := Pins(text, "town"); got != nil {
			t.Errorf("%q pins %q", text, got)
		}
	}
}
