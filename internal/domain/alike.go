package domain

import (
	"context"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
)

// AcceptCopy lets a load into a served domain make a dataset that looks like a
// copy of another.
const AcceptCopy LoadOption = 2

const (
	// alikeUnits is the least number of units by which datasets are told to be
	// alike: a few people are in many datasets.
	alikeUnits = 50
	// alikeOf is how many of ten units of the smaller dataset a copy has.
	alikeOf = 8
)

// alike lists the datasets that a new snapshot looks like a copy of: of the same
// unit space, with the same key columns or without any and most columns the same, and with four of five of its units or
// they of it. Rows under a second code have a second ledger, so that whoever
// grants their use should know. What it finds out is exact and not private, and
// nobody but the provider and the authority is told.
func (d *Domain) alike(ctx context.Context, rec *glovebox.Dataset, version int, keys []int, manifest []byte) ([]string, error) {
	var others []DatasetDoc
	if err := d.Store.View(ctx, func(tx *store.Tx) error {
		all, err := Datasets.List(tx)
		for _, x := range all {
			if likely(rec, keys, &x) && d.Parts == x.Snapshot.Parts {
				others = append(others, x)
			}
		}
		return err
	}); err != nil {
		return nil, err
	}
	mine, err := engine.DecodeManifest(manifest)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, x := range others {
		same, err := d.compare(ctx, rec.Code, version, mine, manifest, &x)
		if err != nil {
			return nil, err
		}
		if same {
			found = append(found, x.Record.Code)
		}
	}
	return found, nil
}

// likely says whether a dataset is worth a comparison with what a record declares:
// its key may be the same, and it has most of the columns. Two offices know the same
// people and say other things of them.
func likely(rec *glovebox.Dataset, keys []int, x *DatasetDoc) bool {
	mine, theirs := slices.Sorted(slices.Values(rec.Key)), slices.Sorted(slices.Values(x.Record.Key))
	return x.Record.Code != rec.Code && x.Record.Unit.Space == rec.Unit.Space &&
		(slices.Equal(mine, theirs) || len(mine) == 0 || len(theirs) == 0) && 2*shared(rec, &x.Record) > min(len(rec.Columns), len(x.Record.Columns)) &&
		x.Snapshot != nil && x.Snapshot.State == glovebox.SnapshotCurrent && slices.Equal(x.Snapshot.UnitKeys, keys)
}

// shared counts the columns that two records have under one name and type.
func shared(a, b *glovebox.Dataset) (n int) {
	for _, c := range a.Columns {
		if slices.ContainsFunc(b.Columns, func(x glovebox.Column) bool { return x.Name == c.Name && x.Type == c.Type }) {
			n++
		}
	}
	return n
}

// compare says whether the units of a snapshot and those of a dataset are mostly
// the same. A snapshot that cannot be read any more is like nothing.
func (d *Domain) compare(ctx context.Context, code string, version int, mine *engine.Manifest, raw []byte, x *DatasetDoc) (bool, error) {
	other, err := d.ReadManifest(x.Record.Code, x.Snapshot.Version, 0)
	if err != nil {
		return false, nil //nolint:nilerr // it was destroyed meanwhile, or is damaged: audit verify says so
	}
	theirs, err := engine.DecodeManifest(other)
	if err != nil || len(theirs.Parts) != len(mine.Parts) || theirs.Format != mine.Format {
		return false, err
	}
	o, err := crew.Alike(ctx, role.AlikeSpec{Manifests: [2][]byte{raw, other}}, len(mine.Parts), func(part int) (files [2]work.Files, err error) {
		if files[0], err = d.OpenPart(mine, work.PartName{Snapshot: work.Snapshot{Dataset: code, Version: version}, Index: part}); err != nil {
			return files, err
		}
		files[1], err = d.OpenPart(theirs, work.PartName{Snapshot: work.Snapshot{Dataset: x.Record.Code, Version: x.Snapshot.Version}, Index: part})
		return files, err
	})
	return min(o.X, o.Y) >= alikeUnits && o.Both*10 >= alikeOf*min(o.X, o.Y), err
}

// copied fails if a load into a served domain makes what looks like a copy.
func (d *Domain) copied(ctx context.Context, alike []string, may []LoadOption) error {
	if len(alike) == 0 || slices.Contains(may, AcceptCopy) {
		return nil
	}
	served, err := d.Served(ctx)
	if err != nil || !served {
		return err
	}
	return glovebox.Errorf(glovebox.CodeConflict, "the rows look like a copy of %s, whose ledger would count them once more", strings.Join(alike, ", ")).
		WithFix("load them into that dataset, or say --accept-copy if they are to have a ledger of their own")
}
