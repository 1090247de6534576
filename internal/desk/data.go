package desk

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
)

// maxDocument bounds a YAML document, in bytes.
const maxDocument = 1 << 20

func (c *call) document(name string) ([]byte, error) {
	return c.files.Read(name, maxDocument, "a record is a small YAML file, of at most 1 MiB")
}

func datasetAdd(c *call, p *Document) (any, error) {
	data, err := c.document(p.File)
	if err != nil {
		return nil, err
	}
	rec, err := catalog.ParseDataset(p.File, data)
	if err != nil {
		return nil, err
	}
	if err := c.named(rec.Code); err != nil {
		return nil, err
	}
	return rec, c.d.AddDataset(c, c.by, rec)
}

func datasetLoad(c *call, p *DatasetLoad) (any, error) {
	var may []domain.LoadOption
	if p.AcceptChange {
		may = append(may, domain.AcceptChange)
	}
	if p.AcceptCopy {
		may = append(may, domain.AcceptCopy)
	}
	return c.d.LoadDataset(c, c.by, c.id, domain.LoadSource{Name: p.File, Open: c.files.Open}, c.o.Progress, may...)
}

func fitCharge(c *call, p *FitCharge) (any, error) {
	return c.pipeline().Fit(c, c.by, c.id, p.Kind, p.Price)
}

func spaceAdd(c *call, p *SpaceAdd) (any, error) {
	if err := c.named(p.Name); err != nil {
		return nil, err
	}
	return c.d.AddSpace(c, c.by, p.Name, p.Ledger, p.Period)
}

func scenarioAdd(c *call, p *Document) (any, error) {
	data, err := c.document(p.File)
	if err != nil {
		return nil, err
	}
	s, err := catalog.ParseScenario(p.File, data)
	if err != nil {
		return nil, err
	}
	if err := c.named(s.Code); err != nil {
		return nil, err
	}
	return s, c.d.AddScenario(c, c.by, s)
}

func scenarioGrant(c *call, p *Document) (any, error) {
	data, err := c.document(p.File)
	if err != nil {
		return nil, err
	}
	g, err := catalog.ParseGrant(p.File, data)
	if err != nil {
		return nil, err
	}
	if err := c.named(g.Scenario); err != nil {
		return nil, err
	}
	return g, glovebox.AboutFile(c.d.Grant(c, c.by, g), p.File)
}
