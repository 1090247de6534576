package domain

import (
	"context"
	"maps"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// Agreement is a provider's word on a scenario's use of one dataset. Of each
// dataset the newest counts.
type Agreement struct {
	Dataset string   `json:"dataset"`
	Columns []string `json:"columns"` // those that are agreed to; empty: none
	By      string   `json:"by"`
	Org     string   `json:"org,omitempty"`
	At      string   `json:"at"`
	Reason  string   `json:"reason,omitempty"` // of what is not agreed to
	// Reused is the scenario whose agreement stands for this one.
	Reused string `json:"reused,omitempty"`
}

// Answer is one of the authority's on an application: yes or no, and why.
type Answer struct {
	Yes  bool   `json:"yes"`
	Text string `json:"text"`
}

// Answers are the authority's three on an application (合理性、必要性、可满足性).
type Answers struct {
	Reasonable  Answer `json:"reasonable"`
	Necessary   Answer `json:"necessary"`
	Satisfiable Answer `json:"satisfiable"`
	By          string `json:"by"`
	Org         string `json:"org,omitempty"`
	At          string `json:"at"`
}

// Remark is what somebody said who decided on an application.
type Remark struct {
	By    string                 `json:"by"`
	Role  glovebox.Role          `json:"role"`
	At    string                 `json:"at"`
	State glovebox.ScenarioState `json:"state"` // that it led to
	Text  string                 `json:"text"`
}

// ScenarioDoc is a scenario as the database keeps it.
type ScenarioDoc struct {
	glovebox.Scenario
	Holds []glovebox.Hold `json:"holds,omitempty"` // who stopped it
	// Applicant applied for it, where that was not done in one step.
	Applicant    string `json:"applicant,omitempty"`
	ApplicantOrg string `json:"applicant_org,omitempty"`
	// Reviewer is who of its operator's side reviewed what a developer applied for.
	Reviewer   string      `json:"reviewer,omitempty"`
	Agreements []Agreement `json:"agreements,omitempty"`
	Answers    *Answers    `json:"answers,omitempty"`
	Remarks    []Remark    `json:"remarks,omitempty"`
	// Version counts what was filed: 1, 2, ...; 0: it was filed in one step and
	// never amended.
	Version int `json:"version,omitempty"`
}

// agreed is the newest word on a dataset; nil: nobody gave one.
func (s *ScenarioDoc) agreed(code string) *Agreement {
	for i := len(s.Agreements) - 1; i >= 0; i-- {
		if s.Agreements[i].Dataset == code {
			return &s.Agreements[i]
		}
	}
	return nil
}

// TakenBack are the columns of a dataset that its provider does not agree to,
// after being asked: what uses them may not run, and what was made of them may not
// leave.
func (s *ScenarioDoc) TakenBack(code string) (out []string) {
	a := s.agreed(code)
	if a == nil {
		return nil
	}
	for _, name := range s.Needs[code] {
		if !slices.Contains(a.Columns, name) {
			out = append(out, name)
		}
	}
	return out
}

// Apply files an application: what a scenario is for, a reason for each column, its
// term. Its operator does, or a developer, whose application the operator reviews
// first. reuse names a scenario of the same operator whose agreements stand where
// they cover what is needed.
func (d *Domain) Apply(ctx context.Context, by *By, role glovebox.Role, s *glovebox.Scenario, reuse string) (doc ScenarioDoc, err error) {
	if err := catalog.CheckApplication(s); err != nil {
		return doc, err
	}
	if s.Operator == "" && role == glovebox.RoleOperator {
		s.Operator = by.Name
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if known, err := Scenarios.Has(tx, s.Code); err != nil || known {
			if err == nil {
				err = glovebox.Errorf(glovebox.CodeConflict, "scenario %q exists", s.Code).WithFix("one scenario, one decision: file a new scenario under a new code")
			}
			return err
		}
		if err := operates(tx, by, role, s); err != nil {
			return err
		}
		doc = ScenarioDoc{Scenario: *s, Applicant: by.Name, ApplicantOrg: by.Org, Version: 1}
		if err := doc.To(glovebox.ScenarioProposed); err != nil {
			return err
		}
		if err := doc.reuse(tx, reuse); err != nil {
			return err
		}
		return Scenarios.Put(tx, "scenario.apply", s.Code, doc, nil)
	})
}

