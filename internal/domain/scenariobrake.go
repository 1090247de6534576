package domain

import (
	"context"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// changeScenario changes a scenario on behalf of somebody who answers for it.
func (d *Domain) changeScenario(ctx context.Context, by *By, code string, b Brake, change func(*store.Tx, *ScenarioDoc) error) (doc ScenarioDoc, err error) {
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Scenarios.Get(tx, code, &doc); err != nil {
			return err
		}
		if err := ofScenario(&doc.Scenario).Answers(tx, by.User, b.Role); err != nil {
			return err
		}
		return change(tx, &doc)
	})
}

// grantTo moves a scenario's grant, if it has one that is not over, to a state.
func grantTo(tx *store.Tx, code string, s glovebox.GrantState) error {
	g, err := Grants.Find(tx, code)
	if err != nil || g == nil || g.State == glovebox.GrantEnded || g.State == s {
		return err
	}
	if err := g.To(s); err != nil {
		return err
	}
	switch s {
	case glovebox.GrantSuspended:
		return Grants.Put(tx, "grant.suspend", code, *g, nil)
	case glovebox.GrantEnded:
		return Grants.Put(tx, "grant.end", code, *g, nil)
	}
	return Grants.Put(tx, "grant.resume", code, *g, nil)
}

// SuspendScenario stops a scenario at once: nothing of it runs or leaves until
// everyone who stopped it let go. Its operator or the authority does it, alone.
func (d *Domain) SuspendScenario(ctx context.Context, by *By, code string, b Brake) (ScenarioDoc, error) {
	return d.changeScenario(ctx, by, code, b, func(tx *store.Tx, s *ScenarioDoc) error {
		h, err := d.hold(tx, by, b)
		if err == nil {
			err = s.To(glovebox.ScenarioSuspended)
		}
		if err == nil {
			s.Holds, err = pull(s.Holds, h, by.User)
		}
		if err == nil {
			err = Scenarios.Put(tx, "scenario.suspend", code, *s, b.said(by))
		}
		if err == nil {
			err = grantTo(tx, code, glovebox.GrantSuspended)
		}
		if err != nil {
			return err
		}
		return stopped(tx, Scenarios.Subject(code), func(j *job.Doc) bool { return j.Scenario == code })
	})
}

// ResumeScenario lets go of a stop. The scenario goes on when nobody holds it.
func (d *Domain) ResumeScenario(ctx context.Context, by *By, code string, b Brake) (ScenarioDoc, error) {
	return d.changeScenario(ctx, by, code, b, func(tx *store.Tx, s *ScenarioDoc) error {
		if s.State != glovebox.ScenarioSuspended {
			return glovebox.Errorf(glovebox.CodeConflict, "scenario %q is %s: there is nothing to resume", code, s.State)
		}
		left, free, err := letGo(s.Holds, by.User, b.Role)
		if err != nil {
			return err
		}
		if s.Holds = left; free {
			if err := s.To(glovebox.ScenarioGranted); err != nil {
				return err
			}
		}
		if err := Scenarios.Put(tx, "scenario.resume", code, *s, b.said(by)); err != nil || !free {
			return err
		}
		return grantTo(tx, code, glovebox.GrantActive)
	})
}

// EndScenario ends a scenario and its grant for good.
func (d *Domain) EndScenario(ctx context.Context, by *By, code string, b Brake) (ScenarioDoc, error) {
	return d.changeScenario(ctx, by, code, b, func(tx *store.Tx, s *ScenarioDoc) error {
		err := openIncident(tx, b.Incident)
		if err == nil {
			err = s.To(glovebox.ScenarioEnded)
		}
		if err == nil {
			s.Holds = nil
			err = Scenarios.Put(tx, "scenario.end", code, *s, b.said(by))
		}
		if err == nil {
			err = grantTo(tx, code, glovebox.GrantEnded)
		}
		if err != nil {
			return err
		}
		return stopped(tx, Scenarios.Subject(code), func(j *job.Doc) bool { return j.Scenario == code })
	})
}
