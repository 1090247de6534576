package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"path/filepath"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/exporter"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/fault"
	"glovebox.example/glovebox/internal/release"
)

// evidence is what an export began with. It is stored, so that an export that
// was killed is finished with the same bytes.
type evidence struct {
	Entry []byte `json:"entry"`
	Proof []byte `json:"proof"`
}

// Export asks the policy, records the decision and writes the signed bundle of
// an approved release to a destination that is called `to` in the record. The
// same export made again, because it was killed or because files were lost, is
// asked and recorded again and writes the same bytes.
//
// cosigned is a checkpoint that a witness signed, for a policy that asks for one;
// nil: none.
func (p *Pipeline) Export(ctx context.Context, by *domain.By, id, to string, dest driver.Destination, cosigned []byte) (*exporter.Exported, error) {
	if in, err := filepath.Rel(p.d.Dir, to); err == nil && filepath.IsAbs(to) && filepath.IsLocal(in) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "an export into the domain's own directory").WithFix("name a folder outside of it")
	}
	var w *domain.Cosigned
	if cosigned != nil {
		var err error
		if w, err = p.d.Cosigned(ctx, cosigned); err != nil {
			return nil, err
		}
	}
	doc, err := onNews(func() (*job.ReleaseDoc, error) { return p.decideExport(ctx, by, id, to, w) })
	if err != nil {
		return nil, err
	}
	n := exportTo(doc, to)
	fault.Point("export-decided")
	index, err := p.exportIndex(ctx, id, n)
	if err != nil {
		return nil, err
	}
	fits, err := p.signedNow(ctx, doc, n)
	if err != nil {
		return nil, err
	}
	if !fits {
		if err := p.seal(ctx, by, doc, n, index); err != nil {
			return nil, err
		}
		fault.Point("export-sealed")
	}
	done, err := p.send(ctx, doc, n, index, dest)
	if err != nil {
		return nil, err
	}
	fault.Point("export-sent")
	return done, p.exported(ctx, by, id, to)
}

// exportTo is the place of the export to a destination among those of a release;
// -1: there is none.
func exportTo(doc *job.ReleaseDoc, to string) int {
	return slices.IndexFunc(doc.Exports, func(x job.Export) bool { return x.To == to })
}

// exported records that all files of an export are written, once.
func (p *Pipeline) exported(ctx context.Context, by *domain.By, id, to string) error {
	return p.d.Effect(ctx, by, func(tx *store.Tx) error {
		var doc job.ReleaseDoc
		if err := domain.Releases.Get(tx, id, &doc); err != nil {
			return err
		}
		n := exportTo(&doc, to)
		if doc.Exports[n].Done {
			return nil
		}
		doc.Exports[n].Done = true
		if doc.State == job.Approved || doc.State == job.Exported { // else it left, and was taken back meanwhile
			if err := doc.To(job.Exported); err != nil {
				return err
			}
		}
		return domain.Releases.Put(tx, "release.exported", id, doc, map[string]any{"to": to})
	})
}

// decideExport asks the policy and records its answer. The entry of a first
// export names the release's digest: it is what the bundle proves.
func (p *Pipeline) decideExport(ctx context.Context, by *domain.By, id, to string, w *domain.Cosigned) (*job.ReleaseDoc, error) {
	doc, in, seen, err := p.underReview(ctx, by, id, func(*job.ReleaseDoc) error { return nil })
	if err != nil {
		return nil, err
	}
	in.Point = glovebox.PointExport
	if err := p.witnessed(ctx, in, doc, w); err != nil {
		return nil, err
	}
	d, err := p.decide(ctx, in)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"content": doc.Content, "decision": d, "to": to}
	if w != nil {
		body["witness"] = in.Witness
	}
	if d.Allow && exportTo(doc, to) < 0 {
		left := *doc
		if err := left.To(job.Exported); err != nil { // it is not there before all files are
			return nil, err
		}
		doc.Exports = append(doc.Exports, job.Export{User: by.Name, To: to, At: p.d.Stamp(), Decision: d.Decision})
		return doc, p.d.Effect(ctx, by, func(tx *store.Tx) error {
			if err := tx.Same(seen); err != nil {
				return err
			}
			if err := keepExport(tx, d, w); err != nil {
				return err
			}
			return domain.Releases.Put(tx, "release.export", id, *doc, body)
		})
	}
	err = p.d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := tx.Same(seen); err != nil {
			return err
		}
		if err := keepExport(tx, d, w); err != nil {
			return err
		}
		if d.Allow {
			return domain.Releases.Record(tx, "release.export_again", id, body)
		}
		return domain.Releases.Record(tx, "release.export_refused", id, body)
	})
	if err == nil && !d.Allow {
		err = d.Denied()
	}
	return doc, err
}

// exportIndex is the log entry of a release's n-th export: they are recorded
// one to one, in order.
func (p *Pipeline) exportIndex(ctx context.Context, id string, n int) (index uint64, err error) {
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		all, err := domain.Releases.Indexes(tx, id, "release.export")
		if err != nil {
			return err
		}
		if n >= len(all) {
			return glovebox.Errorf(glovebox.CodeInternal, "the export of release %s is not in the log", id).WithFix("run `glovebox audit verify`")
		}
		index = all[n]
		return nil
	})
	return index, err
}

