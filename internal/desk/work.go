package desk

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/pipeline"
)

// neighboursKind is the kind of attached neighbour reports.
const neighboursKind = "neighbours"

func jobRun(c *call, p *Document) (any, error) {
	s, err := c.files.Job(p.File)
	if err != nil {
		return nil, err
	}
	return c.pipeline().Run(c, s, c.by)
}

func releaseAttach(c *call, p *Document) (any, error) {
	b, err := c.files.Read(p.File, trial.MaxReport, "a neighbour report is a small JSON file")
	if err != nil {
		return nil, err
	}
	n, err := trial.DecodeNeighbours(b)
	if err != nil {
		return nil, glovebox.InFile(err, p.File)
	}
	r, err := c.pipeline().Attach(c, c.by, c.id, pipeline.Attachment{Kind: neighboursKind, Module: n.Module.Digest, Function: n.Module.Function, Data: b})
	return r, glovebox.InFile(err, p.File)
}

func releaseApprove(c *call, _ *Approve) (any, error) {
	return c.pipeline().Approve(c, c.by, c.id, c.act.Role)
}

// Exported is what an export gave away.
type Exported struct {
	Release string         `json:"release"`
	To      string         `json:"to"`
	Files   []ExportedFile `json:"files"`
}

// ExportedFile is one file of a bundle.
type ExportedFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // 64 hex digits
}

func releaseExport(c *call, p *Destination) (any, error) {
	if c.o.Export == nil {
		return nil, glovebox.Errorf(glovebox.CodeDenied, "this domain has no place for exports")
	}
	to := *p
	to.Cosigned = ""
	name, dest, closed, err := c.o.Export(to)
	if err != nil {
		return nil, err
	}
	defer closed()
	var cosigned []byte
	if p.Cosigned != "" {
		cosigned = []byte(p.Cosigned)
	}
	x, err := c.pipeline().Export(c, c.by, c.id, name, dest, cosigned)
	if err != nil {
		return nil, err
	}
	return exported(c.id, name, x), nil
}

func exported(id, to string, x *exporter.Exported) *Exported {
	v := &Exported{Release: id, To: to, Files: []ExportedFile{}}
	for _, f := range x.Files {
		v.Files = append(v.Files, ExportedFile(f))
	}
	return v
}
