package catalog

import (
	"slices"
	"testing"

	"glovebox.example/glovebox"
)

func TestScenarioChecks(t *testing.T) {
	doc := docExamples(t, KindScenario)[0]
	for name, c := range map[string]struct {
		edits []string
		want  []string
	}{
		"twice": {[]string{"needs:\n", "  - {code: care-hotspots, registration: DY-2025-0002, title: {en: x}}\nneeds:\n", "[id_card, grade]", "[grade, Grade, _unit]"},
			[]string{
				"s:12:12: products[1].code: product `care-hotspots` is the name of entry 1 already; case does not count (rename one of the two)",
				"s:12:41: products[1].registration: is that of entry 1 already (each product has a registration code of its own)",
				"s:15:23: needs.disability[1]: column `Grade` is the name of entry 1 already; case does not count (rename one of the two)",
				"s:15:30: needs.disability[2]: names that start with _ are reserved (start it with a letter)"}},
		"form": {[]string{"operator: liu", "operator: \"\"\nstate: granted", "[id_card, township, birth_year]", "[]", "  disability:", "  Disability:", "registration: DY-2025-0002", "registration: ''"},
			[]string{
				"s:6:11: operator: does not have the expected form (write a user name: a letter, then letters, digits and . _ · -, at most 32, none upper-case)",
				"s:7:1: state: cannot be given here (leave it out: the domain sets it)",
				"s:10:19: products[0].registration: does not have the expected form (write a registration code of 1 to 64 characters without spaces)",
				"s:14:15: needs.population: has too few entries (write a list of 1 to 512 entries)",
				"s:15:3: needs.Disability: name does not have the expected form (write a code: a lower-case letter, then at most 62 of a-z, 0-9, _ and -)"}},
		"no products": {[]string{"products:\n  - code: care-hotspots\n    registration: DY-2025-0002\n    title: {en: Care hot spots, zh: 服务需求热点}\n    limits: {en: not for marketing, zh: 不得用于营销}\n", ""},
			[]string{"s:1:1: field `products` is missing (add it: a list of 1 to 50 entries)"}},
	} {
		_, err := ParseScenario("s", edit(t, doc, c.edits...))
		problems(t, name, err, c.want...)
	}
}

