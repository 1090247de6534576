package sample

import (
	"context"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/fit"
)

// Defaults and bounds of Options.
const (
	DefaultUnits = 100
	MaxRows      = 1_000_000
	// attempts is how often a row that breaks a rule is drawn again.
	attempts = 60
	// mostRows is the largest number of rows that a unit has by itself.
	mostRows = 16
)

// Options of Generate; nil means all defaults.
type Options struct {
	// Seed chooses one of many samples.
	Seed uint64
	// Units is how many sample units there are, 1 to MaxUnits; zero:
	// DefaultUnits. All of them are in every dataset of their space.
	Units int
	// Rows ends the table after so many rows, 1 to MaxRows; zero: where the
	// units end, or MaxRows.
	Rows int
	// PerUnit is how many rows each unit has, at most as many as the record
	// allows; zero: a few. A key may leave fewer.
	PerUnit int
	// Lists are public values for columns whose record lists none, by the name
	// of the column, such as the public keys of a job. Values that the column
	// could not hold are left out.
	Lists map[string][]string
	// Model describes the columns of the record's layout; nil: they are drawn
	// from all that the record allows. Its columns are drawn together, so that
	// what is known of a unit, its birth for one, has no part in them.
	Model *fit.Model
}

func (o *Options) fill() error {
	if o.Units == 0 {
		o.Units = DefaultUnits
	}
	if o.Rows == 0 {
		o.Rows = MaxRows
	}
	switch {
	case o.Units < 1 || o.Units > MaxUnits:
		return glovebox.Errorf(glovebox.CodeInvalid, "the number of sample units is not from 1 to %d", MaxUnits).WithFix("ask for %d, say", DefaultUnits)
	case o.Rows < 1 || o.Rows > MaxRows:
		return glovebox.Errorf(glovebox.CodeInvalid, "the number of sample rows is not from 1 to %d", MaxRows).WithFix("leave it out: the rows end when the units end")
	}
	return nil
}

// Table is sample rows of one dataset. Rows of a unit are adjacent.
type Table struct {
	Record *glovebox.Dataset
	Rows   [][]Cell // in the order of the record's columns
	// Dropped is how many rows were left out because no attempt met the
	// record's key and quality rules.
	Dropped int
}

// Column returns the place of a column, -1 if the record has none of the name.
func (t *Table) Column(name string) int {
	return slices.IndexFunc(t.Record.Columns, func(c glovebox.Column) bool { return c.Name == name })
}

// Unit is the id of a row's unit as datasets of its space compare it.
func (t *Table) Unit(row []Cell) string {
	i := t.Column(t.Record.Unit.Column)
	return normal(t.Record.Columns[i].Format, row[i].Text)
}

// normal returns the one text of an id: ids differ if and only if these do.
func normal(format, id string) string {
	id = strings.TrimSpace(id)
	if format == "cn-resident-id" || format == "cn-uscc" {
		return strings.ToUpper(id)
	}
	return id
}

// Units lists the ids of the table's units in the order of their first rows.
func (t *Table) Units() []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range t.Rows {
		if u := t.Unit(r); !seen[u] {
			seen[u] = true
			out = append(out, u)
		}
	}
	return out
}

// generator makes one table.
type generator struct {
	rec        *glovebox.Dataset
	o          Options
	unitFormat string
	lists      [][]string // by column; nil: none
	key        []int      // columns of the key but the unit's
	single     bool       // the key allows a unit one row
	fitted     *fitted    // nil: no model
}

// Generate makes a table of a record that internal/document/catalog took. It fails with
// CodeInvalid if the record leaves no row at all.
func Generate(ctx context.Context, rec *glovebox.Dataset, o *Options) (*Table, error) {
	g := &generator{rec: rec}
	if o != nil {
		g.o = *o
	}
	if err := g.o.fill(); err != nil {
		return nil, err
	}
	if err := g.prepare(); err != nil {
		return nil, err
	}
	var slots []slot
	for k := range g.o.Units {
		for n := range g.rowsOf(k) {
			if len(slots) < g.o.Rows {
				slots = append(slots, slot{k: k, n: n})
			}
		}
	}
	if err := g.fillSlots(ctx, slots); err != nil {
		return nil, err
	}
	t := &Table{Record: rec}
	for i := range slots {
		if slots[i].ok {
			t.Rows = append(t.Rows, slots[i].row)
		} else {
			t.Dropped++
		}
	}
	if len(t.Rows) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "no sample row meets the key and the quality rules of %s", rec.Code).
			WithFix("hand in rows of your own as a CSV file")
	}
	return t, nil
}

