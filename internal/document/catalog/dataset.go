package catalog

import (
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
)

// Defaults of a CSV source.
const (
	DefaultEncoding  = "utf-8"
	DefaultDelimiter = ","
)

// todo is what `dataset new` writes where a provider has to decide.
const todo = "TODO"

// checkTodo reports texts that are still to be written; where a number or a word
// of a list is wanted the schema has refused it already.
func checkTodo(c *checker, d *glovebox.Dataset) {
	for _, f := range []struct {
		text string
		p    record.Path
	}{{d.Provider, at("provider")}, {d.Title.EN, at("title", "en")}, {d.Title.ZH, at("title", "zh")}, {d.Unit.Space, at("unit", "space")}, {d.Unit.Column, at("unit", "column")}} {
		if f.text == todo {
			c.Add(f.p, "write what holds, in place of TODO", "is still to be declared")
		}
	}
}

func checkDataset(c *checker, d *glovebox.Dataset) {
	checkTodo(c, d)
	c.name(d.Provider, at("provider"))
	c.title(d.Title, at("title"))
	checkSource(c, &d.Source)
	checkLedger(c, d.Ledger)
	var names, rules []string
	for i := range d.Columns {
		checkColumn(c, &d.Columns[i], at("columns", i))
		names = append(names, d.Columns[i].Name)
	}
	c.unique(names, fields(at("columns"), "name"), "column")
	checkSourceNames(c, d.Columns)
	checkPlaces(c, d)
	for _, q := range d.Quality {
		rules = append(rules, q.Name)
	}
	c.unique(rules, fields(at("quality"), "name"), "rule")
	for i, u := range d.Units() {
		p := at("unit")
		if i > 0 {
			p = at("other_units", i-1)
		}
		checkUnit(c, d, u, p.With("column"), names)
		checkCount(c, d.Ledger, u.Count, p.With("count"))
		if slices.ContainsFunc(d.Units()[:i], func(v glovebox.Unit) bool { return v.Column == u.Column }) {
			c.Add(p.With("column"), "name each unit column once", "is a unit column already")
		}
	}
	for i, name := range d.Key {
		p := at("key", i)
		if col, ok := findColumn(c, d, name, names, p); ok && col.Nullable {
			c.Add(p, "remove it from the key, or `nullable` from the column", "a column of the key may have no missing value")
		}
	}
	checkParts(c, d, names)
}

// checkParts checks what divides the ledger: the columns that are constant for a
// unit, and the period.
func checkParts(c *checker, d *glovebox.Dataset, names []string) {
	one := len(d.OtherUnits) == 0
	for i, col := range d.Columns {
		p := at("columns", i, "per_unit")
		switch {
		case !col.PerUnit:
		case !one:
			c.Add(p, "leave it out", "is for datasets with one unit column")
		case !slices.Contains(partTypes, col.Type) || col.Class == glovebox.ClassIdentifier:
			c.Add(p, "leave it out", "is for columns of type string, int32 or int64 that are no identifiers")
		case d.Period != "":
			c.Add(p, "leave one of the two out", "a ledger is divided by period or by columns that are constant for a unit, not by both")
		}
	}
	if d.Period == "" {
		return
	}
	p := at("period")
	col, ok := findColumn(c, d, d.Period, names, p)
	switch {
	case !ok:
	case !one:
		c.Add(p, "leave it out", "is for datasets with one unit column")
	case !slices.Contains(partTypes, col.Type) || col.Class == glovebox.ClassIdentifier || col.Nullable:
		c.Add(p, "name such a column, or leave it out", "is a column of type string, int32 or int64 that is no identifier and not nullable")
	case len(d.Key) > 0 && !slices.Contains(d.Key, d.Period):
		c.Add(p, "add it to `key`", "is not in the key: a row of one period would push out that of another as a duplicate")
	}
}

// partTypes are those whose values a ledger is divided by: two that are written
// differently are different.
var partTypes = []glovebox.Type{glovebox.String, glovebox.Int32, glovebox.Int64}

// findColumn reports a name that is no column of the record.
func findColumn(c *checker, d *glovebox.Dataset, name string, names []string, p record.Path) (glovebox.Column, bool) {
	col, ok := d.Column(name)
	if !ok {
		c.Add(p, near(name, names, "columns of the record: "+record.Names(names)), "names no column of %s", record.Name(d.Code))
	}
	return col, ok
}

