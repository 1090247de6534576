package mechanism

import (
	"math"
	"math/big"
	"math/bits"

	"glovebox.example/glovebox"
)

// Chooser picks one of several public candidates by a whole-number utility
// that depends on the data: the permute-and-flip mechanism (McKenna and
// Sheldon, "Permute-and-Flip: A New Mechanism for Differentially Private
// Selection", 2020). It is epsilon-differentially private, and never expects
// more error than the exponential mechanism at the same epsilon.
//
// The paper visits the candidates in a random order, throws for each a coin
// that falls heads with probability exp(-epsilon*d/(2*D)), where d is how far
// its utility lies below the best and D the sensitivity, and returns the first
// head. Coins do not depend on the order, so that the first head in a random
// order is a head picked uniformly among all of them; Choose does that. It
// throws one coin for every candidate, whatever the utilities are, so that
// the number of coins tells nothing; how long a coin takes depends on its
// probability, which the caller has to hide like the time of any sampler.
//
// Coins are exact (Canonne, Kamath and Steinke 2020, algorithm 1), so the
// probabilities are those of the paper and no float is involved.
type Chooser struct{ num, den uint64 } // a coin is exp(-d*num/den)

// NewChooser makes a chooser. Sensitivity is the most by which one unit changes
// the utility of any one candidate, at least 1. Monotone says that one unit
// more changes all utilities in one direction, up or down, as counts do; then
// the factor 2 above is not needed and is left out. Epsilon is positive; it and
// epsilon/(2*sensitivity) have to be fractions of 63 bits, which every amount
// of a ledger is.
func NewChooser(epsilon *big.Rat, sensitivity uint64, monotone bool) (*Chooser, error) {
	if epsilon == nil || epsilon.Sign() <= 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the epsilon of a choice is not above 0")
	}
	if sensitivity == 0 || sensitivity > math.MaxUint32 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the sensitivity of a choice is outside 1..%d", uint32(math.MaxUint32))
	}
	d := new(big.Int).SetUint64(sensitivity)
	if !monotone {
		d.Lsh(d, 1)
	}
	rate := new(big.Rat).Quo(epsilon, new(big.Rat).SetInt(d))
	if rate.Num().BitLen() > 63 || rate.Denom().BitLen() > 63 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the epsilon of a choice is no fraction of 63 bits").
			WithFix("round it down to a billionth")
	}
	return &Chooser{num: rate.Num().Uint64(), den: rate.Denom().Uint64()}, nil
}

// Choose returns the number of the chosen candidate. There has to be one.
func (c *Chooser) Choose(utility []int64, src *Source) (int, error) {
	if len(utility) == 0 || src == nil {
		return 0, glovebox.Errorf(glovebox.CodeInternal, "a choice needs candidates and a source of randomness")
	}
	best := utility[0]
	for _, u := range utility {
		best = max(best, u)
	}
	r := c.Round(best, src)
	for i, u := range utility {
		r.Offer(i, u)
	}
	return r.picked, nil
}

// coin is true with probability exactly exp(-d*num/den).
func (c *Chooser) coin(d uint64, s *Source) bool {
	hi, lo := bits.Mul64(d, c.num)
	whole, rest := uint64(math.MaxUint64), uint64(0)
	if hi < c.den { // else so many ones in a row will not fall in this universe
		whole, rest = bits.Div64(hi, lo, c.den)
	}
	for ; whole > 0; whole-- {
		if !s.expOne() {
			return false
		}
	}
	return s.expFrac(rest, c.den)
}

// Rate returns num/den of the coins: a candidate that is d below the best one's
// utility gets a head with probability exp(-d*Rate).
func (c *Chooser) Rate() *big.Rat {
	return new(big.Rat).SetFrac(new(big.Int).SetUint64(c.num), new(big.Int).SetUint64(c.den))
}

// Round is one choice among candidates that are offered one after the other, in
// any order: a head picked uniformly, in one pass and without keeping them.
type Round struct {
	c      *Chooser
	best   int64
	src    *Source
	heads  uint64
	picked int
}

// Round begins a choice. Best is the largest utility that will be offered: the
// guarantee is about that one.
func (c *Chooser) Round(best int64, src *Source) *Round { return &Round{c: c, best: best, src: src} }

// Offer adds candidate i.
func (r *Round) Offer(i int, utility int64) {
	// The difference of two int64 fits a uint64.
	if !r.c.coin(uint64(r.best)-uint64(utility), r.src) {
		return
	}
	if r.heads++; r.src.below(r.heads) == 0 {
		r.picked = i
	}
}

// Picked returns the candidate that was chosen. The best one's coin is always a
// head, so that there is one as soon as it was offered.
func (r *Round) Picked() int { return r.picked }
