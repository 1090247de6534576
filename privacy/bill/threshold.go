package bill

import (
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Threshold selects private keys by a number that is released anyway: a
// key shows if its noisy number of units, or its noisy sum, is above a threshold.
// The noise is the one that the figure has; the selection costs delta alone.
//
// Let D be the most that one unit changes the number of one key by, in steps, and
// Y the noise. The threshold T is the smallest, up to a little, with
//
//	P(D + Y > T) = P(Y >= T+1-D) <= delta/L0 for sure.
//
// Take data with a unit and without it. Of its k <= L0 keys let j be its own,
// which nobody else has. Let A be the job on the data without the unit, B with it,
// and C what B does if it is made to forget those j keys. What A and C tell is a
// function of noisy numbers of the same keys, so A and C are as close as the
// prices of the noise say: (epsilon, 0), or rho. A key of one unit has a number of
// D at most, so it shows with a probability of delta/L0 at most, and the noise of
// keys is independent: B is C but for an event of probability d <= j*delta/L0 <=
// delta. So for any set S of tables, and S0 those of S that show none of the j keys,
//
//	P(B in S) <= P(C in S) + d <= e^epsilon * P(A in S) + delta,
//	P(A in S) = P(A in S0) <= e^epsilon * P(C in S0) = e^epsilon * P(B in S0)/(1-d),
//
// and the second gives P(A in S) - e^epsilon*P(B in S) <= d*P(A in S0) <= delta:
// (epsilon, delta)-differential privacy. Where the noise is (epsilon, delta/2) and
// the keys have the other half of delta (Joint), the first has delta/2 twice,
// and the second gives P(A in S0) - (1-d)*(P(A in S0) - delta/2) <= delta. With the
// event taken out, the two laws are those of A and C, which is delta-approximate
// rho-zCDP (Bun and Steinke 2016, definition 8.1). The other figures of a key that
// shows are noisy numbers, too, with prices of their own, and part of A: they cost
// nothing more. Nor does the threshold do anything to what the other mechanisms of
// the job lose together: delta is added to the losses of the noise (Bill.Losses).
//
// It is the thresholding of Korolova, Kenthapadi, Mishra and Ntoulas, "Releasing
// Search Queries and Clicks Privately" (2009), brought to several keys of a unit
// by Wilson, Zhang, Lam, Desfontaines, Simmons-Marengo and Gipson,
// "Differentially Private SQL with Bounded User Contribution" (2020), with
// Laplace or Gaussian noise (Swanberg, Desfontaines and Haney, "DP-SIPS", 2023),
// drawn in integers, and with tails that are bounded in integers, rounded in the
// safe direction: mechanism.LaplaceTail, mechanism.GaussianTail. Desfontaines, Voss, Gipson and
// Mandayam, "Differentially Private Partition Selection" (2022), tell
// what it loses against an optimal selection at the same epsilon: some keys of
// few units. What it saves is that epsilon.
//
// Not promised: that a figure is unbiased among the keys that show. A key whose
// number is below the threshold shows when its noise is high, so its figure is
// too high, and its interval misses more often than one in twenty such rows. Nor
// anything about a group of units, which has more than D in a key of its own:
// accounting.Group refuses to price one.
type Threshold struct {
	Above *big.Int         // T
	most  mechanism.Int128 // T
	Delta *big.Rat         // of one key
	Even  uint64           // units with which a key shows at least every other time
}

// NewThreshold makes the selection by a number of which one unit changes l0 by at
// most reach each, and which gets that noise.
func NewThreshold(noise mechanism.Sampler, reach int64, l0 int, delta *big.Rat) (*Threshold, error) {
	t := &Threshold{Delta: new(big.Rat).Quo(delta, big.NewRat(int64(plantShare(l0)), 1))}
	var tail *big.Int
	switch n := noise.(type) {
	case *mechanism.Laplace:
		tail = mechanism.LaplaceTail(n.Scale(), t.Delta)
	case *mechanism.Gaussian:
		tail = mechanism.GaussianTail(n.Variance(), t.Delta)
	default:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "noise without a known tail selects no keys")
	}
	d := big.NewInt(reach)
	t.Above = tail.Add(tail, new(big.Int).Sub(d, big.NewInt(1)))
	t.Above.Sub(t.Above, plantThreshold())
	even := new(big.Int).Add(t.Above, d)
	even.Quo(even, d) // (T+1)/D, rounded up
	most, ok := mechanism.Int128FromBig(t.Above)
	if !ok || !even.IsUint64() {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the noise is too large to select keys by")
	}
	t.most, t.Even = most, even.Uint64()
	return t, nil
}

// Shows says whether a key whose noisy number is n shows.
func (t *Threshold) Shows(n mechanism.Int128) bool { return n.Cmp(t.most) > 0 }

// Selection says that keys are selected by that number, in the words of facts.
func (t *Threshold) Selection(by string) *Selection {
	return &Selection{Law: ReleasedThreshold, Delta: t.Delta, Even: t.Even, By: by, Threshold: t.Above}
}
