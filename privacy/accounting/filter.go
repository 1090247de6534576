package accounting

import "glovebox.example/glovebox"

// A ledger is a filter: it lets a charge through if and only if the sums of all
// charges so far and this one stay within the totals. The charges may be chosen
// one after the other in view of all earlier results.
//
//   - pure: epsilons and deltas add up, and the filter is valid under full
//     adaptivity (Rogers, Roth, Ullman and Vadhan, "Privacy Odometers and
//     Filters", 2016, basic composition).
//   - zcdp: rhos and deltas add up; valid for approximate zCDP under full
//     adaptivity (Whitehouse, Ramdas, Rogers and Wu, "Fully-Adaptive Composition
//     in Differential Privacy", 2023; for Renyi DP also Feldman and Zrnic 2021).
//
// "Allow whatever either rule allows" is not a valid filter, nor is a privacy
// loss distribution; so a ledger counts in one way, for ever.

// Fits says whether a charge is within what is left. It is false for negative
// amounts, for anything that would overflow and for a balance overdrawn. There is
// no way back: a charge is never refunded, because whether a job failed can
// depend on the data.
func Fits(b glovebox.Balance, charge glovebox.Amount) bool {
	return fits(b.Total.Loss, b.Spent.Loss, charge.Loss) && fits(b.Total.Delta, b.Spent.Delta, charge.Delta)
}

func fits(total, spent, charge int64) bool {
	return total >= 0 && spent >= 0 && charge >= 0 && spent <= total && charge <= total-spent
}
