package catalog

import (
	"maps"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
)

// MaxYears is the longest term of a grant.
const MaxYears = 5

func checkGrant(c *checker, g *glovebox.Grant) {
	if len(g.Approvals) == 0 {
		g.Approvals = []glovebox.Role{glovebox.RoleAuthority, glovebox.RoleProvider}
	}
	checkTerm(c, g)
	for _, code := range slices.Sorted(maps.Keys(g.Datasets)) {
		d, p := g.Datasets[code], at("datasets", code)
		eps, rho := c.given(p.With("epsilon")), c.given(p.With("rho"))
		switch {
		case !eps && !rho:
			c.Add(p, "add `epsilon` for a ledger of kind pure, `rho` for kind zcdp", "says no budget")
		case eps && rho:
			c.AddKey(p.With("rho"), "keep the one of the dataset's ledger", "epsilon and rho exclude each other")
		}
		if d.PerDeveloper != nil {
			checkShare(c, d, p)
		}
		names := slices.Sorted(maps.Keys(d.Columns))
		first := map[string]string{}
		for _, name := range names {
			q := p.With("columns", name)
			if other, ok := first[fold(name)]; ok {
				c.AddKey(q, "keep the one that the dataset has", "%s and %s are one name: case does not count", record.Name(other), record.Name(name))
			}
			first[fold(name)] = name
			if m := d.Columns[name].Mask; m != nil {
				checkMask(c, m, q.With("mask"))
			}
		}
	}
}

// checkShare checks what each developer may spend: an amount of the same kind
// as the scenario's own, and none that is above it.
func checkShare(c *checker, d glovebox.GrantDataset, p record.Path) {
	q, each, all := p.With("per_developer"), d.PerDeveloper, d.Share()
	for _, x := range []struct {
		name      string
		each, all float64
	}{{"epsilon", each.Epsilon, all.Epsilon}, {"rho", each.Rho, all.Rho}, {"delta", each.Delta, all.Delta}} {
		switch {
		case x.name != "delta" && (x.each != 0) != (x.all != 0):
			c.Add(q, "give both in the kind of the ledger", "is not of the kind of the scenario's budget")
			return
		case x.each > x.all:
			c.Add(q.With(x.name), "lower it", "is above what the scenario may spend")
		}
	}
}

func checkTerm(c *checker, g *glovebox.Grant) { checkDays(c, nil, g.From, g.Until) }

// checkDays checks the first and the last day of a term, at p.
func checkDays(c *checker, p record.Path, first, last string) {
	from, ok := date(first)
	if !ok {
		c.Add(p.With("from"), "write a date that exists, YYYY-MM-DD", "is no date")
	}
	until, ok2 := date(last)
	if !ok2 {
		c.Add(p.With("until"), "write a date that exists, YYYY-MM-DD", "is no date")
	}
	switch {
	case !ok || !ok2:
	case until.Before(from):
		c.Add(p.With("until"), "write a day on or after `from`", "is before from")
	case until.After(from.AddDate(MaxYears, 0, 0)):
		c.Add(p.With("until"), "shorten the term; it can be granted again", "is more than %d years after from", MaxYears)
	}
}

// maskFields are the parameters of each kind of mask.
var maskFields = map[string][]string{"token": {"hash"}, "fpe": {"form", "check", "keep_first", "keep_last"}, "redact": {"keep_first", "keep_last", "form", "check"},
	"generalise": {"step", "to", "groups", "other"}, "clip": {"low", "high"}, "constant": {"value"}}

// maxGroupValues bounds the groups of a mask.
const maxGroupValues = 10_000

// checkedForms are the forms of texts with a check character.
var checkedForms = []string{"cn-resident-id", "cn-uscc", "bank-card"}

func checkMask(c *checker, m *glovebox.Mask, p record.Path) {
	for _, f := range []string{"keep_first", "keep_last", "step", "to", "groups", "other", "form", "check", "low", "high", "value", "hash"} {
		if !slices.Contains(maskFields[m.Kind], f) {
			c.absent(p.With(f), "has no meaning for a mask of kind "+m.Kind)
		}
	}
	given := 0
	for _, there := range []bool{m.Step > 0, m.To != "", len(m.Groups) > 0} {
		if there {
			given++
		}
	}
	switch {
	case m.Kind == "generalise" && given != 1:
		c.Add(p, "give `step` for a number, `to` for a date, `groups` for a text", "generalise needs exactly one of step, to and groups")
	case m.Other != "" && len(m.Groups) == 0:
		c.Add(p.With("other"), "list the groups, or leave it out", "stands for values that are in no group, and there are no groups")
	case m.Kind == "fpe" && m.Form == "":
		c.Add(p, "add `form`", "fpe needs the form that a text keeps")
	case m.Kind == "clip" && m.Low == "" && m.High == "":
		c.Add(p, "give `low`, `high` or both", "clip needs a bound")
	case m.Kind == "constant" && m.Value == "":
		c.Add(p, "add `value`", "constant needs the text that stands in place of all")
	case m.Check != "" && !slices.Contains(checkedForms, m.Form):
		c.Add(p.With("check"), "leave it out, or name a form that has one: cn-resident-id, cn-uscc, bank-card", "is for a form with a check character")
	case m.Kind == "redact" && m.Form != "" && !slices.Contains(checkedForms, m.Form):
		c.Add(p.With("form"), "leave it out, or name a form that has one: cn-resident-id, cn-uscc, bank-card", "is for a form with a check character")
	}
	seen := map[string]bool{}
	for i, g := range m.Groups {
		for j, v := range g.Values {
			if seen[v] {
				c.Add(p.With("groups", i, "values", j), "list each value in one group", "is in a group already")
			}
			seen[v] = true
		}
	}
	if len(seen) > maxGroupValues {
		c.Add(p.With("groups"), "list fewer values", "has more than %d values in all", maxGroupValues)
	}
}
