package desk

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/pipeline"
)

type (
	// Brake says why something is stopped, or goes on, and which incident that is
	// for.
	Brake struct {
		Reason   string `json:"reason"`
		Incident string `json:"incident,omitempty"`
	}
	// Supersede names the release that stands for the one of the subject.
	Supersede struct {
		Successor string `json:"successor"`
		Reason    string `json:"reason"`
	}
	// IncidentOpen reports an incident, or a drill.
	IncidentOpen struct {
		Title string `json:"title"`
		Drill bool   `json:"drill,omitempty"`
		About string `json:"about,omitempty"` // kind/ID
		To    string `json:"reported_to,omitempty"`
	}
	// IncidentNote is a step of handling the incident of the subject.
	IncidentNote struct {
		Text  string                 `json:"text"`
		State glovebox.IncidentState `json:"state,omitempty"`
		To    string                 `json:"reported_to,omitempty"`
	}
	// IncidentClose is the last word of the incident of the subject.
	IncidentClose struct {
		Text string `json:"text"`
	}
)

// brake is what the call says of a stop.
func (c *call) brake(p *Brake) (domain.Brake, error) {
	return domain.Brake{Role: c.role, Reason: p.Reason, Incident: p.Incident}, (&Reason{p.Reason}).check()
}

// SnapshotAct is about one snapshot of the dataset of the subject.
type SnapshotAct struct {
	Version int    `json:"version"`
	Reason  string `json:"reason"`
}

func datasetRollback(c *call, p *SnapshotAct) (any, error) {
	return braked(c, &Brake{Reason: p.Reason}, func(b domain.Brake) (domain.DatasetDoc, error) {
		return c.d.RollBack(c, c.by, c.id, p.Version, b)
	})
}

func datasetDestroy(c *call, p *SnapshotAct) (any, error) {
	return braked(c, &Brake{Reason: p.Reason}, func(b domain.Brake) (glovebox.Snapshot, error) {
		return c.d.DestroySnapshot(c, c.by, c.id, p.Version, b)
	})
}

func datasetCancel(c *call, p *Brake) (any, error) {
	return braked(c, p, func(b domain.Brake) (domain.DatasetDoc, error) { return c.d.CancelDataset(c, c.by, c.id, b) })
}

// braked takes a step with a reason.
func braked[T any](c *call, p *Brake, step func(domain.Brake) (T, error)) (any, error) {
	b, err := c.brake(p)
	if err != nil {
		return nil, err
	}
	return step(b)
}

func userEnd(c *call, p *Reason) (any, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return c.d.EndUser(c, c.by, c.id, p.Reason)
}

func orgSuspend(c *call, p *Reason) (any, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return c.d.SuspendOrg(c, c.by, c.id, p.Reason)
}

func orgResume(c *call, p *Reason) (any, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return c.d.ResumeOrg(c, c.by, c.id, p.Reason)
}

func orgEnd(c *call, p *Reason) (any, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return c.d.EndOrg(c, c.by, c.id, p.Reason)
}

func datasetPause(c *call, p *Brake) (any, error) {
	return braked(c, p, func(b domain.Brake) (domain.DatasetDoc, error) { return c.d.PauseDataset(c, c.by, c.id, b) })
}

func datasetResume(c *call, p *Brake) (any, error) {
	return braked(c, p, func(b domain.Brake) (domain.DatasetDoc, error) { return c.d.ResumeDataset(c, c.by, c.id, b) })
}

func datasetWithdraw(c *call, p *Brake) (any, error) {
	return braked(c, p, func(b domain.Brake) (domain.DatasetDoc, error) { return c.d.WithdrawDataset(c, c.by, c.id, b) })
}

func scenarioSuspend(c *call, p *Brake) (any, error) {
	return braked(c, p, func(b domain.Brake) (domain.ScenarioDoc, error) { return c.d.SuspendScenario(c, c.by, c.id, b) })
}

func scenarioResume(c *call, p *Brake) (any, error) {
	return braked(c, p, func(b domain.Brake) (domain.ScenarioDoc, error) { return c.d.ResumeScenario(c, c.by, c.id, b) })
}

func scenarioEnd(c *call, p *Brake) (any, error) {
	return braked(c, p, func(b domain.Brake) (domain.ScenarioDoc, error) { return c.d.EndScenario(c, c.by, c.id, b) })
}

// theFreeze fails unless the act is about the one freeze of a domain.
func (c *call) theFreeze() error {
	if c.id != domain.FreezeID {
		return glovebox.Invalid("subject", "is not the domain").WithFix("the subject is freeze/domain")
	}
	return nil
}

func domainFreeze(c *call, p *Brake) (any, error) {
	if err := c.theFreeze(); err != nil {
		return nil, err
	}
	return braked(c, p, func(b domain.Brake) (domain.FreezeDoc, error) { return c.d.Freeze(c, c.by, b) })
}

func domainUnfreeze(c *call, p *Brake) (any, error) {
	if err := c.theFreeze(); err != nil {
		return nil, err
	}
	return braked(c, p, func(b domain.Brake) (domain.FreezeDoc, error) { return c.d.Unfreeze(c, c.by, b) })
}

func jobCancel(c *call, p *Brake) (any, error) {
	if _, err := c.pipeline().Job(c, c.by.User, c.id); err != nil { // who may not see it learns nothing of it
		return nil, err
	}
	return braked(c, p, func(b domain.Brake) (any, error) { return c.d.CancelJob(c, c.by, c.id, b) })
}

func incidentOpen(c *call, p *IncidentOpen) (any, error) {
	if c.act.Subject != "" {
		return nil, glovebox.Invalid("subject", "is there before the incident").WithFix("leave the subject out: the domain gives it a number")
	}
	return c.d.OpenIncident(c, c.by, domain.Report{Title: p.Title, Drill: p.Drill, About: p.About, To: p.To})
}

func incidentNote(c *call, p *IncidentNote) (any, error) {
	return c.d.NoteIncident(c, c.by, c.id, p.Text, p.To, p.State)
}

func incidentClose(c *call, p *IncidentClose) (any, error) {
	return c.d.CloseIncident(c, c.by, c.id, p.Text)
}

// verdict reads why somebody judges a release that is there for them to see.
func (c *call) verdict(reason string) (pipeline.Verdict, error) {
	if err := (&Reason{reason}).check(); err != nil {
		return pipeline.Verdict{}, err
	}
	_, err := c.pipeline().Release(c, c.by.User, c.id)
	return pipeline.Verdict{Role: c.role, Reason: reason}, err
}

func releaseReturn(c *call, p *Reason) (any, error) {
	v, err := c.verdict(p.Reason)
	if err != nil {
		return nil, err
	}
	return c.pipeline().Return(c, c.by, c.id, v)
}

func releaseReject(c *call, p *Reason) (any, error) {
	v, err := c.verdict(p.Reason)
	if err != nil {
		return nil, err
	}
	return c.pipeline().Reject(c, c.by, c.id, v)
}

func releaseWithdraw(c *call, p *Reason) (any, error) {
	v, err := c.verdict(p.Reason)
	if err != nil {
		return nil, err
	}
	return c.pipeline().Withdraw(c, c.by, c.id, v)
}

func releaseSupersede(c *call, p *Supersede) (any, error) {
	v, err := c.verdict(p.Reason)
	if err != nil {
		return nil, err
	}
	v.Successor = p.Successor
	return c.pipeline().Supersede(c, c.by, c.id, v)
}
