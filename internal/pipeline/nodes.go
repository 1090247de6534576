package pipeline

import (
	"context"
	"crypto"
	"errors"

	"glovebox.example/glovebox"
	dataengine "glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/vault"
	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/storage"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/work"
)

// Courier opens a domain's engine and the storage that it shares with its nodes.
type Courier func(domain.EngineDoc) (engine.Engine, storage.Storage, error)

// spreadRunner has nodes do the work. What the runs show of the nodes is kept in
// r until the slot.
func (p *Pipeline) spreadRunner(c *crew.Crew, doc domain.EngineDoc, r *ask) runner {
	open := func() (engine.Engine, storage.Storage, error) {
		if p.o.Courier == nil {
			return nil, nil, glovebox.Errorf(glovebox.CodeInternal, "this program has no engine of kind %s", doc.Kind).
				WithFix("run the job with glovebox-cluster (docs/cluster.md)")
		}
		return p.o.Courier(doc)
	}
	return spread.New(c, sealedDomain{p.d}, open, func(rep spread.Report) {
		r.refused += rep.Refused
		if rep.Lie != nil {
			r.lie = rep.Lie
		}
	})
}

// recordNodes puts what a run showed of its nodes into the log: that answers came
// which were refused, and which two nodes contradict each other. It says nothing
// of a run in which all went well.
func (p *Pipeline) recordNodes(ctx context.Context, r *ask, id string) error {
	if r.refused == 0 && r.lie == nil {
		return nil
	}
	body := map[string]any{"refused": r.refused}
	if r.lie != nil {
		body["differ"] = r.lie.Nodes[:]
	}
	return p.d.Effect(ctx, r.by, func(tx *store.Tx) error { return domain.Jobs.Record(tx, "job.nodes", id, body) })
}

// told joins a run's failure with that of telling what its nodes did.
func (p *Pipeline) told(ctx context.Context, r *ask, id string, failed error) error {
	if failed != nil && ctx.Err() != nil {
		return failed
	}
	return errors.Join(failed, p.recordNodes(ctx, r, id))
}

// sealedDomain is what package spread needs of a domain.
type sealedDomain struct{ d *domain.Domain }

func (s sealedDomain) Nodes(ctx context.Context) ([]spread.Node, error) {
	return s.d.TrustedNodes(ctx)
}

func (s sealedDomain) Signer() crypto.Signer { return s.d.Vault.Signer() }

func (s sealedDomain) Sealed(m *dataengine.Manifest, name work.PartName) (spread.Part, error) {
	part, originals, err := s.d.SealedPart(m, name)
	if err != nil {
		return spread.Part{}, err
	}
	out := spread.Part{Part: sealedFile(part)}
	if originals != nil {
		f := sealedFile(originals)
		out.Originals = &f
	}
	return out, nil
}

func sealedFile(s *vault.Sealed) spread.Sealed {
	return spread.Sealed{File: spread.File{Locator: s.Locator, Key: s.Key.Bytes(), Bytes: s.Bytes, Size: s.Size, SHA256: s.SHA256}, Open: s.Open}
}
