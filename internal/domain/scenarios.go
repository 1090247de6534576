package domain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain/store"
)

// AddScenario files a proposed purpose. The operator does it.
func (d *Domain) AddScenario(ctx context.Context, by *By, s *glovebox.Scenario) error {
	if err := require(by.User, glovebox.RoleOperator, "propose a scenario"); err != nil {
		return err
	}
	if s.Operator == "" {
		s.Operator = by.Name
	}
	if s.Operator != by.Name {
		return glovebox.Errorf(glovebox.CodeInvalid, "scenario %q names another operator than %s", s.Code, by.Name).
			WithFix("leave `operator` out or act as that user")
	}
	if err := s.To(glovebox.ScenarioProposed); err != nil {
		return err
	}
	return d.Effect(ctx, by, func(tx *store.Tx) error {
		if known, err := Scenarios.Has(tx, s.Code); err != nil || known {
			if err == nil {
				err = glovebox.Errorf(glovebox.CodeConflict, "scenario %q exists", s.Code).WithFix("one scenario, one decision: file a new scenario under a new code")
			}
			return err
		}
		return Scenarios.Put(tx, "scenario.add", s.Code, ScenarioDoc{Scenario: *s}, nil)
	})
}

// Grant gives a proposed scenario its rights, or replaces them. The authority
// does it. The grant must name what the catalogue has, within what the
// scenario needs.
func (d *Domain) Grant(ctx context.Context, by *By, g *glovebox.Grant) error {
	if err := require(by.User, glovebox.RoleAuthority, "grant a scenario"); err != nil {
		return err
	}
	return d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := thawed(tx); err != nil {
			return err
		}
		var s ScenarioDoc
		if err := Scenarios.Get(tx, g.Scenario, &s); err != nil {
			return about(err, "scenario")
		}
		if s.State == glovebox.ScenarioSuspended {
			return glovebox.Errorf(glovebox.CodeConflict, "scenario %q is suspended", s.Code).WithFix("whoever stopped it lets go of it first: `glovebox scenario resume %s --reason TEXT`", s.Code)
		}
		datasets := map[string]*glovebox.Dataset{}
		for code := range g.Datasets {
			rec := &DatasetDoc{}
			if err := Datasets.Get(tx, code, rec); err != nil {
				return about(err, "datasets."+code)
			}
			datasets[code] = &rec.Record
			if err := saidSpaces(tx, &rec.Record); err != nil {
				return about(err, "datasets."+code)
			}
		}
		if err := catalog.CheckGrant(g, &s.Scenario, datasets); err != nil {
			return err
		}
		if err := s.To(glovebox.ScenarioGranted); err != nil {
			return err
		}
		if err := d.grantable(tx, by, &s, g); err != nil {
			return err
		}
		for i, name := range g.Developers {
			field := fmt.Sprintf("developers[%d]", i)
			var dev glovebox.User
			if err := Users.Get(tx, name, &dev); err != nil {
				return about(err, field)
			}
			if !slices.Contains(dev.Roles, glovebox.RoleDeveloper) {
				return about(glovebox.Errorf(glovebox.CodeInvalid, "%s is not a developer", name).WithFix("`glovebox user add %s --role developer`", name), field)
			}
		}
		if err := g.To(glovebox.GrantActive); err != nil {
			return err
		}
		g.By = by.Name
		if err := Grants.Put(tx, "scenario.grant", s.Code, *g, nil); err != nil {
			return err
		}
		return Scenarios.Put(tx, "scenario.granted", s.Code, s, nil)
	})
}

