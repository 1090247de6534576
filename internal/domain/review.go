package domain

import (
	"context"
	"maps"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// Review is somebody's word on an application.
type Review struct {
	Role glovebox.Role
	// Of a provider: which dataset, "" for all of its own; which columns it agrees
	// to, nil for all that are needed; and why not the others.
	Dataset string
	Columns []string
	Refuse  bool
	Reason  string
	// Of the authority.
	Answers *Answers
}

// ReviewScenario records a word on an application, or on what was granted: the
// operator's first review of what a developer applied for, a provider's agreement
// to the use of its columns, which it can take back, the authority's answers.
func (d *Domain) ReviewScenario(ctx context.Context, by *By, code string, r Review) (doc ScenarioDoc, err error) {
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Scenarios.Get(tx, code, &doc); err != nil {
			return err
		}
		if err := ofScenario(&doc.Scenario).Answers(tx, by.User, r.Role); err != nil {
			return err
		}
		switch r.Role {
		case glovebox.RoleOperator:
			err = doc.firstReview(by)
		case glovebox.RoleProvider:
			err = doc.agree(tx, by, r, d.Stamp())
		default:
			err = doc.answer(by, r.Answers, d.Stamp())
		}
		if err != nil {
			return err
		}
		if err := Scenarios.Put(tx, "scenario.review", code, doc, map[string]any{"role": r.Role}); err != nil || r.Role != glovebox.RoleProvider {
			return err
		}
		return stopped(tx, Scenarios.Subject(code), func(j *job.Doc) bool { return j.Scenario == code && usesTakenBack(&doc, j) })
	})
}

func (s *ScenarioDoc) firstReview(by *By) error {
	if s.Applicant == "" || s.Applicant == s.Operator {
		return glovebox.Errorf(glovebox.CodeConflict, "its operator applied for scenario %q: there is nothing to review first", s.Code)
	}
	if s.State != glovebox.ScenarioProposed {
		return glovebox.Errorf(glovebox.CodeConflict, "scenario %q is %s: there is nothing to review first", s.Code, s.State)
	}
	s.Reviewer = by.Name
	return s.To(glovebox.ScenarioReviewed)
}

func (s *ScenarioDoc) agree(tx *store.Tx, by *By, r Review, now string) error {
	if err := s.open(); err != nil {
		return err
	}
	any := false
	for _, code := range slices.Sorted(maps.Keys(s.Needs)) {
		rec, err := Datasets.Find(tx, code)
		if err != nil {
			return err
		}
		if rec == nil || rec.Record.Provider != by.Org || r.Dataset != "" && r.Dataset != code {
			continue
		}
		any = true
		a := Agreement{Dataset: code, Columns: []string{}, By: by.Name, Org: by.Org, At: now, Reason: r.Reason}
		for _, name := range s.Needs[code] {
			if !r.Refuse && (r.Columns == nil || slices.Contains(r.Columns, name)) {
				a.Columns = append(a.Columns, name)
			}
		}
		for _, name := range r.Columns {
			if !slices.Contains(s.Needs[code], name) {
				return about(glovebox.Errorf(glovebox.CodeInvalid, "the scenario does not need column %q of %s", name, code).WithFix("`glovebox scenario show %s` lists what it needs", s.Code), "columns")
			}
		}
		if len(a.Columns) < len(s.Needs[code]) && r.Reason == "" {
			return about(glovebox.Errorf(glovebox.CodeInvalid, "a column of %s is not agreed to, and no reason is given", code).WithFix("say why with --reason"), "reason")
		}
		s.Agreements = append(slices.DeleteFunc(slices.Clone(s.Agreements), func(x Agreement) bool { return x.Dataset == code }), a)
	}
	if !any {
		return about(glovebox.Errorf(glovebox.CodeInvalid, "the scenario needs no such dataset of the institution of %s", by.Name), "dataset")
	}
	return nil
}

func (s *ScenarioDoc) answer(by *By, a *Answers, now string) error {
	if err := s.open(); err != nil {
		return err
	}
	if a == nil {
		return about(glovebox.Errorf(glovebox.CodeInvalid, "no answers are given").WithFix("give --reasonable, --necessary and --satisfiable, each as `yes: why` or `no: why`"), "answers")
	}
	for _, x := range []struct {
		name string
		a    Answer
	}{{"reasonable", a.Reasonable}, {"necessary", a.Necessary}, {"satisfiable", a.Satisfiable}} {
		if err := words(x.name, x.a.Text, true); err != nil {
			return err
		}
	}
	s.Answers = &Answers{Reasonable: a.Reasonable, Necessary: a.Necessary, Satisfiable: a.Satisfiable, By: by.Name, Org: by.Org, At: now}
	return nil
}
