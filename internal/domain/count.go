package domain

import (
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/mechanism"
)

// What a load did about the number of units.
const (
	CountNone   = "none"        // the record asks for none
	CountPublic = "public"      // the exact number, which the record declares public
	CountBought = "bought"      // with noise, its price taken from the ledger
	CountUnpaid = "over_budget" // the ledger does not hold the price
)

// countUnits puts the numbers of units into a new snapshot, as its record says;
// exact holds them by unit column. Numbers with noise are charged first, in the
// same transaction: a load that is killed has either both or none, and draws
// fresh noise when it runs again. What the ledger does not hold is not bought,
// none of it.
func countUnits(tx *store.Tx, rec *glovebox.Dataset, snap *glovebox.Snapshot, exact []int64) (string, error) {
	told, noisy := make([]int64, len(exact)), make([]*privacy.UnitCount, len(exact))
	did, price := CountNone, glovebox.Amount{}
	for i, u := range rec.Units() {
		switch {
		case u.Count == nil:
		case u.Count.Public:
			told[i] = max(1, exact[i])
			if did == CountNone {
				did = CountPublic
			}
		default:
			one, err := countPrice(rec, u)
			if err != nil {
				return "", err
			}
			price, did = price.Add(one), CountBought
			if noisy[i], err = noiseOf(rec, u); err != nil {
				return "", err
			}
		}
	}
	if did == CountBought {
		b, err := tx.Balance(rec.Code)
		if err != nil {
			return "", err
		}
		if !accounting.Fits(b, price) {
			did, noisy = CountUnpaid, make([]*privacy.UnitCount, len(exact))
		} else if err := Snapshots.Charge(tx, "dataset.count", snapshotID(rec.Code, snap.Version), *snap, "", []glovebox.Charge{{Dataset: rec.Code, Kind: rec.Ledger.Kind, Amount: price}}, nil); err != nil {
			return "", err
		}
	}
	src, err := mechanism.NewSource()
	if err != nil {
		return "", err
	}
	for i, n := range noisy {
		if n != nil {
			told[i] = n.Draw(exact[i], src)
		}
	}
	if snap.NoisyUnits = told[0]; slices.ContainsFunc(told[1:], func(n int64) bool { return n > 0 }) {
		snap.OtherNoisyUnits = told[1:]
	}
	return did, nil
}

// countPrice is what the number of units of a column costs: one unit of any
// column changes it by no more than a group of units of this one.
func countPrice(rec *glovebox.Dataset, u glovebox.Unit) (glovebox.Amount, error) {
	price, err := u.Count.Price(rec.Ledger.Kind)
	if err != nil {
		return price, err
	}
	about, _, _ := rec.About(u.Column)
	return accounting.Group(rec.Ledger.Kind, price, accounting.GroupSize([]glovebox.Dataset{about}))
}

// noiseOf is the noise that the record's own price buys.
func noiseOf(rec *glovebox.Dataset, u glovebox.Unit) (*privacy.UnitCount, error) {
	price, err := u.Count.Price(rec.Ledger.Kind)
	if err != nil {
		return nil, err
	}
	return privacy.NewUnitCount(rec.Ledger.Kind, price.Loss)
}
