package trial

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/sample"
	"glovebox.example/glovebox/value"
)

// crowd is the most rows that a unit of a crowded pair gets in one input.
const crowd = 5000

// changes makes the second halves of all pairs: the first again; three units
// removed, the first, the middle and the last by token; one added; and the
// middle one made extreme in every way that the records allow. A row that a
// record does not take is rejected as it would be at a load, and counted.
func changes(ctx context.Context, t *Task, first *Report) ([]change, error) {
	list := []change{{name: "repeated", tables: t.Tables}}
	units := first.ids()
	middle := units[len(units)/2]
	for _, u := range []string{units[0], middle, units[len(units)-1]} {
		list = append(list, change{"removed", u, each(t.Tables, func(x *sample.Table) [][]sample.Cell { return without(x, u) })})
	}
	added, err := add(ctx, t)
	if err != nil {
		return nil, err
	}
	list = append(list, added...)
	for _, e := range []struct {
		name string
		cell func(c glovebox.Column) (sample.Cell, bool)
	}{{"least", least}, {"greatest", greatest}, {"longest", longest}, {"missing", missing}} {
		list = append(list, change{e.name, middle, each(t.Tables, func(x *sample.Table) [][]sample.Cell { return extreme(x, middle, e.cell) })})
	}
	crowded, err := crowds(ctx, t, middle)
	if err != nil {
		return nil, err
	}
	list = append(list, crowded)
	if len(t.Tables) > 1 {
		for _, in := range t.Spec.Inputs {
			list = append(list, change{"alone", middle, each(t.Tables, func(x *sample.Table) [][]sample.Cell {
				if x == t.Tables[in.Dataset] {
					return x.Rows
				}
				return without(x, middle)
			})})
		}
	}
	return list, nil
}

// each changes the rows of every table. Its records let a load reject rows, so
// that an extreme that a record does not take is no failure of the test.
func each(tables map[string]*sample.Table, rows func(*sample.Table) [][]sample.Cell) map[string]*sample.Table {
	out := map[string]*sample.Table{}
	for code, t := range tables {
		rec := *t.Record
		rec.MaxRejects = 1
		out[code] = &sample.Table{Record: &rec, Rows: rows(t)}
	}
	return out
}

func without(t *sample.Table, unit string) [][]sample.Cell {
	return slices.DeleteFunc(slices.Clone(t.Rows), func(r []sample.Cell) bool { return t.Unit(r) == unit })
}

// add gives a unit that is new to the samples, if their space has one more.
func add(ctx context.Context, t *Task) ([]change, error) {
	known := map[string]bool{}
	for _, x := range t.Tables {
		for _, u := range x.Units() {
			known[u] = true
		}
	}
	fresh := map[string][][]sample.Cell{}
	name := ""
	for _, in := range t.Spec.Inputs {
		x := t.Tables[in.Dataset]
		more, err := sample.Generate(ctx, x.Record, &sample.Options{Seed: t.Seed, Units: len(known) + 1, Lists: t.Lists})
		if err != nil {
			return nil, nil //nolint:nilerr // the record has no room for another unit
		}
		for _, r := range more.Rows {
			u := more.Unit(r)
			if name == "" && !known[u] {
				name = u
			}
			if u == name {
				fresh[in.Dataset] = append(fresh[in.Dataset], r)
			}
		}
	}
	if name == "" {
		return nil, nil
	}
	tables := map[string]*sample.Table{}
	for code, x := range t.Tables {
		rec := *x.Record
		rec.MaxRejects = 1
		tables[code] = &sample.Table{Record: &rec, Rows: slices.Concat(x.Rows, fresh[code])}
	}
	return []change{{"added", name, tables}}, nil
}

