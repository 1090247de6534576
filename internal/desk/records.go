package desk

import (
	"context"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/sample"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/sandbox"
)

type (
	// ProductRegister puts the product of the subject product/CODE on the list.
	ProductRegister struct {
		Scenario  string `json:"scenario"`
		Technique string `json:"technique"` // technical standard
		Security  string `json:"security"`  // what the security review asks
		Business  string `json:"business"`  // what the business review asks
	}
	// ProductPublish publishes it, or says that it runs.
	ProductPublish struct {
		Running bool `json:"running,omitempty"`
	}
	// ProductSample records a look at a release of it that left.
	ProductSample struct {
		Release string `json:"release"`
		Passed  bool   `json:"passed,omitempty"`
		Text    string `json:"text"`
	}
	// TicketOpen asks about the quality of a dataset: Track is user (default), check
	// or sampling.
	TicketOpen struct {
		Dataset string `json:"dataset"`
		Column  string `json:"column,omitempty"`
		Title   string `json:"title"`
		Track   string `json:"track,omitempty"`
	}
	// TicketAnswer answers the ticket of the subject; Again asks on.
	TicketAnswer struct {
		Text  string `json:"text"`
		Again bool   `json:"again,omitempty"`
	}
	// Said is a last word, or a reviewer's.
	Said struct {
		Text string `json:"text"`
	}
	// ModuleRegister registers the module in a file; Source is a file with its source,
	// Recipe says how it is built from that.
	ModuleRegister struct {
		File   string `json:"file"`
		Source string `json:"source,omitempty"`
		Recipe string `json:"recipe,omitempty"`
	}
	// ModulePromote runs the job in a file on samples, with the module of the subject.
	ModulePromote struct {
		File string `json:"file"`
		Text string `json:"text"`
	}
)

// Bounds of files, in bytes.
const (
	maxWasm   = 16 << 20
	maxSource = 16 << 20
)

func productRegister(c *call, p *ProductRegister) (any, error) {
	return c.d.RegisterProduct(c, c.by, domain.NewProduct{Code: c.id, Scenario: p.Scenario, Technique: p.Technique, Security: p.Security, Business: p.Business})
}

func productPublish(c *call, p *ProductPublish) (any, error) {
	return c.d.PublishProduct(c, c.by, c.id, p.Running)
}

func productRetire(c *call, p *Reason) (any, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return c.d.RetireProduct(c, c.by, c.id, p.Reason)
}

func productSample(c *call, p *ProductSample) (any, error) {
	return c.d.SampleProduct(c, c.by, c.id, p.Release, p.Text, p.Passed)
}

func ticketOpen(c *call, p *TicketOpen) (any, error) {
	if c.id != "" {
		return nil, glovebox.Invalid("subject", "is there before the ticket").WithFix("leave the subject out: the domain gives it a number")
	}
	return c.d.OpenTicket(c, c.by, domain.TicketQuestion(*p))
}

func ticketAnswer(c *call, p *TicketAnswer) (any, error) {
	return c.d.AnswerTicket(c, c.by, c.id, p.Text, p.Again)
}

func ticketClose(c *call, p *Said) (any, error) { return c.d.CloseTicket(c, c.by, c.id, p.Text) }

func moduleRegister(c *call, p *ModuleRegister) (any, error) {
	wasm, err := c.files.Read(p.File, maxWasm, "a module is at most 16 MiB: build it for size, without debug information")
	if err != nil {
		return nil, err
	}
	m, err := sandbox.Admit(wasm, nil)
	if err != nil {
		return nil, glovebox.InFile(err, p.File)
	}
	if err := c.named(glovebox.Digest(wasm)); err != nil {
		return nil, err
	}
	n := domain.NewModule{Wasm: wasm, Name: m.Manifest().Name, Version: m.Manifest().Version, Recipe: p.Recipe}
	for _, f := range m.Manifest().Functions {
		n.Functions = append(n.Functions, f.Name)
	}
	if p.Source != "" {
		if n.Source, err = c.files.Read(p.Source, maxSource, "attach the source as one archive of at most 16 MiB, without what is built"); err != nil {
			return nil, err
		}
	}
	return c.d.RegisterModule(c, c.by, n)
}

func moduleCertify(c *call, p *Said) (any, error) {
	return c.d.CertifyModule(c, c.by, c.id, p.Text, c.role)
}

func moduleRevoke(c *call, p *Reason) (any, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return c.d.RevokeModule(c, c.by, c.id, p.Reason)
}

// modulePromote runs the job on sample rows that the domain makes of its records,
// and has the domain's own neighbour report kept.
func modulePromote(c *call, p *ModulePromote) (any, error) {
	s, err := c.files.Job(p.File)
	if err != nil {
		return nil, err
	}
	run, module, asked, err := c.pipeline().Tried(c, s)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	if module != c.id {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the job names another module than the one that is promoted").WithFix("name the module of the job: `glovebox module check` prints its digest")
	}
	n, err := neighbours(c, run.Records, func(t map[string]*sample.Table) *trial.Task {
		return &trial.Task{Spec: run.Spec, Bind: run.Bind, Tables: t, Declared: true}
	}, run.Lists)
	if err != nil {
		return nil, glovebox.InFile(err, p.File)
	}
	if !n.Same {
		return nil, glovebox.Errorf(glovebox.CodeModule, "a change of one unit was seen in others").WithFix("report this: the sandbox must not let it happen")
	}
	report, err := n.Encode()
	if err != nil {
		return nil, err
	}
	return c.d.PromoteModule(c, c.by, c.id, domain.Promotion{Job: asked, Same: n.Same, Units: n.Units, Text: p.Text}, report)
}

// neighbours makes rows of each record and compares runs over neighbours of them.
func neighbours(ctx context.Context, records map[string]*glovebox.Dataset, task func(map[string]*sample.Table) *trial.Task, lists map[string][]string) (*trial.Neighbours, error) {
	tables := map[string]*sample.Table{}
	for code, rec := range records {
		t, err := sample.Generate(ctx, rec, &sample.Options{Units: sample.DefaultUnits, Lists: lists})
		if err != nil {
			return nil, err
		}
		tables[code] = t
	}
	return trial.RunNeighbours(ctx, task(tables))
}