// operates fails unless the scenario names an operator who may run it: whoever
// applies as one, or another person that a developer names.
func operates(tx *store.Tx, by *By, role glovebox.Role, s *glovebox.Scenario) error {
	u, err := Users.Find(tx, s.Operator)
	switch {
	case err != nil:
		return err
	case u == nil || !holds(*u, glovebox.RoleOperator):
		return about(glovebox.Errorf(glovebox.CodeInvalid, "%q is no operator of this domain", s.Operator).WithFix("name the user who is to run it: `glovebox user list`"), "operator")
	case role == glovebox.RoleOperator && s.Operator != by.Name:
		return about(glovebox.Errorf(glovebox.CodeInvalid, "scenario %q names another operator than %s", s.Code, by.Name).WithFix("leave `operator` out or act as that user"), "operator")
	case role == glovebox.RoleDeveloper && s.Operator == by.Name:
		return about(glovebox.Errorf(glovebox.CodeDenied, "%s applies as developer for a scenario of their own", by.Name).WithFix("apply as its operator"), "operator")
	}
	return nil
}

// reuse takes over the agreements of another scenario that cover what this one
// needs of a dataset (已有数据可不再重复申请). It stands on the same operator.
func (s *ScenarioDoc) reuse(tx *store.Tx, from string) error {
	if from == "" {
		return nil
	}
	var old ScenarioDoc
	if err := Scenarios.Get(tx, from, &old); err != nil {
		return about(err, "reuse")
	}
	if old.State != glovebox.ScenarioGranted || old.Operator != s.Operator {
		return about(glovebox.Errorf(glovebox.CodeConflict, "scenario %q is not one of %s that is granted", from, s.Operator).WithFix("name another one, or leave --reuse out and have the providers asked"), "reuse")
	}
	for _, code := range slices.Sorted(maps.Keys(s.Needs)) {
		a := old.agreed(code)
		if a == nil || slices.ContainsFunc(s.Needs[code], func(c string) bool { return !slices.Contains(a.Columns, c) }) {
			continue
		}
		s.Agreements = append(s.Agreements, Agreement{Dataset: code, Columns: slices.Clone(s.Needs[code]), By: a.By, Org: a.Org, At: a.At, Reused: from})
	}
	return nil
}

// open fails for a scenario on which nobody has a word to say any more.
func (s *ScenarioDoc) open() error {
	switch s.State {
	case glovebox.ScenarioProposed, glovebox.ScenarioReviewed, glovebox.ScenarioGranted, glovebox.ScenarioSuspended:
		return nil
	}
	return glovebox.Errorf(glovebox.CodeConflict, "scenario %q is %s: there is nothing to review", s.Code, s.State)
}

// usesTakenBack says whether a job reads a column that its provider took back.
func usesTakenBack(s *ScenarioDoc, j *job.Doc) bool {
	for code := range j.Basis.Job.Inputs {
		for _, name := range s.TakenBack(code) {
			if _, masked := j.Basis.Masks[code][name]; masked || slices.Contains(j.Basis.Job.Inputs[code].Columns, name) {
				return true
			}
		}
	}
	return false
}

// ReturnScenario sends an application back with remarks; RefuseScenario refuses
// it, for good. The authority does, and the operator returns what a developer
// applied for.
func (d *Domain) ReturnScenario(ctx context.Context, by *By, code string, b Brake) (ScenarioDoc, error) {
	return d.changeScenario(ctx, by, code, b, func(tx *store.Tx, s *ScenarioDoc) error {
		if err := s.remark(by, b, d.Stamp(), glovebox.ScenarioReturned); err != nil {
			return err
		}
		return Scenarios.Put(tx, "scenario.return", code, *s, b.said(by))
	})
}

// RefuseScenario refuses an application for good.
func (d *Domain) RefuseScenario(ctx context.Context, by *By, code string, b Brake) (ScenarioDoc, error) {
	return d.changeScenario(ctx, by, code, b, func(tx *store.Tx, s *ScenarioDoc) error {
		if err := s.remark(by, b, d.Stamp(), glovebox.ScenarioRefused); err != nil {
			return err
		}
		return Scenarios.Put(tx, "scenario.refuse", code, *s, b.said(by))
	})
}

func (s *ScenarioDoc) remark(by *By, b Brake, now string, to glovebox.ScenarioState) error {
	if err := s.To(to); err != nil {
		return err
	}
	s.Remarks = append(s.Remarks, Remark{By: by.Name, Role: b.Role, At: now, State: to, Text: b.Reason})
	return nil
}
