package pipeline

import (
	"context"
	"fmt"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/author/fit"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Fit measures a dataset's current snapshot for samples that resemble it, for
// a price out of its ledger: epsilon where that is of kind pure, rho where it
// is of kind zcdp. Where a row names several units, the price is for those of
// the first column, of whom one row each is counted, and the ledger pays for
// the group that any other unit's rows may change. A provider of the dataset decides that, as it decides the
// ledger's total. A snapshot is fitted once: a second request gets the first
// one's answer, free. The price is charged, and the charge is in the log,
// before a row is read; a crash after that means counting again, never
// charging again.
func (p *Pipeline) Fit(ctx context.Context, by *domain.By, code string, kind glovebox.LedgerKind, price float64) (*job.FitDoc, error) {
	d, err := p.d.Dataset(ctx, code)
	if err != nil {
		return nil, err
	}
	if err := domain.RequireProvider(by.User, &d.Record, "fit"); err != nil {
		return nil, err
	}
	if d.State != glovebox.DatasetActive || d.Snapshot == nil || d.Snapshot.State != glovebox.SnapshotCurrent {
		return nil, glovebox.Errorf(glovebox.CodeConflict, "dataset %q has no snapshot to fit", code).WithFix("load it first")
	}
	layout := fit.NewLayout(&d.Record)
	if len(layout.Columns) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "no column of %s can be fitted: none has a list of values or two bounds", code)
	}
	doc, err := p.fitDoc(ctx, code, d.Snapshot.Version)
	if err != nil || doc.State == job.FitDone {
		return doc, err
	}
	if doc.State == "" {
		if kind != d.Record.Ledger.Kind {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the ledger of %s is of kind %s", code, d.Record.Ledger.Kind).
				WithFix("name the price as --epsilon for pure, as --rho for zcdp")
		}
		loss, err := glovebox.CeilLoss(price)
		if err != nil || loss == 0 {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the price of a fit is not above 0, or too large").WithFix("name a price as --epsilon for pure, as --rho for zcdp")
		}
		if _, err := privacy.NewMarginals(kind, loss, len(layout.Columns)); err != nil {
			return nil, err
		}
		if err := p.chargeFit(ctx, by, doc, &d, loss, layout); err != nil {
			return nil, err
		}
	}
	return doc, p.measure(ctx, by, doc, &d, layout)
}

// fitID names the fit of a snapshot.
func fitID(code string, version int) string { return fmt.Sprintf("%s@%d.fit", code, version) }

func (p *Pipeline) fitDoc(ctx context.Context, code string, version int) (*job.FitDoc, error) {
	doc := &job.FitDoc{Dataset: code, Version: version}
	return doc, p.d.Store.View(ctx, func(tx *store.Tx) error {
		kept, err := domain.Fits.Find(tx, fitID(code, version))
		if kept != nil {
			*doc = *kept
		}
		return err
	})
}

// fitGroup is how many steps of adding or removing one unit of the first column
// any unit's rows make. A row that goes with a unit of another column takes a
// unit of the first one away, or leaves it with another first row: two steps.
func fitGroup(rec *glovebox.Dataset) int64 {
	about, _, _ := rec.About(rec.Unit.Column)
	return accounting.GroupSize([]glovebox.Dataset{about})
}

