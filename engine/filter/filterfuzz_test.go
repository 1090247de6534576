package filter

import (
	"context"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

// What the checker lets through is a fixed point, and DuckDB runs it over
// extreme values without an error.
func FuzzCheckFilter(f *testing.F) {
	for _, s := range []string{
		"age > 5 and town = 'x'", "1) FROM x --", "age in (1,2,3) or urgent", "seen between '2020-01-01' and date '2021-01-01'", "case when age > 1 then urgent else null end",
		"try_cast(town as bigint) * -cost % 3 >= length(trim(town))", "year(seen) = 2020 and town like '%a'", "try_cast(cost / 0 as varchar) = try_cast(try_cast(town as boolean) as varchar) or least(cost % age, 1) in (0 / 0, age * (1 / cost))", "coalesce(age, big, 1.5) < greatest(cost, 1e10)", "person = doctor or person is null",
		"repeat(town, 99) = ''", "(select 1) = 1", "age > 1; select 1", "lower(town) in ('a', 'b''c')", "x -> y", "age::int > 1", "\"select\" = 0x10", "a.b.c", "$1", "-(-(-(1))) = age", "not not urgent is true",
	} {
		f.Add(s)
	}
	c := filterConn(f)
	if err := c.Exec(context.Background(), `CREATE TABLE x AS SELECT * FROM (VALUES ('', 0, 0, 0.0::DOUBLE, DATE '1970-01-01', true, NULL::BLOB, '\x00'::BLOB, 1),
		('-9223372036854775808', 2147483647, 9223372036854775807, 1.7e308, DATE '9999-12-31', false, '\xFF'::BLOB, '\xFF'::BLOB, 2), ('infinity', -2147483648, -9223372036854775808, -1.7e308, DATE '0001-01-01', NULL, '\x00'::BLOB, NULL, 3),
		('2020-02-30', -1, -1, 5e-324, DATE '2020-02-29', true, NULL, NULL, NULL), ('a%_\é城', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) t(town, age, big, cost, seen, urgent, person, doctor, "select")`); err != nil {
		f.Fatal(err)
	}
	types := storedColumns(filterColumns)
	f.Fuzz(func(t *testing.T, s string) {
		ctx := context.Background()
		got, err := checkFilter(ctx, c, s, types)
		if err != nil {
			if glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := checkFilter(ctx, c, got.SQL, types)
		if err != nil && len(got.SQL) <= MaxBytes && !strings.Contains(err.Error(), "deeper than") || err == nil && (again.SQL != got.SQL || !slices.Equal(again.Columns, got.Columns)) {
			t.Fatalf("%q: canonical %s becomes %s, %v", s, got.SQL, again.SQL, err)
		}
		if _, _, err := c.Text(ctx, "SELECT CAST(count(*) FILTER ("+got.run+") AS VARCHAR) FROM x"); err != nil {
			t.Fatalf("%q: %s fails on a row: %v", s, got.SQL, err)
		}
	})
}
