package domain

import (
	"maps"
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
	CountBought = "bought"      // with noise, its price taken from the ledgers
	CountUnpaid = "over_budget" // a ledger does not hold the price
)

// countUnits puts the numbers of units into a new snapshot, as its record says;
// exact holds them by unit column. Numbers with noise are charged first, in the
// same transaction: a load that is killed has either both or none, and draws
// fresh noise when it runs again. What the ledger does not hold is not bought,
// none of it.
func countUnits(tx *store.Tx, rec *glovebox.Dataset, snap *glovebox.Snapshot, exact []int64) (string, error) {
	told, noisy := make([]int64, len(exact)), make([]*privacy.UnitCount, len(exact))
	did, price, spaces := CountNone, glovebox.Amount{}, map[string]glovebox.Charge{}
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
			if err := countSpaces(tx, rec, u, spaces); err != nil {
				return "", err
			}
			if noisy[i], err = noiseOf(rec, u); err != nil {
				return "", err
			}
		}
	}
	if did == CountBought {
		charges := []glovebox.Charge{{Dataset: rec.Code, Kind: rec.Ledger.Kind, Amount: price}}
		for _, name := range slices.Sorted(maps.Keys(spaces)) {
			charges = append(charges, spaces[name])
		}
		fit, err := allHold(tx, charges)
		if err != nil {
			return "", err
		}
		if !fit {
			did, noisy = CountUnpaid, make([]*privacy.UnitCount, len(exact))
		} else if err := Snapshots.Charge(tx, "dataset.count", snapshotID(rec.Code, snap.Version), *snap, "", charges, nil); err != nil {
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

// countSpaces adds what the number of units of a column takes from the ledgers
// of unit spaces.
func countSpaces(tx *store.Tx, rec *glovebox.Dataset, u glovebox.Unit, sum map[string]glovebox.Charge) error {
	price, err := u.Count.Price(rec.Ledger.Kind)
	if err != nil {
		return err
	}
	about, _, _ := rec.About(u.Column)
	charges, err := SpaceCharges(tx, []glovebox.Dataset{about}, converted(rec.Ledger.Kind, price))
	for _, c := range charges {
		c.Amount = c.Amount.Add(sum[c.Space].Amount)
		sum[c.Space] = c
	}
	return err
}

// allHold says whether every ledger holds its charge.
func allHold(tx *store.Tx, charges []glovebox.Charge) (bool, error) {
	for i := range charges {
		b, err := tx.Reading(&charges[i])
		if err != nil || !accounting.Fits(b, charges[i].Amount) {
			return false, err
		}
	}
	return true, nil
}

// noiseOf is the noise that the record's own price buys.
func noiseOf(rec *glovebox.Dataset, u glovebox.Unit) (*privacy.UnitCount, error) {
	price, err := u.Count.Price(rec.Ledger.Kind)
	if err != nil {
		return nil, err
	}
	return privacy.NewUnitCount(rec.Ledger.Kind, price.Loss)
}