func TestGrantChecks(t *testing.T) {
	doc := docExamples(t, KindGrant)[0]
	g, err := ParseGrant("g", edit(t, doc, "approvals: [authority, provider]\n", "", "2026-12-31", "2031-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(g.Approvals, []glovebox.Role{glovebox.RoleAuthority, glovebox.RoleProvider}) {
		t.Errorf("approvals are %v", g.Approvals)
	}
	for name, c := range map[string]struct {
		edits []string
		want  []string
	}{
		"term too long": {[]string{"until: 2026-12-31", "until: 2031-01-02"},
			[]string{"g:3:8: until: is more than 5 years after from (shorten the term; it can be granted again)"}},
		"term backwards": {[]string{"until: 2026-12-31", "until: 2025-12-31"},
			[]string{"g:3:8: until: is before from (write a day on or after `from`)"}},
		"no such day": {[]string{"from: 2026-01-01", "from: 2026-02-29", "until: 2026-12-31", "until: 2026-13-01"},
			[]string{"g:2:7: from: is no date (write a date that exists, YYYY-MM-DD)", "g:3:8: until: is no date (write a date that exists, YYYY-MM-DD)"}},
		"date as a number": {[]string{"from: 2026-01-01", "from: 20260101"},
			[]string{"g:2:7: from: is a number, not a text (put it in quotes: a text is wanted)"}},
		"budget": {[]string{"    epsilon: 4               # the scenario's share of the dataset's ledger\n", "    epsilon: 4\n    rho: 1\n", "  disability:\n    epsilon: 4\n", "  disability:\n"},
			[]string{
				"g:9:5: datasets.population.rho: epsilon and rho exclude each other (keep the one of the dataset's ledger)",
				"g:16:5: datasets.disability: says no budget (add `epsilon` for a ledger of kind pure, `rho` for kind zcdp)"}},
		"per developer": {[]string{"  disability:\n    epsilon: 4\n", "  disability:\n    epsilon: 4\n    per_developer: {epsilon: 5, delta: 1e-6}\n"},
			[]string{
				"g:16:30: datasets.disability.per_developer.epsilon: is above what the scenario may spend (lower it)",
				"g:16:40: datasets.disability.per_developer.delta: is above what the scenario may spend (lower it)"}},
		"per developer, another kind": {[]string{"  disability:\n    epsilon: 4\n", "  disability:\n    epsilon: 4\n    per_developer: {rho: 2}\n"},
			[]string{"g:16:20: datasets.disability.per_developer: is not of the kind of the scenario's budget (give both in the kind of the ledger)"}},
		"masks": {[]string{"{kind: token}", "{kind: token, keep_first: 3}", "{kind: generalise, step: 5}", "{kind: generalise, step: 5, to: year}", "{kind: none}", "{kind: generalise, keep_last: 2}"},
			[]string{
				"g:11:51: datasets.population.columns.id_card.mask.keep_first: has no meaning for a mask of kind token (remove it)",
				"g:13:40: datasets.population.columns.birth_year.mask: generalise needs exactly one of step, to and groups (give `step` for a number, `to` for a date, `groups` for a text)",
				"g:17:43: datasets.disability.columns.grade.mask: generalise needs exactly one of step, to and groups (give `step` for a number, `to` for a date, `groups` for a text)",
				"g:17:62: datasets.disability.columns.grade.mask.keep_last: has no meaning for a mask of kind generalise (remove it)"}},
		"tokens that say they are shared": {[]string{"mask: {kind: token}", "mask: {kind: token, shared: true}"},
			[]string{"g:11:51: datasets.population.columns.id_card.mask.shared: cannot be given here (leave it out: list `key` in the column's use)"}},
		"columns that differ by case": {[]string{"      township:", "      TOWNSHIP: {use: [filter]}\n      township:"},
			[]string{"g:13:7: datasets.population.columns.township: `TOWNSHIP` and `township` are one name: case does not count (keep the one that the dataset has)"}},
		"form": {[]string{"use: [input, filter]}", "use: [input, export]}", "approvals: [authority, provider]", "approvals: [developer]\nby: zhao", "sha256:2c", "sha256:2C", "developers: [wang]", "developers: [wang, wang]", "kind: none", "kind: nothing"},
			[]string{
				"g:4:20: developers[1]: is the same as entry 1 of the list (keep one of the two)",
				"g:12:31: datasets.population.columns.township.use[1]: is none of the values allowed (write one of `input`, `filter`, `key`)",
				"g:17:50: datasets.disability.columns.grade.mask.kind: is none of the values allowed (write one of `none`, `token`, `fpe`, `redact`, `generalise`, `clip`, `constant`, `suppress`)",
				"g:19:5: modules[0]: does not have the expected form (write a module digest: sha256: and 64 lower-case hex digits)",
				"g:20:13: approvals[0]: is none of the values allowed (write one of `provider`, `authority`, `operator`, `auditor`)",
				"g:21:1: by: cannot be given here (leave it out: the domain sets it)"}},
	} {
		_, err := ParseGrant("g", edit(t, doc, c.edits...))
		problems(t, name, err, c.want...)
	}
}

// world is the scenario, the grant and the datasets of the documentation.
func world(t *testing.T) (*glovebox.Grant, *glovebox.Scenario, map[string]*glovebox.Dataset) {
	t.Helper()
	g, err := ParseGrant("g", []byte(docExamples(t, KindGrant)[0]))
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseScenario("s", []byte(docExamples(t, KindScenario)[0]))
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParseDataset("p", []byte(docExamples(t, KindDataset)[0]))
	if err != nil {
		t.Fatal(err)
	}
	d, err := ParseDataset("d", []byte(`{code: disability, title: {en: Disability}, provider: 残联, update: month, source: {format: json},
		unit: {space: person, column: id_card, max_rows: 1}, ledger: {kind: pure, epsilon: 5},
		columns: [{name: id_card, type: string, class: identifier, grade: 4, keep: true}, {name: grade, type: int32, class: sensitive, grade: 3, min: 1, max: 4},
			{name: since, type: date, class: sensitive, grade: 3}, {name: score, type: float64, class: sensitive, grade: 3}, {name: own, type: bool, class: sensitive, grade: 3}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return g, s, map[string]*glovebox.Dataset{"population": p, "disability": d}
}

func TestCheckGrant(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*glovebox.Grant, *glovebox.Scenario, map[string]*glovebox.Dataset)
		want   []string
	}{
		"fits": {func(*glovebox.Grant, *glovebox.Scenario, map[string]*glovebox.Dataset) {}, nil},
		"other names": {func(g *glovebox.Grant, s *glovebox.Scenario, ds map[string]*glovebox.Dataset) {
			g.Scenario = "other"
			g.Products = []string{"care-hotspot", "loans"}
			g.Datasets["populatoin"] = g.Datasets["population"]
			delete(g.Datasets, "population")
			delete(ds, "disability")
		}, []string{
			"datasets.disability: the domain has no such dataset (register the dataset first)",
			"datasets.populatoin: the scenario does not need this dataset (did you mean `population`?)",
			"products[0]: `care-hotspot` is no product of the scenario (did you mean `care-hotspots`?)",
			"products[1]: `loans` is no product of the scenario (products of the scenario: `care-hotspots`)",
			"scenario: is not `elderly-care` (grant the scenario that was filed)"}},
		"columns": {func(g *glovebox.Grant, s *glovebox.Scenario, _ map[string]*glovebox.Dataset) {
			cols := g.Datasets["population"].Columns
			cols["birthyear"] = cols["birth_year"]
			cols["household"] = cols["township"]
		}, []string{
			"datasets.population.columns.birthyear: names no column of `population` (did you mean `birth_year`?)",
			"datasets.population.columns.household: the scenario does not need this column (remove it, or file it under `needs` of the scenario)"}},
		"budgets": {func(g *glovebox.Grant, _ *glovebox.Scenario, ds map[string]*glovebox.Dataset) {
			p := g.Datasets["population"]
			p.Epsilon, p.Delta = 20.5, 1e-3
			g.Datasets["population"] = p
			ds["disability"].Ledger = glovebox.LedgerDef{Kind: glovebox.LedgerZCDP, Rho: 1}
		}, []string{
			"datasets.disability: the ledger of this dataset is of kind zcdp (give the budget as `rho`)",
			"datasets.population.delta: is above the total of the dataset's ledger (lower it)",
			"datasets.population.epsilon: is above the total of the dataset's ledger (lower it)"}},
	} {
		g, s, ds := world(t)
		c.change(g, s, ds)
		problems(t, name, CheckGrant(g, s, ds), c.want...)
	}
}

func TestMasksFitTheirColumns(t *testing.T) {
	_, _, ds := world(t)
	column := map[string]glovebox.Column{}
	for _, d := range []string{"population", "disability"} {
		for _, c := range ds[d].Columns {
			if c.Class == glovebox.ClassIdentifier {
				c.Name = map[bool]string{false: "dropped id", true: "kept id"}[c.Keep]
			}
			column[c.Name] = c
		}
	}
	all := []string{"dropped id", "kept id", "township", "birth_year", "score", "since", "own"}
	for name, c := range map[string]struct {
		mask glovebox.Mask
		fits []string
	}{
		"none":        {glovebox.Mask{Kind: "none"}, []string{"township", "birth_year", "score", "since", "own"}},
		"token":       {glovebox.Mask{Kind: "token"}, []string{"dropped id", "kept id", "township", "birth_year"}},
		"redact":      {glovebox.Mask{Kind: "redact", KeepFirst: 3}, []string{"kept id", "township"}},
		"step":        {glovebox.Mask{Kind: "generalise", Step: 5}, []string{"birth_year", "score"}},
		"broken step": {glovebox.Mask{Kind: "generalise", Step: 0.5}, []string{"score"}},
		"to":          {glovebox.Mask{Kind: "generalise", To: "year"}, []string{"since"}},
		"suppress":    {glovebox.Mask{Kind: "suppress"}, all},
	} {
		for _, col := range all {
			why, fix := maskMisfit(&c.mask, column[col])
			if fits := slices.Contains(c.fits, col); fits != (why == "") || (why == "") != (fix == "") {
				t.Errorf("%s on %s: %q (%q)", name, col, why, fix)
			}
		}
	}
}