// signedNow says whether the evidence of an export is fixed, under the key that
// signs now: one that was begun under a key before is proved anew. One that came to
// its end under it stays what it is, and fails with CodeConflict.
func (p *Pipeline) signedNow(ctx context.Context, doc *job.ReleaseDoc, n int) (fits bool, err error) {
	x := doc.Exports[n]
	if x.Evidence == "" {
		return false, nil
	}
	var fixed evidence
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		data, err := tx.Blob(x.Evidence)
		if err == nil && json.Unmarshal(data, &fixed) != nil {
			err = glovebox.Errorf(glovebox.CodeInternal, "the evidence of an export is damaged").WithFix("run `glovebox audit verify`")
		}
		return err
	})
	if err != nil {
		return false, err
	}
	if _, err := verify.Proof(fixed.Proof, fixed.Entry, p.d.Info().Key); err == nil {
		return true, nil
	}
	if x.Done {
		return false, glovebox.Errorf(glovebox.CodeConflict, "this export was made under a signing key that was replaced: its bytes cannot be made again").
			WithFix("name another place; what is there verifies with what `glovebox domain key --history` prints")
	}
	return false, nil
}

// seal fixes the evidence of an export.
func (p *Pipeline) seal(ctx context.Context, by *domain.By, doc *job.ReleaseDoc, n int, index uint64) error {
	proof, entry, err := p.d.Proof(ctx, index)
	if err != nil {
		return err
	}
	var ev evidence
	if ev.Proof, err = proof.Encode(); err != nil {
		return err
	}
	ev.Entry = entry
	data, err := json.Marshal(ev)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the evidence of an export cannot be encoded").Because(err)
	}
	return p.d.Effect(ctx, by, func(tx *store.Tx) error {
		var now job.ReleaseDoc
		if err := domain.Releases.Get(tx, doc.ID, &now); err != nil {
			return err
		}
		if now.Exports[n].Evidence == doc.Exports[n].Evidence { // another hand was not first
			digest, err := tx.PutBlob(data)
			if err != nil {
				return err
			}
			now.Exports[n].Evidence = digest
			if err := domain.Releases.Put(tx, "release.seal", doc.ID, now, map[string]any{"evidence": digest}); err != nil {
				return err
			}
		}
		*doc = now
		return nil
	})
}

// send builds the release from its decision, its receipt and its entry, and
// writes its bundle.
func (p *Pipeline) send(ctx context.Context, doc *job.ReleaseDoc, n int, index uint64, dest driver.Destination) (*exporter.Exported, error) {
	var rel *release.Release
	ev := bundle.Evidence{Domain: p.d.Name, Signer: p.d.Vault.Signer()}
	err := p.d.Store.View(ctx, func(tx *store.Tx) error {
		data, err := tx.Blob(doc.Exports[n].Evidence)
		if err != nil {
			return err
		}
		var fixed evidence
		if err := json.Unmarshal(data, &fixed); err != nil {
			return glovebox.Errorf(glovebox.CodeInternal, "the evidence of an export is damaged").WithFix("run `glovebox audit verify`")
		}
		ev.Entry, ev.Proof = fixed.Entry, fixed.Proof
		if err := leaves(tx, doc); err != nil {
			return err
		}
		var s domain.ScenarioDoc
		if err := domain.Scenarios.Get(tx, doc.Scenario, &s); err != nil {
			return err
		}
		i := slices.IndexFunc(s.Products, func(x glovebox.Product) bool { return x.Code == doc.Product })
		if i < 0 {
			return glovebox.Errorf(glovebox.CodeConflict, "product %q is not in scenario %q any more", doc.Product, doc.Scenario)
		}
		ev.Product = s.Products[i]
		ev.Product.Readers = nil
		rel, err = p.load(tx, doc, doc.Exports[n].Decision, index)
		return err
	})
	if err != nil {
		return nil, err
	}
	e, err := exporter.New(marked{dest}, verify.Proof, &exporter.Options{Retrying: p.o.Retrying})
	if err != nil {
		return nil, err
	}
	return e.Export(ctx, rel, ev)
}

// leaves fails where a release was taken back, or what it stands on was stopped,
// since its export was decided.
func leaves(tx *store.Tx, doc *job.ReleaseDoc) error {
	var now job.ReleaseDoc
	if err := domain.Releases.Get(tx, doc.ID, &now); err != nil {
		return err
	}
	if err := now.To(job.Exported); err != nil {
		return err
	}
	var j job.Doc
	if err := domain.Jobs.Get(tx, doc.Job, &j); err != nil {
		return err
	}
	stop, err := domain.Standing(tx, &j, "")
	if err == nil && stop != nil {
		err = stop
	}
	return err
}

// marked is a destination with a mark after each file.
type marked struct{ driver.Destination }

// Put implements driver.Destination.
func (m marked) Put(ctx context.Context, name string, body []byte, sum [sha256.Size]byte) error {
	err := m.Destination.Put(ctx, name, body, sum)
	fault.Point("export-file")
	return err
}
