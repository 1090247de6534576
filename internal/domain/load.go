package domain

import (
	"bytes"
	"context"
	"errors"
	"os"
	"reflect"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/fault"
)

// Load is what LoadDataset did.
type Load struct {
	Snapshot glovebox.Snapshot `json:"snapshot"`
	Count    string            `json:"count"` // what was done about the number of units
	// Equal: the snapshot before holds the same rows. This is for the provider
	// alone, who has both files; nothing that is kept or logged says so.
	Equal bool `json:"equal"`
	// Alike are codes of datasets that the rows look like a copy of; for the
	// provider and the authority alone.
	Alike  []string           `json:"alike,omitempty"`
	Report *engine.LoadReport `json:"report"`
}

// LoadSource is the file that a load reads: its name, as errors call it, and what
// opens it.
type LoadSource struct {
	Name string
	Open func(name string) (*os.File, error)
}

// PathSource is the file at a path.
func PathSource(path string) LoadSource { return LoadSource{path, files.Open} }

// LoadDataset reads a provider's file into a new snapshot and makes it the
// current one. It keeps nothing of a load that fails. A load of what the
// current snapshot holds already is a new version like any other, with a digest,
// a charge for its number of units and jobs of its own: if it could be told from
// a load of other rows, whoever sees the digest would know, without noise,
// whether anything at all had changed.
func (d *Domain) LoadDataset(ctx context.Context, by *By, code string, from LoadSource, progress func(done, total int64), may ...LoadOption) (_ *Load, err error) {
	var doc DatasetDoc
	var keys []int
	if err := d.Store.View(ctx, func(tx *store.Tx) error {
		if err := Datasets.Get(tx, code, &doc); err != nil {
			return err
		}
		keys, err = unitKeys(tx, &doc.Record)
		return err
	}); err != nil {
		return nil, err
	}
	if err := RequireProvider(by.User, &doc.Record, "load"); err != nil {
		return nil, err
	}
	if err := loadable(&doc); err != nil {
		return nil, err
	}
	src, err := from.Open(from.Name)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	file, rec, err := fetched(ctx, &doc.Record, src, from.Open)
	if err != nil {
		return nil, named(err, from.Name)
	}
	if file != src {
		defer file.Close()
	}
	version := 0
	if err := d.Store.View(ctx, func(tx *store.Tx) error { version, err = nextVersion(tx, code); return err }); err != nil {
		return nil, err
	}
	w, err := d.Vault.NewSnapshot(code, version)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Abort())
		}
	}()
	res, err := d.project(ctx, rec, 0, keys, file, w, progress)
	if err != nil {
		return nil, named(err, from.Name)
	}
	if !slices.Contains(may, AcceptChange) {
		if err := d.expected(&doc, res); err != nil {
			return nil, named(err, from.Name)
		}
	}
	units, err := d.projectOthers(ctx, rec, keys, file, w, res, progress)
	if err != nil {
		return nil, named(err, from.Name)
	}
	name, err := w.Name(res.ManifestBytes)
	if err != nil {
		return nil, err
	}
	if err := w.Commit(res.ManifestBytes); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.discard(ctx, code, version))
		}
	}()
	fault.Point("snapshot-written")
	alike, err := d.alike(ctx, rec, version, keys, res.ManifestBytes)
	if err != nil {
		return nil, err
	}
	if err := d.copied(ctx, alike, may); err != nil {
		return nil, err
	}
	snap := glovebox.Snapshot{Dataset: code, Version: version, Digest: name, Parts: d.Parts, Loaded: d.Stamp(), By: by.Name, UnitKeys: keys}
	if err := snap.To(glovebox.SnapshotCurrent); err != nil {
		return nil, err
	}
	var count string
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := d.unchanged(tx, &doc); err != nil {
			return err
		}
		if now, err := unitKeys(tx, &doc.Record); err != nil || !slices.Equal(now, keys) {
			if err == nil {
				err = glovebox.Errorf(glovebox.CodeConflict, "the key of a unit space was replaced while the file was read").WithFix("load it again")
			}
			return err
		}
		if count, err = countUnits(tx, &doc.Record, &snap, units); err != nil {
			return err
		}
		if old := doc.Snapshot; old != nil {
			if err := old.To(glovebox.SnapshotReplaced); err != nil {
				return err
			}
			if err := Snapshots.Put(tx, "dataset.replaced", snapshotID(code, old.Version), *old, nil); err != nil {
				return err
			}
		}
		doc.Snapshot, doc.Alike = &snap, alike
		if err := Snapshots.Put(tx, "dataset.load", snapshotID(code, version), snap, nil); err != nil {
			return err
		}
		return Datasets.Put(tx, "dataset.current", code, doc, map[string]any{"snapshot": snap.Digest})
	})
	if err != nil {
		return nil, err
	}
	return &Load{Snapshot: snap, Count: count, Equal: d.equal(code, version-1, res.ManifestBytes), Report: &res.Report, Alike: alike}, nil
}

// loadable fails unless the dataset takes new data.
func loadable(doc *DatasetDoc) error {
	if doc.State != glovebox.DatasetActive {
		return glovebox.Errorf(glovebox.CodeConflict, "dataset %q is %s", doc.Record.Code, doc.State)
	}
	return nil
}

// Usable fails unless the dataset may be read now: nobody paused or withdrew it,
// or froze the domain.
func Usable(tx *store.Tx, code string) error {
	if err := thawed(tx); err != nil {
		return err
	}
	var doc DatasetDoc
	if err := Datasets.Get(tx, code, &doc); err != nil {
		return err
	}
	return loadable(&doc)
}

// unchanged fails unless the dataset may be loaded still: nobody paused or amended
// it, loaded another file or froze the domain since doc was read. doc is what it
// is now.
func (d *Domain) unchanged(tx *store.Tx, doc *DatasetDoc) error {
	if err := Usable(tx, doc.Record.Code); err != nil {
		return err
	}
	var now DatasetDoc
	if err := Datasets.Get(tx, doc.Record.Code, &now); err != nil {
		return err
	}
	if !reflect.DeepEqual(now, *doc) {
		return store.Changed("dataset", doc.Record.Code)
	}
	return nil
}

// equal says whether a snapshot has this manifest. Of one that cannot be read
// any more it is not known to.
func (d *Domain) equal(code string, version int, manifest []byte) bool {
	if version < 1 {
		return false
	}
	old, err := d.Vault.ReadManifest(code, version)
	return err == nil && bytes.Equal(old, manifest)
}
