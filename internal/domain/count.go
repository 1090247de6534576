package domain

import (
	"glovebox"
	"glovebox/internal/store"
	"glovebox/privacy"
)

// What a load did about the number of units.
const (
	CountNone   = "none"        // the record asks for none
	CountPublic = "public"      // the exact number, which the record declares public
	CountBought = "bought"      // with noise, its price taken from the ledger
	CountUnpaid = "over_budget" // the ledger does not hold the price
)

// countUnits puts the number of units into a new snapshot, as its record says.
// A number with noise is charged first, in the same transaction: a load that
// is killed has either both or none, and draws fresh noise when it runs again.
func countUnits(tx *store.Tx, rec *glovebox.Dataset, snap *glovebox.Snapshot, units int64) (string, error) {
	c := rec.Unit.Count
	switch {
	case c == nil:
		return CountNone, nil
	case c.Public:
		snap.NoisyUnits = max(1, units)
		return CountPublic, nil
	}
	price, err := c.Price(rec.Ledger.Kind)
	if err != nil {
		return "", err
	}
	noise, err := privacy.NewUnitCount(rec.Ledger.Kind, price.Loss)
	if err != nil {
		return "", err
	}
	b, err := tx.Balance(rec.Code)
	if err != nil {
		return "", err
	}
	if !privacy.Fits(b, price) {
		return CountUnpaid, nil
	}
	charge := glovebox.Charge{Dataset: rec.Code, Kind: rec.Ledger.Kind, Amount: price}
	if err := tx.ChargeCount(snapshotID(rec.Code, snap.Version), snap, charge); err != nil {
		return "", err
	}
	src, err := privacy.NewSource()
	if err != nil {
		return "", err
	}
	snap.NoisyUnits = noise.Draw(units, src)
	return CountBought, nil
}
