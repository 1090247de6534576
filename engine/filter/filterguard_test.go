package filter

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/duck"
)

// evaluate returns the value of a filter over the one row of a table.
func evaluate(t *testing.T, c *duck.Conn, filter string, cols []glovebox.Column) string {
	t.Helper()
	f, err := checkFilter(context.Background(), c, filter, storedColumns(cols))
	if err != nil {
		t.Fatalf("%s: %v", filter, err)
	}
	s, null, err := c.Text(context.Background(), "SELECT CAST("+f.run+" AS VARCHAR) FROM one")
	if err != nil {
		t.Fatalf("%s: %v", filter, err)
	}
	if null {
		return "null"
	}
	return s
}

// TestNotANumberIsNull: no comparison in any form is true of what is not a
// number, whichever operation made it.
func TestNotANumberIsNull(t *testing.T) {
	c := filterConn(t)
	if err := c.Exec(context.Background(), "CREATE TABLE one AS SELECT 0::INTEGER AS age, 0::DOUBLE AS cost, 1.7e308::DOUBLE AS huge, 'nan' AS town"); err != nil {
		t.Fatal(err)
	}
	cols := []glovebox.Column{{Name: "age", Type: glovebox.Int32}, {Name: "cost", Type: glovebox.Float64}, {Name: "huge", Type: glovebox.Float64}, {Name: "town", Type: glovebox.String}}
	nans := []string{"(0 / 0)", "(cost / age)", "(cost % 0)", "(huge % cost)", "(huge * 10 - huge * 10)", "(huge * 10 + -huge * 10)", "(huge * 10 * cost)", "(1 / cost * 0)", "((1 / cost) / (1 / cost))", "((1 / cost) % 2)",
		"abs(cost / cost)", "round(cost / cost)", "floor(-(cost / cost))", "(1 + cost / cost)", "(case when true then cost / cost end)", "coalesce(cost / cost, null)", "greatest(cost / cost, null)", "try_cast(town as double)", "try_cast(cost / cost as double)"}
	for _, x := range nans {
		for _, form := range []string{"%s > 100", "100 < %s", "%s >= %[1]s", "%s = %[1]s", "%s <> 1", "not (%s <= 100)", "%s between -1 and 1", "%s not between -1 and 1", "1 between %s and 2", "1 between -1 and %s", "%s in (1, 2)", "%s not in (1, 2)", "1 not in (2, %s)",
			"case %s when 1 then null else null end = 1", "try_cast(%s as varchar) = 'nan'", "try_cast(%s as bigint) <> 1", "abs(%s) > 1", "not not (%s > 1)"} {
			filter := fmt.Sprintf(form, x)
			if strings.Count(form, "%") == 1 {
				filter = strings.Replace(form, "%s", x, 1)
			}
			if got := evaluate(t, c, filter, cols); got != "null" {
				t.Errorf("%s is %s", filter, got)
			}
		}
		for form, want := range map[string]string{"%s is null": "true", "%s is not null": "false", "%s is distinct from null": "false", "coalesce(%s, 7) = 7": "true", "greatest(%s, 7) = 7": "true", "least(%s, 7) = 7": "true", "case when %s > 1 then false else true end": "true", "%s > 1 or true": "true"} {
			if got := evaluate(t, c, strings.Replace(form, "%s", x, 1), cols); got != want {
				t.Errorf(form+" is %s", x, got)
			}
		}
	}
	for filter, want := range map[string]string{"1 / cost > 100": "true", "-1 / cost < 0": "true", "huge * 10 > huge": "true", "cost / 2 = 0": "true", "-cost = 0 and cost in (-0.0)": "true", "try_cast(-cost as varchar) = '0.0'": "true"} {
		if got := evaluate(t, c, filter, cols); got != want {
			t.Errorf("%s is %s", filter, got)
		}
	}
}

// TestGuardsDoNotMultiply: what runs grows with the filter, however deep.
func TestGuardsDoNotMultiply(t *testing.T) {
	c := filterConn(t)
	deep := "cost"
	for range 25 {
		deep = "(" + deep + ") / age"
	}
	f, err := checkFilter(context.Background(), c, deep+" > 1", storedColumns(filterColumns))
	if err != nil || len(f.run) > 25*200 {
		t.Fatalf("%d bytes, %v", len(f.run), err)
	}
}

// TestTryCastOfNumbers: a fraction is no whole number.
func TestTryCastOfNumbers(t *testing.T) {
	c := filterConn(t)
	if err := c.Exec(context.Background(), "CREATE TABLE one AS SELECT 1.5::DOUBLE AS half, 7::DOUBLE AS seven, 1e300::DOUBLE AS big"); err != nil {
		t.Fatal(err)
	}
	cols := []glovebox.Column{{Name: "half", Type: glovebox.Float64}, {Name: "seven", Type: glovebox.Float64}, {Name: "big", Type: glovebox.Float64}}
	for filter, want := range map[string]string{"try_cast(half as bigint) is null": "true", "try_cast(-half as integer) is null": "true", "try_cast(seven as bigint) = 7": "true", "try_cast(big as bigint) is null": "true", "try_cast(1.5 as bigint) is null": "true", "try_cast('1.5' as bigint) is null": "true"} {
		if got := evaluate(t, c, filter, cols); got != want {
			t.Errorf("%s is %s", filter, got)
		}
	}
}
