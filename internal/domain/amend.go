package domain

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// Amended is an amendment: what it changes, and what becomes void by it.
type Amended struct {
	Scenario ScenarioDoc `json:"scenario"`
	Changes  []string    `json:"changes"` // fields, such as purpose and needs.population.income
	Void     []string    `json:"void"`    // agreements by dataset, answers, grant
}

// AmendScenario files another version of a scenario: its operator does, or who
// applied for it. A change of what people read alone voids nothing. What is needed
// of a dataset beyond what was agreed to voids the agreement, another purpose voids
// all; any of these, other products and another term void the authority's answers
// and the grant, so that nothing runs until it is granted anew. What was charged
// stays charged.
func (d *Domain) AmendScenario(ctx context.Context, by *By, b Brake, next *glovebox.Scenario) (out Amended, err error) {
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		var s ScenarioDoc
		if err := Scenarios.Get(tx, next.Code, &s); err != nil {
			return about(err, "code")
		}
		if by.Name != s.Operator && by.Name != s.Applicant {
			return glovebox.Errorf(glovebox.CodeDenied, "%s neither runs scenario %q nor applied for it", by.Name, s.Code).WithFix("its operator amends it")
		}
		if next.Operator != "" && next.Operator != s.Operator {
			return about(glovebox.Errorf(glovebox.CodeInvalid, "another operator is another scenario").WithFix("file a new scenario under a new code"), "operator")
		}
		next.Operator, next.State = s.Operator, s.State
		if s.Applicant != "" {
			if err := catalog.CheckApplication(next); err != nil {
				return err
			}
		}
		out.Changes, out.Void = []string{}, []string{}
		again := s.compare(next, &out)
		if len(out.Changes) == 0 && s.State != glovebox.ScenarioReturned {
			return glovebox.Errorf(glovebox.CodeConflict, "the document says what scenario %q says already", s.Code)
		}
		s.Scenario = *next
		s.Version++
		if err := s.refile(again, &out); err != nil {
			return err
		}
		out.Scenario = s
		body := b.said(by)
		body["changes"], body["void"] = out.Changes, out.Void
		if err := Scenarios.Put(tx, "scenario.amend", s.Code, s, body); err != nil || !slices.Contains(out.Void, "grant") {
			return err
		}
		if err := grantTo(tx, s.Code, glovebox.GrantEnded); err != nil {
			return err
		}
		return stopped(tx, Scenarios.Subject(s.Code), func(j *job.Doc) bool { return j.Scenario == s.Code })
	})
	return out, err
}

// compare lists what another version changes, and drops the agreements that it
// voids; true: it has to be granted anew.
func (s *ScenarioDoc) compare(next *glovebox.Scenario, out *Amended) (again bool) {
	changed := func(field string, differs bool) bool {
		if differs {
			out.Changes = append(out.Changes, field)
		}
		return differs
	}
	changed("title", next.Title != s.Title)
	purpose := changed("purpose", next.Purpose != s.Purpose)
	products := changed("products", !sameProducts(next.Products, s.Products))
	changed("products.texts", !products && !reflect.DeepEqual(next.Products, s.Products))
	term := changed("term", !reflect.DeepEqual(next.Term, s.Term))
	partner := changed("partner", next.Partner != s.Partner)
	again = purpose || products || term || partner
	for _, code := range slices.Sorted(maps.Keys(union(next.Needs, s.Needs))) {
		grown := false
		for _, name := range next.Needs[code] {
			grown = changed("needs."+code+"."+name, !slices.Contains(s.Needs[code], name)) || grown
		}
		for _, name := range s.Needs[code] {
			again = changed("needs."+code+"."+name, !slices.Contains(next.Needs[code], name)) || again
		}
		again = again || grown
		a := s.agreed(code)
		if a == nil || !purpose && !slices.ContainsFunc(next.Needs[code], func(c string) bool { return !slices.Contains(a.Columns, c) && !slices.Contains(s.Needs[code], c) }) {
			continue
		}
		s.Agreements = slices.DeleteFunc(slices.Clone(s.Agreements), func(x Agreement) bool { return x.Dataset == code })
		out.Void = append(out.Void, "agreement."+code)
	}
	changed("reasons", !reflect.DeepEqual(next.Reasons, s.Reasons))
	return again
}

// refile moves an amended scenario to the state in which it is decided on anew,
// where it has to be.
func (s *ScenarioDoc) refile(again bool, out *Amended) error {
	switch {
	case s.State == glovebox.ScenarioSuspended && again:
		return glovebox.Errorf(glovebox.CodeConflict, "scenario %q is suspended", s.Code).WithFix("whoever stopped it lets go of it first: `glovebox scenario resume %s --reason TEXT`", s.Code)
	case !again && (s.State == glovebox.ScenarioGranted || s.State == glovebox.ScenarioSuspended):
		return nil
	}
	if s.Answers != nil {
		s.Answers = nil
		out.Void = append(out.Void, "answers")
	}
	if s.State == glovebox.ScenarioGranted {
		out.Void = append(out.Void, "grant")
	}
	s.Reviewer = ""
	return s.To(glovebox.ScenarioProposed)
}

// sameProducts says whether two lists have the same products for the same
// institutions, whatever people read of them.
func sameProducts(a, b []glovebox.Product) bool {
	return slices.EqualFunc(a, b, func(x, y glovebox.Product) bool {
		return x.Code == y.Code && x.Registration == y.Registration && slices.Equal(x.Readers, y.Readers)
	})
}

func union[V any](a, b map[string]V) map[string]V {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
