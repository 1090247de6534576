package accounting

import (
	"fmt"
	"math/big"

	"glovebox"
)

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
// amounts, for anything that would overflow and for a balance overdrawn.
func Fits(b glovebox.Balance, charge glovebox.Amount) bool {
	return fits(b.Total.Loss, b.Spent.Loss, charge.Loss) && fits(b.Total.Delta, b.Spent.Delta, charge.Delta)
}

func fits(total, spent, charge int64) bool {
	return total >= 0 && spent >= 0 && charge >= 0 && spent <= total && charge <= total-spent
}

// Left returns what a balance still holds, never below zero.
func Left(b glovebox.Balance) glovebox.Amount {
	left := func(total, spent int64) int64 {
		if !fits(total, spent, 0) {
			return 0
		}
		return total - spent
	}
	return glovebox.Amount{Loss: left(b.Total.Loss, b.Spent.Loss), Delta: left(b.Total.Delta, b.Spent.Delta)}
}

// Spend returns the balance after a charge, or an error of code CodeBudget that
// says what the charge is and what is left. There is no way back: a charge is
// never refunded, because whether a job failed can depend on the data.
func Spend(b glovebox.Balance, charge glovebox.Amount) (glovebox.Balance, error) {
	if charge.Loss < 0 || charge.Delta < 0 {
		return b, glovebox.Errorf(glovebox.CodeInternal, "a charge is negative")
	}
	if !Fits(b, charge) {
		return b, glovebox.Errorf(glovebox.CodeBudget, "dataset %s has %s left, the job costs %s",
			b.Dataset, amountText(b.Kind, Left(b)), amountText(b.Kind, charge)).
			WithFix("ask for less, or for another dataset")
	}
	b.Spent = glovebox.Amount{Loss: b.Spent.Loss + charge.Loss, Delta: b.Spent.Delta + charge.Delta}
	return b, nil
}

// decimal prints n / 10^places without trailing zeros.
func decimal(n int64, places int) string {
	r := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
	digits, _ := r.FloatPrec() // exact: the denominator is a power of ten
	return r.FloatString(digits)
}

// amountText prints an amount for people.
func amountText(kind glovebox.LedgerKind, a glovebox.Amount) string {
	name := "epsilon"
	if kind == glovebox.LedgerZCDP {
		name = "rho"
	}
	return fmt.Sprintf("%s %s, delta %s", name, decimal(a.Loss, 9), decimal(a.Delta, 15))
}
