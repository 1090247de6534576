package accounting

import (
	"math/big"

	"glovebox.example/glovebox"
)

// A job is about the units of one column of each input, and its noise hides one
// of these. A row of a dataset with several unit columns belongs to further
// units: the second person of a marriage record, the enterprise of an
// employment. Taking all rows of such a unit away changes the data of other
// units of the job, of a bounded number: a load refuses a file in which a unit
// has more rows than its max_rows. So whoever stands in a row in any place is
// hidden by group privacy, at a higher price.

// GroupSize is how many steps of adding or removing one unit of a job lie
// between the data with and without all rows of one person (or enterprise, ...)
// at most, over all unit spaces. Records are those of the job's inputs as the
// job is about them: see glovebox.Dataset.About.
//
// One unit of the job that goes is one step. Each row that goes with a unit in
// another column changes one unit of the job, which is two steps: the unit
// goes, and comes back changed.
func GroupSize(records []glovebox.Dataset) int64 {
	most := int64(1)
	for _, n := range GroupSizes(records) {
		most = max(most, n)
	}
	return most
}

// GroupSizes is that number for each unit space of the records by itself.
func GroupSizes(records []glovebox.Dataset) map[string]int64 {
	size := map[string]int64{}
	for _, r := range records {
		size[r.Unit.Space] = 1
	}
	for _, r := range records {
		for _, u := range r.OtherUnits {
			size[u.Space] += 2 * int64(u.MaxRows)
		}
	}
	return size
}

// Convert is what a price of a ledger of one kind is in one of another: in rho
// half the square of epsilon, rounded up, and the same delta ((epsilon, delta)-DP
// is delta-approximately (epsilon^2/2)-zCDP: Bun and Steinke 2016, section 8).
// There is no way from rho to epsilon that a ledger could add up: that is
// CodeInvalid.
func Convert(from, to glovebox.LedgerKind, a glovebox.Amount) (glovebox.Amount, error) {
	switch {
	case from == to:
		return a, nil
	case from == glovebox.LedgerPure && to == glovebox.LedgerZCDP && a.Loss >= 0 && a.Loss < 1<<60:
		sq := new(big.Int).Mul(big.NewInt(a.Loss), big.NewInt(a.Loss))
		sq.Add(sq, big.NewInt(2e9-1))
		if sq.Quo(sq, big.NewInt(2e9)); sq.BitLen() <= 60 {
			return glovebox.Amount{Loss: sq.Int64(), Delta: a.Delta}, nil
		}
	}
	return a, glovebox.Errorf(glovebox.CodeInvalid, "a price in rho cannot be paid from a ledger of kind pure, nor one that no ledger holds")
}

// Group is the price of a job for a group of that size: n*epsilon in a ledger
// of kind pure (Dwork and Roth 2014, theorem 2.2), n^2*rho in one of kind zcdp
// (Bun and Steinke 2016, proposition 1.9). It fails with CodeInvalid for a
// delta, which grows with the group in a way that no ledger holds, and for a
// price that no ledger can.
func Group(kind glovebox.LedgerKind, price glovebox.Amount, n int64) (glovebox.Amount, error) {
	if n == 1 {
		return price, nil
	}
	if n < 1 {
		return price, glovebox.Errorf(glovebox.CodeInternal, "a group has no size")
	}
	if price.Delta != 0 {
		return price, glovebox.Invalid("release.delta", "cannot be paid where rows belong to several units").
			WithFix("make the keys public, or use a dataset with one unit column")
	}
	loss := new(big.Int).Mul(big.NewInt(price.Loss), big.NewInt(n))
	if kind == glovebox.LedgerZCDP {
		loss.Mul(loss, big.NewInt(n))
	}
	if loss.BitLen() > 60 {
		return price, glovebox.Invalid("release", "costs more than any ledger holds: a unit of another column has up to %d units' data in its rows", n/2).
			WithFix("make the job about that column, or load the dataset with smaller max_rows")
	}
	return glovebox.Amount{Loss: loss.Int64()}, nil
}
