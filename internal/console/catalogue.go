package console

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
)

// catalogue lists the datasets.
func catalogue(v *view) error {
	var all []dataset
	if err := v.get("/datasets", nil, &all); err != nil {
		return err
	}
	v.Section = "datasets"
	class := v.r.URL.Query().Get("class")
	if class != "" {
		all = slices.DeleteFunc(all, func(d dataset) bool {
			return !slices.ContainsFunc(d.Record.Columns, func(c glovebox.Column) bool { return string(c.Class) == class })
		})
	}
	v.show(http.StatusOK, "catalogue", v.T("Catalogue"), paged(v, all, func(d dataset, q string) bool {
		if has(q, d.Record.Code, d.Record.Title.EN, d.Record.Title.ZH, d.Record.Provider) {
			return true
		}
		return slices.ContainsFunc(d.Record.Columns, func(c glovebox.Column) bool { return has(q, c.Name, c.Title.EN, c.Title.ZH) })
	}))
	return nil
}

// Classes are the kinds of secret that a column can be.
func (v *view) Classes() []glovebox.Class {
	return []glovebox.Class{glovebox.ClassPublic, glovebox.ClassPersonal, glovebox.ClassSensitive, glovebox.ClassBusiness, glovebox.ClassIdentifier, glovebox.ClassWork, glovebox.ClassState}
}

// Grade is the highest grade of a dataset's columns.
func (d dataset) Grade() int {
	out := 0
	for _, c := range d.Record.Columns {
		out = max(out, c.Grade)
	}
	return out
}

// datasetPage is all that whoever looks may know of one dataset.
type datasetPage struct {
	dataset
	StateOf string // digest of the record
	Mine    bool   // whoever looks answers for it
	Samples *rows
	Uses    []use
	Budget  *budget // nil: not to be read
	Chart   *lineChart
	Shots   []snapshot // for its provider
}

// use is a column that somebody used, or may use.
type use struct {
	Column    string
	Scenarios []string
	Jobs      int
	By        []string
	Last      string
}

func datasetShow(v *view) error {
	code := v.r.PathValue("code")
	p := &datasetPage{}
	var err error
	if p.StateOf, err = v.look("/datasets/"+id(code), &p.dataset); err != nil {
		return err
	}
	p.Mine = v.Holds(glovebox.RoleProvider) && v.Me.Org == p.Record.Provider
	p.Samples = &rows{}
	if err := v.get("/datasets/"+id(code)+"/rows", nil, p.Samples); err != nil {
		if _, ok := errors.AsType[*api.Failure](err); !ok {
			return err
		}
		p.Samples = nil // its record leaves no row
	}
	if p.Uses, err = v.uses(code); err != nil {
		return err
	}
	if p.Mine {
		if p.Shots, err = v.snapshots(code); err != nil {
			return err
		}
	}
	b := &budget{}
	if err := v.get("/budgets/"+id(code), nil, b); err == nil {
		p.Budget = b
		p.Chart = v.spending(b, code)
	}
	v.Section = "datasets"
	v.show(http.StatusOK, "dataset", p.Record.Title.In(v.Lang), p)
	return nil
}

// uses says of each column of a dataset who used it, as far as whoever looks may
// know: of grants, and of jobs.
func (v *view) uses(code string) ([]use, error) {
	var scenarios []scenario
	if err := v.get("/scenarios", nil, &scenarios); err != nil {
		return nil, err
	}
	by := map[string]*use{}
	of := func(column string) *use {
		if by[column] == nil {
			by[column] = &use{Column: column}
		}
		return by[column]
	}
	for _, s := range scenarios {
		if s.Grant == nil {
			continue
		}
		for c := range s.Grant.Datasets[code].Columns {
			of(c).Scenarios = append(of(c).Scenarios, s.Code)
		}
	}
	var jobs []jobDoc
	if err := v.get("/jobs", nil, &jobs); err != nil {
		return nil, err
	}
	for _, j := range jobs {
		in, ok := j.Spec.Job.Inputs[code]
		if !ok || j.State == jobRefused {
			continue
		}
		for _, c := range in.Columns {
			u := of(c)
			u.Jobs++
			u.Last = max(u.Last, j.Submitted)
			if !slices.Contains(u.By, j.Submitter) {
				u.By = append(u.By, j.Submitter)
			}
		}
	}
	var out []use
	for _, u := range by {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b use) int { return cmp.Compare(a.Column, b.Column) })
	return out, nil
}

// scenarios lists the scenarios.
func scenarios(v *view) error {
	var all []scenario
	if err := v.get("/scenarios", nil, &all); err != nil {
		return err
	}
	v.Section = "scenarios"
	v.show(http.StatusOK, "scenarios", v.T("Scenarios"), paged(v, all, func(s scenario, q string) bool {
		return has(q, s.Code, s.Title.EN, s.Title.ZH, s.Operator, string(s.State))
	}))
	return nil
}

// scenarioPage is a scenario with what it needs and what it was granted, column
// by column.
type scenarioPage struct {
	scenario
	StateOf string
	Matrix  []matrixRow
	Known   map[string]dataset
	People  []glovebox.User // developers
}

// matrixRow is a column that a scenario needs or is granted.
type matrixRow struct {
	Dataset, Column string
	First           bool // of its dataset
	Span            int  // rows of its dataset, in the first
	Record          *glovebox.Column
	Title           string // of the dataset
	Needed          bool
	Granted         *glovebox.GrantColumn
}

func scenarioShow(v *view) error {
	p := &scenarioPage{Known: map[string]dataset{}}
	var err error
	if p.StateOf, err = v.look("/scenarios/"+id(v.r.PathValue("code")), &p.scenario); err != nil {
		return err
	}
	var all []dataset
	if err := v.get("/datasets", nil, &all); err != nil {
		return err
	}
	for _, d := range all {
		p.Known[d.Record.Code] = d
	}
	p.fill(v.Lang)
	if v.Holds(glovebox.RoleAuthority) {
		var users []glovebox.User
		if err := v.get("/users", nil, &users); err != nil {
			return err
		}
		for _, u := range users {
			if slices.Contains(u.Roles, glovebox.RoleDeveloper) {
				p.People = append(p.People, u)
			}
		}
	}
	v.Section = "scenarios"
	v.show(http.StatusOK, "scenario", p.Title.In(v.Lang), p)
	return nil
}

// fill makes the matrix.
func (p *scenarioPage) fill(l glovebox.Lang) {
	columns := map[string]map[string]bool{}
	note := func(code, column string) {
		if columns[code] == nil {
			columns[code] = map[string]bool{}
		}
		columns[code][column] = true
	}
	for code, all := range p.Needs {
		for _, c := range all {
			note(code, c)
		}
	}
	if p.Grant != nil {
		for code, d := range p.Grant.Datasets {
			for c := range d.Columns {
				note(code, c)
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(columns)) {
		names := slices.Sorted(maps.Keys(columns[code]))
		for i, c := range names {
			r := matrixRow{Dataset: code, Column: c, First: i == 0, Span: len(names), Needed: slices.Contains(p.Needs[code], c)}
			if d, ok := p.Known[code]; ok {
				r.Title = d.Record.Title.In(l)
				if x, ok := d.Record.Column(c); ok {
					r.Record = &x
				}
			}
			if p.Grant != nil {
				if g, ok := p.Grant.Datasets[code].Columns[c]; ok {
					r.Granted = &g
				}
			}
			p.Matrix = append(p.Matrix, r)
		}
	}
}