// grantable fails unless those whom a grant needs said yes: of what was applied
// for, and in a domain with the setting applications of everything, each provider
// agreed to the columns and the authority gave its three answers. In a domain that
// is served whoever grants is neither who applied nor the operator, in person or by
// institution.
func (d *Domain) grantable(tx *store.Tx, by *By, s *ScenarioDoc, g *glovebox.Grant) error {
	local, err := Local(tx)
	if err != nil {
		return err
	}
	if !local {
		if err := apartFrom(tx, by, s); err != nil {
			return err
		}
	}
	if s.Applicant == "" && !d.Applications {
		return nil
	}
	if s.Applicant != "" && s.Applicant != s.Operator && s.Reviewer == "" {
		return glovebox.Errorf(glovebox.CodeConflict, "the operator of scenario %q has not reviewed it yet", s.Code).WithFix("its operator does: `glovebox scenario review %s`", s.Code)
	}
	for _, code := range slices.Sorted(maps.Keys(g.Datasets)) {
		for _, name := range slices.Sorted(maps.Keys(g.Datasets[code].Columns)) {
			if a := s.agreed(code); a == nil || !slices.Contains(a.Columns, name) {
				return about(glovebox.Errorf(glovebox.CodeDenied, "its provider has not agreed to the use of this column").WithFix("its provider does: `glovebox scenario review %s --dataset %s`", s.Code, code), "datasets."+code+".columns."+name)
			}
		}
	}
	if a := s.Answers; a == nil || !a.Reasonable.Yes || !a.Necessary.Yes || !a.Satisfiable.Yes {
		return glovebox.Errorf(glovebox.CodeDenied, "the authority has not found scenario %q reasonable, necessary and satisfiable", s.Code).
			WithFix("it says so, or returns it: `glovebox scenario review %s --reasonable yes:WHY --necessary yes:WHY --satisfiable yes:WHY`", s.Code)
	}
	if t := s.Term; t != nil && (g.From < t.From || g.Until > t.Until) {
		return about(glovebox.Errorf(glovebox.CodeInvalid, "the grant is for other days than were applied for, %s to %s", t.From, t.Until).WithFix("shorten it, or have the scenario amended: `glovebox scenario amend`"), "until")
	}
	return nil
}

// apartFrom fails where whoever grants applied for it or runs it, in person or by
// institution.
func apartFrom(tx *store.Tx, by *By, s *ScenarioDoc) error {
	for _, name := range []string{s.Applicant, s.Operator} {
		u, err := Users.Find(tx, name)
		if err != nil {
			return err
		}
		if name == by.Name || u != nil && u.Org != "" && u.Org == by.Org {
			return glovebox.Errorf(glovebox.CodeDenied, "%s, or their institution, applied for scenario %q or runs it, and cannot grant it", by.Name, s.Code).WithFix("the authority of another institution grants it")
		}
	}
	return nil
}

// about completes an error with the field of the document that it is about.
func about(err error, field string) error {
	if e, ok := errors.AsType[*glovebox.Error](err); ok && e.Field == "" {
		e.Field = field
	}
	return err
}

// ScenarioView is a scenario with its grant, if it has one.
type ScenarioView struct {
	ScenarioDoc
	Grant *glovebox.Grant `json:"grant,omitempty"`
	// Unknown lists what the scenario needs and the catalogue lacks: datasets, and
	// columns as DATASET.COLUMN. Nobody can grant them.
	Unknown []string `json:"unknown,omitempty"`
}

// readUnknown looks up what a scenario needs.
func (v *ScenarioView) readUnknown(tx *store.Tx) error {
	for _, code := range slices.Sorted(maps.Keys(v.Needs)) {
		doc, err := Datasets.Find(tx, code)
		if err != nil {
			return err
		}
		if doc == nil {
			v.Unknown = append(v.Unknown, code)
			continue
		}
		for _, name := range v.Needs[code] {
			if !slices.ContainsFunc(doc.Record.Columns, func(c glovebox.Column) bool { return c.Name == name }) {
				v.Unknown = append(v.Unknown, code+"."+name)
			}
		}
	}
	return nil
}

// Scenarios lists all scenarios with their grants.
func (d *Domain) Scenarios(ctx context.Context) (out []ScenarioView, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		all, err := Scenarios.List(tx)
		if err != nil {
			return err
		}
		for _, s := range all {
			v := ScenarioView{ScenarioDoc: s}
			if err := v.readUnknown(tx); err != nil {
				return err
			}
			if v.Grant, err = Grants.Find(tx, s.Code); err != nil {
				return err
			}
			out = append(out, v)
		}
		return nil
	})
	return out, err
}

// Scenario returns one scenario with its grant.
func (d *Domain) Scenario(ctx context.Context, code string) (ScenarioView, error) {
	all, err := d.Scenarios(ctx)
	if err != nil {
		return ScenarioView{}, err
	}
	for _, s := range all {
		if s.Code == code {
			return s, nil
		}
	}
	return ScenarioView{}, glovebox.Errorf(glovebox.CodeNotFound, "no scenario %q in this domain", code).WithFix("`glovebox scenario list` shows what there is")
}
