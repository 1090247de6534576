package domain

import (
	"context"
	"errors"
	"fmt"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// DatasetDoc is a dataset as the database keeps it.
type DatasetDoc struct {
	Record   glovebox.Dataset      `json:"record"`
	State    glovebox.DatasetState `json:"state"`
	Added    string                `json:"added"` // RFC 3339, UTC
	By       string                `json:"by"`
	Snapshot *glovebox.Snapshot    `json:"snapshot,omitempty"` // the current one
	Holds    []glovebox.Hold       `json:"holds,omitempty"`    // who paused it
	// Alike are codes of datasets that the current snapshot looked like a copy of
	// when it was loaded. The provider and the authority are told, and nobody else.
	Alike []string `json:"alike,omitempty"`
	// Due is the day on which its next load is due, YYYY-MM-DD; "": none is. It is
	// not kept: who answers a question sets it.
	Due string `json:"due,omitempty"`
}

// AddDataset registers a record and opens its ledger, for good, and those of its
// unit spaces that have none yet. A provider of the record's organisation does
// it.
func (d *Domain) AddDataset(ctx context.Context, by *By, rec *glovebox.Dataset) error {
	if err := RequireProvider(by.User, rec, "register"); err != nil {
		return err
	}
	total, err := ledgerTotal(rec.Ledger)
	if err != nil {
		return err
	}
	return d.Effect(ctx, by, func(tx *store.Tx) error {
		if known, err := Datasets.Has(tx, rec.Code); err != nil || known {
			if err == nil {
				err = glovebox.Errorf(glovebox.CodeConflict, "dataset %q exists", rec.Code).
					WithFix("`glovebox dataset load` brings new data in; another record needs another code")
			}
			return err
		}
		if err := sameUnits(tx, rec); err != nil {
			return err
		}
		doc := DatasetDoc{Record: *rec, Added: d.Stamp(), By: by.Name}
		if doc.State, err = doc.State.To(glovebox.DatasetActive, rec.Code); err != nil {
			return err
		}
		if err := Datasets.OpenLedger(tx, "dataset.add", rec.Code, doc, glovebox.Balance{Dataset: rec.Code, Kind: rec.Ledger.Kind, Total: total}, spacesOf(rec)...); err != nil {
			return err
		}
		return d.openSpaces(tx, by, rec, total)
	})
}

// sameUnits makes sure that all datasets of a unit space write its identifier
// in one way: else one person would get two tokens, and count as two units.
func sameUnits(tx *store.Tx, rec *glovebox.Dataset) error {
	all, err := Datasets.List(tx)
	if err != nil {
		return err
	}
	records := []*glovebox.Dataset{rec}
	for i := range all {
		records = append(records, &all[i].Record)
	}
	for i, mine := range rec.Units() {
		field := "unit.column"
		if i > 0 {
			field = fmt.Sprintf("other_units[%d].column", i-1)
		}
		unit, _ := rec.Column(mine.Column) // the catalogue checked that it is there
		for _, other := range records {
			for _, u := range other.Units() {
				c, _ := other.Column(u.Column)
				if u.Space == mine.Space && (c.Type != unit.Type || c.Format != unit.Format) {
					return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: field,
						Msg: fmt.Sprintf("dataset %s has the units of space %q as %s %s, this record as %s %s", other.Code, u.Space, c.Type, c.Format, unit.Type, unit.Format)}).
						WithFix("declare the identifier alike, or use another unit space")
				}
			}
		}
	}
	return nil
}

// RequireProvider fails with CodeDenied unless the user is a provider of the
// record's organisation.
func RequireProvider(u glovebox.User, rec *glovebox.Dataset, what string) error {
	if err := require(u, glovebox.RoleProvider, what+" a dataset"); err != nil {
		return err
	}
	if u.Org != rec.Provider {
		return glovebox.Errorf(glovebox.CodeDenied, "%s belongs to another organisation than the one that dataset %q names as its provider", u.Name, rec.Code).
			WithFix("act as a provider of that organisation")
	}
	return nil
}

// ledgerTotal turns a declared total into integers, rounding down: what a
// ledger holds is never more than its record says.
func ledgerTotal(l glovebox.LedgerDef) (a glovebox.Amount, err error) {
	loss := l.Epsilon
	if l.Kind == glovebox.LedgerZCDP {
		loss = l.Rho
	}
	if a.Loss, err = glovebox.FloorLoss(loss); err != nil {
		return a, err
	}
	a.Delta, err = glovebox.FloorDelta(l.Delta)
	return a, err
}

// identPurpose names the key of an identifier that is not the unit: the same
// kind of identifier gets the same token wherever it stands.
func identPurpose(c glovebox.Column) string {
	if c.Format != "" {
		return "format:" + c.Format
	}
	return "column:" + c.Name
}

func snapshotID(code string, version int) string { return fmt.Sprintf("%s@%d", code, version) }

// named gives an error without a file the name of the file it is about.
func named(err error, path string) error {
	var e *glovebox.Error
	if errors.As(err, &e) && e.File == "" && e.Code == glovebox.CodeInvalid {
		e.File = path
	}
	return err
}

// cleanVault removes snapshots that a killed load left without a record.
func (d *Domain) cleanVault(ctx context.Context) error {
	known := map[string]bool{}
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		// By the entries, and not by the documents: no data is removed because
		// somebody took a document away.
		ids, err := Snapshots.Recorded(tx)
		for _, id := range ids {
			known[id] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	return d.Vault.Clean(func(code string, version int) bool { return known[snapshotID(code, version)] })
}

// Datasets lists the catalogue.
func (d *Domain) Datasets(ctx context.Context) (out []DatasetDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		out, err = Datasets.List(tx)
		return err
	})
	return out, err
}

// Dataset returns one record of the catalogue.
func (d *Domain) Dataset(ctx context.Context, code string) (doc DatasetDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error { return Datasets.Get(tx, code, &doc) })
	return doc, err
}
