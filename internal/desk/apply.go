package desk

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
)

type (
	// ScenarioApply files the application in a file.
	ScenarioApply struct {
		File  string `json:"file"`
		Reuse string `json:"reuse,omitempty"` // scenario whose agreements stand for this one
	}
	// ScenarioAmend files another version of the scenario that the file names.
	ScenarioAmend struct {
		File   string `json:"file"`
		Reason string `json:"reason"`
	}
	// ScenarioReview is a word on the scenario of the subject, by the act's role.
	ScenarioReview struct {
		Dataset string   `json:"dataset,omitempty"` // of a provider: which; all of its own
		Columns []string `json:"columns,omitempty"` // it agrees to; all that are needed
		Refuse  bool     `json:"refuse,omitempty"`  // it agrees to none
		Reason  string   `json:"reason,omitempty"`
		// Of the authority.
		Reasonable  *domain.Answer `json:"reasonable,omitempty"`
		Necessary   *domain.Answer `json:"necessary,omitempty"`
		Satisfiable *domain.Answer `json:"satisfiable,omitempty"`
	}
)

func (c *call) scenario(file string) (*glovebox.Scenario, error) {
	data, err := c.document(file)
	if err != nil {
		return nil, err
	}
	s, err := catalog.ParseScenario(file, data)
	if err != nil {
		return nil, err
	}
	return s, c.named(s.Code)
}

func scenarioApply(c *call, p *ScenarioApply) (any, error) {
	s, err := c.scenario(p.File)
	if err != nil {
		return nil, err
	}
	doc, err := c.d.Apply(c, c.by, c.role, s, p.Reuse)
	return doc, glovebox.AboutFile(err, p.File)
}

func scenarioAmend(c *call, p *ScenarioAmend) (any, error) {
	b, err := c.brake(&Brake{Reason: p.Reason})
	if err != nil {
		return nil, err
	}
	s, err := c.scenario(p.File)
	if err != nil {
		return nil, err
	}
	out, err := c.d.AmendScenario(c, c.by, b, s)
	return out, glovebox.AboutFile(err, p.File)
}

func scenarioReview(c *call, p *ScenarioReview) (any, error) {
	if p.Reason != "" {
		if err := (&Reason{p.Reason}).check(); err != nil {
			return nil, err
		}
	}
	r := domain.Review{Role: c.role, Dataset: p.Dataset, Columns: p.Columns, Refuse: p.Refuse, Reason: p.Reason}
	if p.Reasonable != nil && p.Necessary != nil && p.Satisfiable != nil {
		r.Answers = &domain.Answers{Reasonable: *p.Reasonable, Necessary: *p.Necessary, Satisfiable: *p.Satisfiable}
	}
	return c.d.ReviewScenario(c, c.by, c.id, r)
}

func scenarioReturn(c *call, p *Brake) (any, error) {
	return braked(c, p, func(b domain.Brake) (domain.ScenarioDoc, error) { return c.d.ReturnScenario(c, c.by, c.id, b) })
}

func scenarioRefuse(c *call, p *Brake) (any, error) {
	return braked(c, p, func(b domain.Brake) (domain.ScenarioDoc, error) { return c.d.RefuseScenario(c, c.by, c.id, b) })
}