// chargeFit takes the price, durably, before any row is read.
func (p *Pipeline) chargeFit(ctx context.Context, by *domain.By, doc *job.FitDoc, d *domain.DatasetDoc, loss int64, l *fit.Layout) error {
	group := fitGroup(&d.Record)
	amount, err := accounting.Group(d.Record.Ledger.Kind, glovebox.Amount{Loss: loss}, group)
	if err != nil {
		return err
	}
	c := glovebox.Charge{Dataset: doc.Dataset, Kind: d.Record.Ledger.Kind, Amount: amount}
	next := *doc
	next.State, next.Charge, next.Columns, next.Snapshot = job.FitCharged, c, l.Names(), d.Snapshot.Digest
	if group > 1 {
		next.Group = group
	}
	next.By, next.At = by.Name, p.d.Stamp()
	err = p.d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := domain.Usable(tx, doc.Dataset); err != nil {
			return err
		}
		about, _, _ := d.Record.About(d.Record.Unit.Column)
		spaces, err := domain.SpaceCharges(tx, []glovebox.Dataset{about}, func(kind glovebox.LedgerKind) (glovebox.Amount, error) {
			return accounting.Convert(c.Kind, kind, glovebox.Amount{Loss: loss})
		})
		if err != nil {
			return err
		}
		next.Spaces = spaces
		return domain.Fits.Charge(tx, "fit.charge", fitID(doc.Dataset, doc.Version), next, "", append([]glovebox.Charge{c}, spaces...), nil)
	})
	if err == nil {
		*doc = next
	}
	return err
}

// measure counts behind the walls, adds noise and stores the model.
func (p *Pipeline) measure(ctx context.Context, by *domain.By, doc *job.FitDoc, d *domain.DatasetDoc, l *fit.Layout) error {
	raw, err := p.d.Vault.ReadManifest(doc.Dataset, doc.Version)
	if err != nil {
		return err
	}
	manifest, err := engine.DecodeManifest(raw)
	if err != nil {
		return err
	}
	counts, walls, err := crew.Count(ctx, l, role.FitSpec{Record: d.Record, Manifest: raw}, len(manifest.Parts), func(part int) (work.Files, error) {
		var f work.Files
		var err error
		f.Part, err = p.d.Vault.OpenPart(doc.Dataset, doc.Version, manifest.Parts[part].Name)
		return f, err
	})
	if err != nil {
		return err
	}
	m, err := privacy.NewMarginals(doc.Charge.Kind, doc.UnitLoss(), len(l.Columns))
	if err != nil {
		return err
	}
	src, err := mechanism.NewSource()
	if err != nil {
		return err
	}
	model, err := fit.New(l, counts, m, src)
	if err != nil {
		return err
	}
	data, err := model.Encode()
	if err != nil {
		return err
	}
	next := *doc
	next.State, next.Model, next.Walls = job.FitDone, glovebox.Digest(data), walls.Names()
	err = p.d.Effect(ctx, by, func(tx *store.Tx) error {
		var now job.FitDoc
		if err := domain.Fits.Get(tx, fitID(doc.Dataset, doc.Version), &now); err != nil || now.State == job.FitDone {
			next = now // another request was first: this model is forgotten
			return err
		}
		if _, err := tx.PutBlob(data); err != nil {
			return err
		}
		return domain.Fits.Put(tx, "fit.done", fitID(doc.Dataset, doc.Version), next, map[string]any{"model": next.Model, "walls": next.Walls})
	})
	if err == nil {
		*doc = next
	}
	return err
}

// Fitted returns the model of a dataset's current snapshot, for whoever may see
// its record: it is differentially private and paid for.
func (p *Pipeline) Fitted(ctx context.Context, code string) (*fit.Model, *job.FitDoc, error) {
	d, err := p.d.Dataset(ctx, code)
	if err != nil {
		return nil, nil, err
	}
	doc := &job.FitDoc{}
	if d.Snapshot != nil {
		if doc, err = p.fitDoc(ctx, code, d.Snapshot.Version); err != nil {
			return nil, nil, err
		}
	}
	if doc.State != job.FitDone {
		return nil, nil, glovebox.Errorf(glovebox.CodeNotFound, "the current snapshot of %s is not fitted", code).
			WithFix("its provider names a price with --epsilon or --rho; leave --fit out for samples of the record alone")
	}
	var data []byte
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		data, err = tx.Blob(doc.Model)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	m, err := fit.Decode(data, fit.NewLayout(&d.Record))
	return m, doc, err
}
