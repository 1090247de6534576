package catalog

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
	"glovebox.example/glovebox/value"
)

func fold(s string) string { return strings.ToLower(s) }

// CheckGrant checks a grant against the scenario that it is for and the
// datasets that it names (by code; those that the domain does not have may be
// missing): products and columns exist and are within what the scenario needs,
// masks fit their columns, budgets have the kind of the ledger and are not
// above its total. The problems have fields, no positions. Whether the grant
// ought to be given is not its business.
func CheckGrant(g *glovebox.Grant, s *glovebox.Scenario, datasets map[string]*glovebox.Dataset) error {
	c := &checker{Problems: record.NewProblems(nil)}
	if g.Scenario != s.Code {
		c.Add(at("scenario"), "grant the scenario that was filed", "is not %s", record.Name(s.Code))
	}
	var products []string
	for _, p := range s.Products {
		products = append(products, p.Code)
	}
	for i, p := range g.Products {
		if !slices.Contains(products, p) {
			c.Add(at("products", i), near(p, products, "products of the scenario: "+record.Names(products)), "%s is no product of the scenario", record.Name(p))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(g.Datasets)) {
		needs, needed := s.Needs[code]
		if !needed {
			known := slices.Sorted(maps.Keys(s.Needs))
			c.Add(at("datasets", code), near(code, known, "it needs: "+record.Names(known)), "the scenario does not need this dataset")
			continue
		}
		d := datasets[code]
		if d == nil {
			c.Add(at("datasets", code), near(code, slices.Sorted(maps.Keys(datasets)), "register the dataset first"), "the domain has no such dataset")
			continue
		}
		checkPart(c, g.Datasets[code], d, needs)
	}
	return c.Err()
}

func checkPart(c *checker, part glovebox.GrantDataset, d *glovebox.Dataset, needs []string) {
	p := at("datasets", d.Code)
	var names []string
	for _, col := range d.Columns {
		names = append(names, col.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(part.Columns)) {
		q := p.With("columns", name)
		col, ok := findColumn(c, d, name, names, q)
		if !ok {
			continue
		}
		if !slices.Contains(needs, name) {
			c.Add(q, "remove it, or file it under `needs` of the scenario", "the scenario does not need this column")
		}
		if m := part.Columns[name].Mask; m != nil {
			if why, fix := maskMisfit(m, col); why != "" {
				c.Add(q.With("mask"), fix, "%s", why)
			}
		}
	}
	have, total, field, other := part.Epsilon, d.Ledger.Epsilon, "epsilon", part.Rho
	if d.Ledger.Kind == glovebox.LedgerZCDP {
		have, total, field, other = part.Rho, d.Ledger.Rho, "rho", part.Epsilon
	}
	switch {
	case other != 0 || have == 0:
		c.Add(p, "give the budget as `"+field+"`", "the ledger of this dataset is of kind %s", d.Ledger.Kind)
	case have > total:
		c.Add(p.With(field), "lower it", "is above the total of the dataset's ledger")
	}
	if part.Delta > d.Ledger.Delta {
		c.Add(p.With("delta"), "lower it", "is above the total of the dataset's ledger")
	}
}

// clipFits says whether the bounds of a mask are values of a column.
func clipFits(m *glovebox.Mask, col glovebox.Column) bool {
	var v [2]float64
	for i, b := range []glovebox.Bound{m.Low, m.High} {
		v[i] = math.Inf(2*i - 1)
		if b == "" {
			continue
		}
		n, ok := boundOf(col, b)
		if !ok {
			return false
		}
		v[i] = n
	}
	return v[0] <= v[1]
}

// boundOf is a bound as a number: of dates, their days.
func boundOf(col glovebox.Column, b glovebox.Bound) (float64, bool) {
	switch col.Type {
	case glovebox.Date:
		t, err := time.Parse(time.DateOnly, string(b))
		return float64(t.Unix()), err == nil
	case glovebox.DateTime, glovebox.Decimal:
		n, ok := value.Bound(col, b)
		return float64(n), ok
	case glovebox.Float64:
		n, err := strconv.ParseFloat(string(b), 64)
		return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
	}
	n, err := strconv.ParseInt(string(b), 10, map[glovebox.Type]int{glovebox.Int32: 32, glovebox.Int64: 64}[col.Type])
	return float64(n), err == nil
}

// maskMisfit says why a mask cannot be made of a column, "" if it can.
func maskMisfit(m *glovebox.Mask, col glovebox.Column) (why, fix string) {
	identifier := col.Class == glovebox.ClassIdentifier
	number := col.Type == glovebox.Int32 || col.Type == glovebox.Int64 || col.Type == glovebox.Float64 || col.Type == glovebox.Decimal
	whole := col.Type == glovebox.Int32 || col.Type == glovebox.Int64
	switch m.Kind {
	case "none":
		if identifier {
			return "an identifier is never shown unmasked", "use token or suppress"
		}
	case "redact":
		switch {
		case col.Type != glovebox.String:
			return "redact is for texts", "use generalise or suppress"
		case identifier && !col.Keep:
			return "the original of this identifier is not kept", "use token or suppress, or register the dataset with `keep` on the column"
		}
	case "fpe", "constant":
		switch {
		case col.Type != glovebox.String:
			return "fpe and constant are for texts", "use clip, generalise or suppress"
		case identifier && !col.Keep:
			return "the original of this identifier is not kept", "use token or suppress, or register the dataset with `keep` on the column"
		}
	case "clip":
		switch {
		case identifier:
			return "an identifier cannot be clipped", "use token, redact or suppress"
		case !number && col.Type != glovebox.Date && col.Type != glovebox.DateTime:
			return "clip is for numbers, dates and times", "use redact or suppress"
		case !clipFits(m, col):
			return "a bound is no value of the column, or low is above high", "write values of the column's type"
		}
	case "generalise":
		switch {
		case len(m.Groups) > 0 && col.Type != glovebox.String:
			return "groups are for texts", "use `step` for a number, `to` for a date"
		case identifier:
			return "an identifier cannot be generalised", "use token, redact or suppress"
		case m.Step > 0 && !number:
			return "step is for numbers", "use `to` for a date, redact or suppress for a text"
		case m.Step > 0 && whole && (m.Step != math.Trunc(m.Step) || m.Step >= 1<<53):
			return "the step of a whole number is not whole", "write a whole number"
		case m.Step > 0 && col.Type == glovebox.Decimal && value.Step(m.Step, col.Scale) == 0:
			return "the step has more digits behind the point than the column", "write one with as many or fewer"
		case m.To != "" && col.Type != glovebox.Date && col.Type != glovebox.DateTime:
			return "to is for dates", "use `step` for a number, redact or suppress for a text"
		}
	case "token":
		if !identifier && !slices.Contains(identifierTypes, col.Type) {
			return "token is for identifiers, texts and whole numbers", "use generalise or suppress"
		}
	}
	return "", ""
}
