package mechanism

import (
	"math"
	"math/big"
	"sort"

	"glovebox.example/glovebox"
)

// maxSelectionTable bounds the table of a Selection: 2^16 words, 512 KiB.
const maxSelectionTable = 1 << 16

// Selection decides which private keys a table shows, from the number of units
// that have the key. Two numbers that differ by one are kept with
// probabilities p and p' that satisfy the definition of (epsilon, delta)-
// differential privacy for one key: p' <= e^epsilon*p + delta and
// 1-p' <= e^epsilon*(1-p) + delta, both ways; and no unit, no key.
//
// It is the selection of Desfontaines, Voss, Gipson and Mandayam,
// "Differentially Private Partition Selection" (2022, theorem 1), which keeps
// every number with the largest probability that those inequalities allow:
//
//	p(0) = 0,  p(n) = min( e^epsilon*p(n-1) + delta,
//	                       1 - e^-epsilon*(1 - p(n-1) - delta),  1 )
//
// Where one unit can touch L0 keys, L0 selections compose: epsilon and delta
// given here are those of one key.
type Selection struct {
	epsilon, delta *big.Rat
	// keep[n] / 2^64 is the probability for n < len(keep); from there on it is 1.
	keep []uint64
	// noise is set where epsilon is so small that the table would not fit.
	noise *truncatedLaplace
	// gauss is set, and epsilon is nil, if the selection is by Gaussian noise.
	gauss *gaussianThreshold
}

// NewSelection makes the selection for one key. Epsilon is at least 2^-48 (and
// treated as 45 where it is above that), delta in [2^-64, 1).
func NewSelection(epsilon, delta *big.Rat) (*Selection, error) {
	if epsilon == nil || epsilon.Cmp(big.NewRat(1, 1<<48)) < 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the epsilon of a selection is below 2^-48")
	}
	if delta == nil || delta.Sign() <= 0 || delta.Cmp(big.NewRat(1, 1)) >= 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the delta of a selection is outside (0, 1)")
	}
	one := new(big.Int).Lsh(big.NewInt(1), 64)
	d := Divide(new(big.Int).Mul(delta.Num(), one), delta.Denom(), false)
	if d.Sign() == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the delta of a selection is below 2^-64")
	}
	s := &Selection{epsilon: new(big.Rat).Set(epsilon), delta: new(big.Rat).Set(delta)}
	if limit := big.NewRat(maxExponent, 1); s.epsilon.Cmp(limit) > 0 {
		s.epsilon = limit
	}
	if s.table(d, one) {
		return s, nil
	}
	var err error
	s.noise, err = newTruncatedLaplace(s.epsilon, s.delta)
	return s, err
}

// table computes the probabilities in units of 2^-64 and says whether they fit.
//
// Let P(n) = 2^64*p(n) be the integers, d = floor(2^64*delta), e <= e^epsilon
// and f >= e^-epsilon the bounds of expBound. The loop takes
//
//	P(n) = min( floor(e*P(n-1)) + d,  2^64 - ceil(f*(2^64 - P(n-1) - d)),  2^64 ).
//
// The first argument gives P(n) <= e^epsilon*P(n-1) + 2^64*delta, the second
// 2^64 - P(n-1) <= e^epsilon*(2^64 - P(n)) + d: the two inequalities of the
// definition that can fail (P does not fall) hold for the integers themselves,
// whatever was lost by rounding. No slack is needed.
func (s *Selection) table(d, one *big.Int) bool {
	e := expBound(s.epsilon, false)
	scale := new(big.Int).Lsh(big.NewInt(1), expBits)
	f := Divide(new(big.Int).Lsh(scale, expBits), e, true)
	if f.Cmp(scale) > 0 {
		f = scale
	}
	p := new(big.Int)
	for s.keep = []uint64{0}; ; s.keep = append(s.keep, p.Uint64()) {
		left := new(big.Int).Sub(one, p)
		left.Sub(left, d)
		if left.Sign() <= 0 { // then the first argument is 2^64 or more, too
			return true
		}
		p = Divide(new(big.Int).Mul(p, e), scale, false)
		p.Add(p, d)
		if q := left.Sub(one, Divide(left.Mul(left, f), scale, true)); q.Cmp(p) < 0 {
			p = q
		}
		if p.Cmp(one) >= 0 {
			return true
		}
		if len(s.keep) == maxSelectionTable {
			s.keep = nil
			return false
		}
	}
}

// Keep decides about a key that n units have. It draws at most one word while
// the table fits.
func (s *Selection) Keep(n uint64, src *Source) bool {
	if s.gauss != nil {
		return s.gauss.keep(n, src)
	}
	if s.noise == nil {
		return n >= uint64(len(s.keep)) || src.word() < s.keep[n]
	}
	if n == 0 || n > 2*s.noise.bound {
		return n > 0
	}
	return int64(n)+s.noise.draw(src) > int64(s.noise.bound)
}

// Always returns the smallest number of units with which a key is always kept; 0
// if there is none.
func (s *Selection) Always() uint64 {
	if s.gauss != nil {
		return 0
	}
	if s.noise == nil {
		return uint64(len(s.keep))
	}
	return 2*s.noise.bound + 1
}

// Even returns the smallest number of units with which a key is kept with
// probability 1/2 or more.
func (s *Selection) Even() uint64 {
	if s.gauss != nil {
		return s.gauss.threshold + 1
	}
	if s.noise == nil {
		return uint64(sort.Search(len(s.keep), func(n int) bool { return s.keep[n] >= 1<<63 }))
	}
	return s.noise.bound + 1
}

// Probability returns the probability with which n units keep a key, for
// planning and tests.
func (s *Selection) Probability(n uint64) float64 {
	switch {
	case s.gauss != nil:
		return s.gauss.probability(n)
	case n >= s.Always():
		return 1
	case s.noise == nil:
		return math.Ldexp(float64(s.keep[n]), -64)
	}
	return s.noise.above(int64(s.noise.bound) - int64(n))
}

// Epsilon returns the loss of one key, nil if the selection is by Gaussian noise.
func (s *Selection) Epsilon() *big.Rat {
	if s.epsilon == nil {
		return nil
	}
	return new(big.Rat).Set(s.epsilon)
}

// Variance returns the variance parameter of a selection by Gaussian noise, else
// nil.
func (s *Selection) Variance() *big.Rat {
	if s.gauss == nil {
		return nil
	}
	return s.gauss.Variance()
}

// Delta returns the delta of one key.
func (s *Selection) Delta() *big.Rat { return new(big.Rat).Set(s.delta) }

// Law names what keeps a key.
func (s *Selection) Law() Law {
	switch {
	case s.gauss != nil:
		return GaussianSelection
	case s.noise != nil:
		return TruncatedSelection
	}
	return OptimalSelection
}

// EvenOptimal is about the number of units from which on the optimal selection
// keeps a key at least every other time: its probabilities grow as
// delta*(e^(epsilon*n)-1)/(e^epsilon-1).
func EvenOptimal(epsilon, delta *big.Rat) float64 {
	e, _ := epsilon.Float64()
	d, _ := delta.Float64()
	return math.Log1p(math.Expm1(math.Min(e, maxExponent))/(2*d)) / e
}
