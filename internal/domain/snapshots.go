package domain

import (
	"cmp"
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// AllSnapshots lists the snapshots of a dataset, oldest first.
func (d *Domain) AllSnapshots(ctx context.Context, code string) (out []glovebox.Snapshot, err error) {
	return out, d.Store.View(ctx, func(tx *store.Tx) error {
		var doc DatasetDoc
		if err := Datasets.Get(tx, code, &doc); err != nil {
			return err
		}
		out, err = snapshotsOf(tx, code)
		return err
	})
}

func snapshotsOf(tx *store.Tx, code string) (out []glovebox.Snapshot, err error) {
	err = Snapshots.Each(tx, func(_ string, s glovebox.Snapshot) error {
		if s.Dataset == code {
			out = append(out, s)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b glovebox.Snapshot) int { return cmp.Compare(a.Version, b.Version) })
	return out, err
}

// nextVersion is the version of the next load: one more than any before, also
// where the dataset went back to an earlier one.
func nextVersion(tx *store.Tx, code string) (int, error) {
	all, err := snapshotsOf(tx, code)
	if err != nil || len(all) == 0 {
		return 1, err
	}
	return all[len(all)-1].Version + 1, nil
}

// RollBack makes an earlier snapshot, whose keys are there still, the current one:
// a provider of the dataset does it. What was charged stays charged.
func (d *Domain) RollBack(ctx context.Context, by *By, code string, version int, b Brake) (DatasetDoc, error) {
	return d.changeDataset(ctx, by, code, b, func(tx *store.Tx, doc *DatasetDoc) error {
		if err := Usable(tx, code); err != nil {
			return err
		}
		var to glovebox.Snapshot
		if err := Snapshots.Get(tx, snapshotID(code, version), &to); err != nil {
			return err
		}
		if err := to.To(glovebox.SnapshotCurrent); err != nil {
			return err
		}
		old := *doc.Snapshot // a replaced one had a successor
		if err := old.To(glovebox.SnapshotReplaced); err != nil {
			return err
		}
		doc.Snapshot = &to
		body := b.said(by)
		body["version"] = version
		if err := Datasets.Put(tx, "dataset.rollback", code, *doc, body); err != nil {
			return err
		}
		if err := Snapshots.Put(tx, "dataset.replaced", snapshotID(code, old.Version), old, nil); err != nil {
			return err
		}
		return Snapshots.Put(tx, "snapshot.current", snapshotID(code, version), to, nil)
	})
}

// DestroySnapshot destroys the keys of a snapshot that is not the current one, at
// once: a provider of the dataset does it.
func (d *Domain) DestroySnapshot(ctx context.Context, by *By, code string, version int, b Brake) (s glovebox.Snapshot, err error) {
	_, err = d.changeDataset(ctx, by, code, b, func(tx *store.Tx, doc *DatasetDoc) error {
		if err := Snapshots.Get(tx, snapshotID(code, version), &s); err != nil {
			return err
		}
		if doc.Snapshot != nil && doc.Snapshot.Version == version {
			return glovebox.Errorf(glovebox.CodeConflict, "snapshot %d of dataset %q is the current one", version, code).
				WithFix("load or roll back to another one first, or take the dataset back: `glovebox dataset withdraw %s --reason TEXT`", code)
		}
		if err := s.To(glovebox.SnapshotDestroyed); err != nil {
			return err
		}
		return Snapshots.Put(tx, "snapshot.destroy", snapshotID(code, version), s, b.said(by))
	})
	if err != nil {
		return s, err
	}
	if err := d.destroy(context.WithoutCancel(ctx)); err != nil {
		return s, err
	}
	return s, d.Store.View(ctx, func(tx *store.Tx) error { return Snapshots.Get(tx, snapshotID(code, version), &s) })
}

// CancelDataset takes a mistaken registration back before its first use: nothing
// was loaded, and nothing taken of its ledger. The code stays taken.
func (d *Domain) CancelDataset(ctx context.Context, by *By, code string, b Brake) (DatasetDoc, error) {
	return d.changeDataset(ctx, by, code, b, func(tx *store.Tx, doc *DatasetDoc) (err error) {
		all, err := snapshotsOf(tx, code)
		if err != nil {
			return err
		}
		bal, err := tx.Balance(code)
		if err != nil {
			return err
		}
		if len(all) > 0 || bal.Spent != (glovebox.Amount{}) {
			return glovebox.Errorf(glovebox.CodeConflict, "dataset %q was used", code).WithFix("take it back: `glovebox dataset withdraw %s --reason TEXT`", code)
		}
		if doc.State, err = doc.State.To(glovebox.DatasetCancelled, code); err != nil {
			return err
		}
		doc.Holds = nil
		return Datasets.Put(tx, "dataset.cancel", code, *doc, b.said(by))
	})
}

// discard destroys a snapshot that is in the vault and that the database does not
// know, so that the load that failed can be tried again. What cannot be told to
// be unknown stays, until the domain is opened again.
func (d *Domain) discard(ctx context.Context, code string, version int) error {
	known := true
	err := d.Store.View(context.WithoutCancel(ctx), func(tx *store.Tx) (err error) {
		known, err = Snapshots.Has(tx, snapshotID(code, version))
		return err
	})
	if err != nil || known {
		return err
	}
	return d.Vault.DestroySnapshot(code, version)
}