func checkSource(c *checker, s *glovebox.Source) {
	csv, text, sheet := s.Format == "csv", s.Format == "csv" || s.Format == "json", s.Format == "csv" || s.Format == "xlsx"
	if !csv {
		for _, f := range []string{"encoding", "delimiter", "quote", "ragged"} {
			c.absent(at("source", f), "is for format csv only")
		}
	}
	if !sheet {
		for _, f := range []string{"null", "header", "skip", "drop"} {
			c.absent(at("source", f), "is for formats csv and xlsx only")
		}
	}
	if !text {
		for _, f := range []string{"compression", "entry"} {
			c.absent(at("source", f), "is for formats csv and json only")
		}
	}
	if s.Format != "json" {
		c.absent(at("source", "at"), "is for format json only")
	}
	if s.Format != "xlsx" {
		for _, f := range []string{"sheet", "merged"} {
			c.absent(at("source", f), "is for format xlsx only")
		}
	}
	database := s.Format == "sqlite" || s.Format == "postgres" || s.Format == "mysql"
	if !database {
		c.absent(at("source", "table"), "is for formats sqlite, postgres and mysql only")
	}
	if text && s.Compression != "zip" {
		c.absent(at("source", "entry"), "is for compression zip only")
	}
	if s.Format == "postgres" || s.Format == "mysql" {
		c.absent(at("source", "object"), "is for the formats of files only")
	}
	if database && s.Table == "" {
		c.Add(at("source"), "add `table`, the name of the table in the database", "a database needs a table")
	}
	if csv {
		if s.Encoding == "" {
			s.Encoding = DefaultEncoding
		}
		if s.Delimiter == "" {
			s.Delimiter = DefaultDelimiter
		}
	}
	if s.Null == nil && sheet {
		s.Null = []string{""}
	}
}

// checkPlaces checks the columns' numbers in the file.
func checkPlaces(c *checker, d *glovebox.Dataset) {
	with := 0
	for i, col := range d.Columns {
		p := at("columns", i, "place")
		if col.Place == 0 {
			continue
		}
		with++
		if d.Source.Format != "csv" && d.Source.Format != "xlsx" {
			c.absent(p, "is for formats csv and xlsx only")
		}
		if j := slices.IndexFunc(d.Columns[:i], func(o glovebox.Column) bool { return o.Place == col.Place }); j >= 0 {
			c.Add(p, "read each column of the file once", "is the number of entry %d already", j+1)
		}
	}
	if d.Source.Header == "none" && with > 0 && with < len(d.Columns) {
		c.Add(at("columns"), "give every column its `place`, or none: then they are in the file's order", "some columns have a place and some have none, and the file has no header")
	}
}

// checkSourceNames checks that no two columns are read from one of the file.
func checkSourceNames(c *checker, columns []glovebox.Column) {
	var names []string
	for _, col := range columns {
		names = append(names, col.SourceName())
	}
	for i, j := range repeats(names) {
		if columns[i].Place != 0 && columns[j].Place != 0 {
			continue // the header names two columns alike; their numbers tell them apart
		}
		p := at("columns", i, "source")
		if !c.given(p) {
			if !c.given(at("columns", j, "source")) {
				continue // two columns of one name are a problem of the names
			}
			p = at("columns", i, "name")
		}
		c.Add(p, "read each column of the file once", "is the name in the file of entry %d already; case does not count", j+1)
	}
}

func checkLedger(c *checker, l glovebox.LedgerDef) {
	want, other := "epsilon", "rho"
	if l.Kind == glovebox.LedgerZCDP {
		want, other = other, want
	}
	if !c.given(at("ledger", want)) {
		c.Add(at("ledger"), "add the total that the dataset may lose in all", "a ledger of kind %s needs %s", l.Kind, want)
	}
	c.absent(at("ledger", other), "a ledger of kind "+string(l.Kind)+" has no "+other)
}

// checkUnit checks one unit column, named at p.
func checkUnit(c *checker, d *glovebox.Dataset, u glovebox.Unit, p record.Path, names []string) {
	col, ok := findColumn(c, d, u.Column, names, p)
	if !ok {
		return
	}
	if col.Class != glovebox.ClassIdentifier {
		c.Add(p, "give the column `class: identifier`, or name the column that identifies the unit", "the unit column is not of class identifier")
	} else if len(d.Key) > 0 && !slices.Contains(d.Key, u.Column) {
		// Else one unit's rows could push out another's as duplicates.
		c.Add(at("key"), "add the unit column to the key", "lacks the unit column %s", record.Name(u.Column))
	}
	if col.Nullable {
		c.Add(p, "remove `nullable` from the column", "the unit column may have no missing value")
	}
}

// checkCount checks the price of the number of units of the column at p.
func checkCount(c *checker, l glovebox.LedgerDef, n *glovebox.UnitCount, p record.Path) {
	if n == nil {
		return
	}
	have, total, field, other := n.Epsilon, l.Epsilon, "epsilon", "rho"
	if l.Kind == glovebox.LedgerZCDP {
		have, total, field, other = n.Rho, l.Rho, "rho", "epsilon"
	}
	c.absent(p.With(other), "the ledger of this dataset is of kind "+string(l.Kind))
	switch {
	case have > total:
		c.Add(p.With(field), "lower it", "is above the total of the ledger")
	case !n.Public && c.given(p.With("public")):
		c.Add(p, "write `public: true`, give a price, or leave `count` out", "says neither that the number is public nor what it costs")
	}
}
