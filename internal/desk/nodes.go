package desk

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/spread"
)

// Nodes are the nodes of a domain and who hands parts out to them.
type Nodes struct {
	Engine domain.EngineDoc `json:"engine"`
	Nodes  []domain.NodeDoc `json:"nodes"`
}

// nodeTrust trusts the node whose enrolment is in the file. The subject is
// node/NAME; empty, the enrolment names it.
func nodeTrust(c *call, p *Document) (any, error) {
	data, err := c.document(p.File)
	if err != nil {
		return nil, err
	}
	e, err := spread.ReadEnrolment(data)
	if err == nil && c.id != "" && c.id != e.Name {
		err = glovebox.Errorf(glovebox.CodeInvalid, "the enrolment is of another node than the act names")
	}
	if err != nil {
		return nil, glovebox.InFile(err, p.File)
	}
	doc, err := c.d.TrustNode(c, c.by, e)
	return doc, glovebox.InFile(err, p.File)
}

func nodeRevoke(c *call, _ *Nothing) (any, error) { return c.d.RevokeNode(c, c.by, c.id) }

func nodeUse(c *call, p *NodeUse) (_ any, err error) {
	doc := domain.EngineDoc{Kind: p.Kind, At: p.At, Storage: p.Storage, Endpoint: p.Endpoint, Region: p.Region, Command: p.Command}
	if p.CA != "" {
		if doc.CA, err = c.document(p.CA); err != nil {
			return nil, err
		}
	}
	return c.d.UseEngine(c, c.by, doc)
}

func lookNodes(q *question) (any, error) {
	nodes, err := q.d.Nodes(q)
	if err != nil {
		return nil, err
	}
	if nodes == nil {
		nodes = []domain.NodeDoc{}
	}
	e, err := q.d.Engine(q)
	return Nodes{Engine: e, Nodes: nodes}, err
}
