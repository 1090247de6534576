package domain

import (
	"context"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// changeDataset changes a dataset on behalf of somebody who answers for it.
func (d *Domain) changeDataset(ctx context.Context, by *By, code string, b Brake, change func(*store.Tx, *DatasetDoc) error) (doc DatasetDoc, err error) {
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Datasets.Get(tx, code, &doc); err != nil {
			return err
		}
		if err := (&Stake{Datasets: []string{code}}).Answers(tx, by.User, b.Role); err != nil {
			return err
		}
		return change(tx, &doc)
	})
}

// PauseDataset stops all use of a dataset at once: its provider does it, alone, or
// the authority. It is used again when everyone who paused it let go.
func (d *Domain) PauseDataset(ctx context.Context, by *By, code string, b Brake) (DatasetDoc, error) {
	return d.changeDataset(ctx, by, code, b, func(tx *store.Tx, doc *DatasetDoc) error {
		h, err := d.hold(tx, by, b)
		if err == nil {
			doc.State, err = doc.State.To(glovebox.DatasetPaused, code)
		}
		if err == nil {
			doc.Holds, err = pull(doc.Holds, h, by.User)
		}
		if err == nil {
			err = Datasets.Put(tx, "dataset.pause", code, *doc, b.said(by))
		}
		if err != nil {
			return err
		}
		return stopped(tx, Datasets.Subject(code), reads(code))
	})
}

// ResumeDataset lets go of a pause.
func (d *Domain) ResumeDataset(ctx context.Context, by *By, code string, b Brake) (DatasetDoc, error) {
	return d.changeDataset(ctx, by, code, b, func(tx *store.Tx, doc *DatasetDoc) error {
		if doc.State != glovebox.DatasetPaused {
			return glovebox.Errorf(glovebox.CodeConflict, "dataset %q is %s: there is nothing to resume", code, doc.State)
		}
		left, free, err := letGo(doc.Holds, by.User, b.Role)
		if err != nil {
			return err
		}
		if doc.Holds = left; free {
			if doc.State, err = doc.State.To(glovebox.DatasetActive, code); err != nil {
				return err
			}
		}
		return Datasets.Put(tx, "dataset.resume", code, *doc, b.said(by))
	})
}

// WithdrawDataset takes a dataset back for good: its provider, alone, or the
// authority. The keys of its snapshots are destroyed at once.
func (d *Domain) WithdrawDataset(ctx context.Context, by *By, code string, b Brake) (DatasetDoc, error) {
	doc, err := d.changeDataset(ctx, by, code, b, func(tx *store.Tx, doc *DatasetDoc) error {
		err := openIncident(tx, b.Incident)
		if err == nil {
			doc.State, err = doc.State.To(glovebox.DatasetWithdrawn, code)
		}
		if err != nil {
			return err
		}
		gone, err := d.destroying(tx, code, func(*glovebox.Snapshot) bool { return true })
		if err != nil {
			return err
		}
		doc.Holds = nil
		if doc.Snapshot != nil {
			doc.Snapshot.State = glovebox.SnapshotDestroyed
		}
		if err := Datasets.Put(tx, "dataset.withdraw", code, *doc, b.said(by)); err != nil {
			return err
		}
		for i := range gone {
			if err := Snapshots.Put(tx, "snapshot.destroy", snapshotID(code, gone[i].Version), gone[i], nil); err != nil {
				return err
			}
		}
		return stopped(tx, Datasets.Subject(code), reads(code))
	})
	if err != nil {
		return doc, err
	}
	return doc, d.destroy(context.WithoutCancel(ctx))
}

// destroying are the snapshots of a dataset that are to be destroyed, in that
// state already, and not written yet.
func (d *Domain) destroying(tx *store.Tx, code string, which func(*glovebox.Snapshot) bool) (out []glovebox.Snapshot, err error) {
	return out, Snapshots.Each(tx, func(_ string, s glovebox.Snapshot) error {
		if s.Dataset != code || s.State == glovebox.SnapshotDestroyed || !which(&s) {
			return nil
		}
		if err := s.To(glovebox.SnapshotDestroyed); err != nil {
			return err
		}
		out = append(out, s)
		return nil
	})
}