// crowds gives a unit as many rows as a job can see, within crowd.
func crowds(ctx context.Context, t *Task, unit string) (change, error) {
	tables := map[string]*sample.Table{}
	for code, x := range t.Tables {
		var own [][]sample.Cell
		for _, r := range x.Rows {
			if x.Unit(r) == unit {
				own = append(own, r)
			}
		}
		n := min(x.Record.Unit.MaxRows, crowd)
		rows := without(x, unit)
		switch {
		case len(own) == 0:
		case len(x.Record.Key) == 0:
			for i := range max(n, len(own)) {
				rows = append(rows, own[i%len(own)])
			}
		default: // rows that differ in the key, as far as there are any
			more, err := sample.Generate(ctx, x.Record, &sample.Options{Seed: t.Seed, Units: 1, PerUnit: n, Lists: t.Lists})
			if err != nil {
				return change{}, err
			}
			at := x.Column(x.Record.Unit.Column)
			for _, r := range more.Rows {
				r[at] = own[0][at]
				rows = append(rows, r)
			}
		}
		rec := *x.Record
		rec.MaxRejects = 1
		tables[code] = &sample.Table{Record: &rec, Rows: rows}
	}
	return change{"crowded", unit, tables}, nil
}

// extreme gives the cells of a unit's rows other values, where cell has any.
// Identifiers stay: they say which unit it is.
func extreme(t *sample.Table, unit string, cell func(glovebox.Column) (sample.Cell, bool)) [][]sample.Cell {
	out := slices.Clone(t.Rows)
	for i, r := range out {
		if t.Unit(r) != unit {
			continue
		}
		out[i] = slices.Clone(r)
		for k, c := range t.Record.Columns {
			if c.Class == glovebox.ClassIdentifier || c.Format != "" {
				continue
			}
			if v, ok := cell(c); ok {
				out[i][k] = v
			}
		}
	}
	return out
}

func text(s string) (sample.Cell, bool) { return sample.Cell{Text: s}, true }

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

func least(c glovebox.Column) (sample.Cell, bool) {
	switch c.Type {
	case glovebox.Int32:
		return text(first(string(c.Min), strconv.Itoa(math.MinInt32)))
	case glovebox.Int64:
		return text(first(string(c.Min), strconv.Itoa(math.MinInt64)))
	case glovebox.Float64:
		return text(first(string(c.Min), strconv.FormatFloat(-math.MaxFloat64, 'g', -1, 64)))
	case glovebox.Date:
		return text(first(string(c.Min), "0001-01-01"))
	case glovebox.DateTime:
		return text(first(atClock(c.Min), "0001-01-01 00:00:00"))
	case glovebox.Decimal:
		return text(first(string(c.Min), "-"+string(value.AppendDecimal(nil, 999_999_999_999_999_999, c.Scale))))
	case glovebox.Bool:
		return text("false")
	}
	if len(c.Values) > 0 {
		return text(slices.Min(c.Values))
	}
	return text("!")
}

func greatest(c glovebox.Column) (sample.Cell, bool) {
	switch c.Type {
	case glovebox.Int32:
		return text(first(string(c.Max), strconv.Itoa(math.MaxInt32)))
	case glovebox.Int64:
		return text(first(string(c.Max), strconv.Itoa(math.MaxInt64)))
	case glovebox.Float64:
		return text(first(string(c.Max), strconv.FormatFloat(math.MaxFloat64, 'g', -1, 64)))
	case glovebox.DateTime:
		return text(first(atClock(c.Max), "9999-12-31 23:59:59"))
	case glovebox.Decimal:
		return text(first(string(c.Max), string(value.AppendDecimal(nil, 999_999_999_999_999_999, c.Scale))))
	case glovebox.Date:
		return text(first(string(c.Max), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)))
	case glovebox.Bool:
		return text("true")
	}
	if len(c.Values) > 0 {
		return text(slices.Max(c.Values))
	}
	return text(strings.Repeat("~", width(c)))
}

// longest fills texts with characters of three and one bytes.
func longest(c glovebox.Column) (sample.Cell, bool) {
	if c.Type != glovebox.String {
		return sample.Cell{}, false
	}
	if len(c.Values) > 0 {
		return text(slices.MaxFunc(c.Values, func(a, b string) int { return len(a) - len(b) }))
	}
	return text(strings.Repeat("极", width(c)/3) + strings.Repeat("x", width(c)%3))
}

func missing(c glovebox.Column) (sample.Cell, bool) { return sample.Cell{Null: true}, c.Nullable }

func width(c glovebox.Column) int {
	if c.MaxBytes == 0 {
		return glovebox.DefaultMaxBytes
	}
	return c.MaxBytes
}

// atClock is a bound of a datetime with its time of day.
func atClock(b glovebox.Bound) string {
	if len(b) == len(time.DateOnly) {
		return string(b) + " 00:00:00"
	}
	return string(b)
}