func (g *generator) prepare() error {
	if g.o.Model != nil {
		g.fitted = newFitted(g.rec, g.o.Model)
	}
	g.lists = make([][]string, len(g.rec.Columns))
	for i, c := range g.rec.Columns {
		if c.Name == g.rec.Unit.Column {
			g.unitFormat = c.Format
			if last := (unit{k: g.o.Units - 1}).identifier(c, true); !holds(c, last) {
				return glovebox.Errorf(glovebox.CodeInvalid, "column %s cannot tell %d units apart", c.Name, g.o.Units).WithFix("ask for fewer units")
			}
		}
		if len(c.Values) > 0 {
			g.lists[i] = c.Values
			continue
		}
		for _, v := range g.o.Lists[c.Name] {
			if c.Class != glovebox.ClassIdentifier && c.Format == "" && holds(c, v) && !slices.Contains(g.rec.Source.Null, v) {
				g.lists[i] = append(g.lists[i], v)
			}
		}
	}
	for i, c := range g.rec.Columns {
		if slices.Contains(g.rec.Key, c.Name) && c.Name != g.rec.Unit.Column {
			g.key = append(g.key, i)
		}
	}
	g.single = len(g.rec.Key) > 0 && len(g.key) == 0
	return nil
}

// holds says whether a column can hold a value.
func holds(c glovebox.Column, v string) bool {
	if c.Type == glovebox.String {
		return len(v) <= textBytes(c) && !strings.ContainsRune(v, 0)
	}
	return (c.Type == glovebox.Int32 || c.Type == glovebox.Int64) && withinBounds(c, v)
}

// textBytes is the largest size of a column's texts.
func textBytes(c glovebox.Column) int {
	if c.MaxBytes == 0 {
		return glovebox.DefaultMaxBytes
	}
	return c.MaxBytes
}

// rowsOf is how many rows unit k has.
func (g *generator) rowsOf(k int) int {
	switch {
	case g.single:
		return 1
	case g.o.PerUnit > 0:
		return min(g.o.PerUnit, g.rec.Unit.MaxRows)
	}
	d := roll(g.o.Seed, "rows of "+g.rec.Code, uint64(k))
	n := 1
	for n < min(g.rec.Unit.MaxRows, mostRows) && !d.one(3) {
		n++
	}
	return n
}

// slot is a row to be: the n-th of unit k.
type slot struct {
	k, n int
	row  []Cell
	ok   bool
}

// fillSlots draws each row until it meets key and rules.
func (g *generator) fillSlots(ctx context.Context, slots []slot) error {
	rules, err := openRules(ctx, g.rec)
	if err != nil {
		return err
	}
	defer rules.close()
	todo := make([]*slot, len(slots))
	for i := range slots {
		todo[i] = &slots[i]
	}
	taken := map[string]bool{}
	for attempt := 0; attempt < attempts && len(todo) > 0; attempt++ {
		for _, s := range todo {
			g.draw(s, attempt)
		}
		if err := rules.check(ctx, todo); err != nil {
			return err
		}
		var again []*slot
		for _, s := range todo {
			if s.ok && len(g.key) > 0 {
				key := g.keyOf(s)
				s.ok = !taken[key]
				taken[key] = true
			}
			if !s.ok {
				again = append(again, s)
			}
		}
		todo = again
	}
	return nil
}

func (g *generator) draw(s *slot, attempt int) {
	u := newUnit(g.o.Seed, s.k)
	s.row = make([]Cell, len(g.rec.Columns))
	for i, c := range g.rec.Columns {
		d := roll(g.o.Seed, g.rec.Code+"/"+c.Name, uint64(s.k), uint64(s.n), uint64(attempt))
		s.row[i] = g.value(d, u, i, attempt)
	}
	if g.fitted != nil {
		g.fitted.row(roll(g.o.Seed, g.rec.Code+" fitted", uint64(s.k), uint64(s.n), uint64(attempt)), s.row)
	}
}

// keyOf is a row's key as one text: unit and cells, each with its length.
func (g *generator) keyOf(s *slot) string {
	var b strings.Builder
	b.WriteString(itoa(s.k))
	for _, i := range g.key {
		b.WriteString("/" + itoa(len(s.row[i].Text)) + ":" + s.row[i].Text)
	}
	return b.String()
}
