package accounting

import (
	"math"

	"glovebox.example/glovebox"
)

// EpsilonAt says what an amount of a ledger means as (epsilon, delta)-
// differential privacy at a given delta in (0, 1), rounded up to a millionth.
// It is for people to read; no ledger decides by it.
//
// For a pure ledger that is the amount's own epsilon, at any delta not below
// the amount's. For a zcdp ledger, delta-approximate rho-zCDP with amounts
// (rho, d0) is (epsilon, d0+d)-DP for every d > 0 with
//
//	epsilon = min over a > 1 of  a*rho + (a*ln(1-1/a) - ln(a-1) - ln(d)) / (a-1)
//
// (Canonne, Kamath and Steinke 2020, proposition 12). Every a gives a valid
// bound, so that the search for the best one cannot make it wrong.
func EpsilonAt(kind glovebox.LedgerKind, a glovebox.Amount, delta float64) (float64, error) {
	d0 := float64(a.Delta) * glovebox.DeltaUnit
	switch {
	case a.Loss < 0 || a.Delta < 0:
		return 0, glovebox.Errorf(glovebox.CodeInvalid, "an amount is negative")
	case !(delta > 0 && delta < 1):
		return 0, glovebox.Errorf(glovebox.CodeInvalid, "delta is outside (0, 1)")
	case kind == glovebox.LedgerPure && d0 <= delta:
		return float64(a.Loss) * glovebox.LossUnit, nil
	case kind == glovebox.LedgerZCDP && d0 < delta:
		if a.Loss == 0 {
			return 0, nil
		}
		return zcdpEpsilon(float64(a.Loss)*glovebox.LossUnit, delta-d0), nil
	}
	return 0, glovebox.Errorf(glovebox.CodeInvalid, "the amount's own delta is not below %g", delta).
		WithFix("ask at a larger delta")
}

// zcdpEpsilon is the conversion for rho > 0, rounded up to a millionth.
func zcdpEpsilon(rho, delta float64) float64 {
	bound := func(x float64) float64 { // x = ln(a-1)
		m := math.Exp(x)
		a := 1 + m
		// a*ln(1-1/a) - ln(a-1) = a*(x-ln(a)) - x = m*x - a*ln(a)
		return a*rho + (m*x-a*math.Log1p(m)-math.Log(delta))/m
	}
	// The bound has one minimum in ln(a-1): golden section search.
	const g = 0.6180339887498949
	lo, hi := -20.0, 60.0
	x1, x2 := hi-g*(hi-lo), lo+g*(hi-lo)
	f1, f2 := bound(x1), bound(x2)
	for range 120 {
		if f1 < f2 {
			hi, x2, f2 = x2, x1, f1
			x1 = hi - g*(hi-lo)
			f1 = bound(x1)
		} else {
			lo, x1, f1 = x1, x2, f2
			x2 = lo + g*(hi-lo)
			f2 = bound(x2)
		}
	}
	// The float errors of bound are below 1e-9 of it near the minimum.
	return math.Max(0, math.Ceil(math.Min(f1, f2)*(1+1e-9)*1e6)/1e6)
}
