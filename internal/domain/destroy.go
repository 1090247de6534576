package domain

import (
	"context"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/fault"
)

// destroy destroys the keys and then the files of every snapshot whose state says
// that it is destroyed, and records that it is done. After a crash the next Open
// goes on: from the entry snapshot.destroy on nothing reads it, at
// snapshot.destroyed its keys are gone.
func (d *Domain) destroy(ctx context.Context) error {
	var due []glovebox.Snapshot
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		return Snapshots.Each(tx, func(_ string, s glovebox.Snapshot) error {
			if s.State == glovebox.SnapshotDestroyed && s.Destroyed == "" {
				due = append(due, s)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, s := range due {
		if err := d.Vault.DestroySnapshot(s.Dataset, s.Version); err != nil && glovebox.CodeOf(err) != glovebox.CodeNotFound {
			return err
		}
		fault.Point("snapshot-destroyed")
		err := d.Effect(ctx, systemBy(), func(tx *store.Tx) error {
			id := snapshotID(s.Dataset, s.Version)
			var now glovebox.Snapshot
			if err := Snapshots.Get(tx, id, &now); err != nil || now.Destroyed != "" {
				return err
			}
			now.Destroyed = d.Stamp()
			return Snapshots.Put(tx, "snapshot.destroyed", id, now, map[string]any{"digest": now.Digest})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
