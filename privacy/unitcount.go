package privacy

import (
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/mechanism"
)

// UnitCount adds noise to the number of units of a snapshot, which one unit
// changes by at most 1: discrete Laplace noise of scale 1/epsilon for a ledger
// of kind pure (epsilon-DP), discrete Gaussian noise of variance 1/(2*rho) for
// kind zcdp (rho-zCDP); Canonne, Kamath and Steinke (2020).
type UnitCount struct{ noise mechanism.Sampler }

// NewUnitCount makes the noise that a price buys; loss is in billionths of
// epsilon or rho, above 0.
func NewUnitCount(kind glovebox.LedgerKind, loss int64) (*UnitCount, error) {
	if loss <= 0 || (kind != glovebox.LedgerPure && kind != glovebox.LedgerZCDP) {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a number of units has a price above 0 in a ledger of kind pure or zcdp")
	}
	b := bill.Of(kind, loss)
	noise, err := b.Noise(loss, 1, 1)
	if err != nil {
		return nil, err
	}
	return &UnitCount{noise}, nil
}

// Draw returns the number of units with noise, raised to 1 where it is below:
// that is free, and 0 stands for no number. It is drawn once for a price.
func (c *UnitCount) Draw(units int64, src *mechanism.Source) int64 {
	n := c.noise.Draw(src).Add(mechanism.NewInt128(units))
	v, fits := n.Int64()
	switch {
	case n.Hi < 0:
		return 1
	case !fits:
		return math.MaxInt64
	}
	return max(1, v)
}

// Half is half the width of a 95 % confidence interval of a drawn number.
func (c *UnitCount) Half() float64 { return c.noise.Radius(alpha) }
