package mechanism

import (
	"math"
	"math/big"
	"math/bits"

	"glovebox.example/glovebox"
)

// maxScaleBits bounds the scale of a distribution: noise of 2^126 then has a
// probability below exp(-2^30).
const maxScaleBits = 96

// Laplace is the discrete Laplace distribution of a rational scale b > 0: an
// integer y has probability proportional to exp(-|y|/b). Added to an integer
// that one unit changes by at most D, it is (D/b)-differentially private.
type Laplace struct {
	t, s       uint64 // b = t/s in lowest terms, if small
	bigT, bigS *big.Int
	small      bool // t < 2^63 and s < 2^64
	scale      float64
}

// NewLaplace makes the distribution of the given scale, in (0, 2^96).
func NewLaplace(scale *big.Rat) (*Laplace, error) {
	if scale == nil || scale.Sign() <= 0 || scale.Num().BitLen()-scale.Denom().BitLen() >= maxScaleBits {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the scale of a Laplace distribution is outside (0, 2^%d)", maxScaleBits)
	}
	l := &Laplace{bigT: new(big.Int).Set(scale.Num()), bigS: new(big.Int).Set(scale.Denom())}
	l.scale, _ = scale.Float64()
	if l.bigT.BitLen() < 64 && l.bigS.IsUint64() {
		l.t, l.s, l.small = l.bigT.Uint64(), l.bigS.Uint64(), true
	}
	return l, nil
}

// Draw returns one value: algorithm 2 of Canonne, Kamath and Steinke (2020),
// exact, by integers alone. The time it takes depends on the value.
func (l *Laplace) Draw(s *Source) Int128 {
	if !l.small {
		return l.drawBig(s)
	}
	for {
		// X = U + t*V has P(X = x) proportional to exp(-x/t): U uniform in
		// [0, t) and kept with probability exp(-U/t), V geometric with exp(-1).
		u := s.below(l.t)
		if !s.expFrac(u, l.t) {
			continue
		}
		v := uint64(0)
		for s.expOne() {
			v++
		}
		hi, lo := bits.Mul64(l.t, v) // below 2^127: t < 2^63
		lo, c := bits.Add64(lo, u, 0)
		hi += c
		// Y = floor(X/s) has P(Y = y) proportional to exp(-y*s/t).
		if l.s > 1 {
			var r uint64
			hi, r = hi/l.s, hi%l.s
			lo, _ = bits.Div64(r, lo, l.s)
		}
		y := Int128{Hi: int64(hi), Lo: lo}
		if s.word()>>63 == 0 {
			return y
		}
		if hi|lo != 0 { // zero must not be drawn with either sign
			return y.Neg()
		}
	}
}

// drawBig is Draw for any scale.
func (l *Laplace) drawBig(s *Source) Int128 {
	for {
		u := s.belowBig(l.bigT)
		if !s.expBig(u, l.bigT) {
			continue
		}
		v := uint64(0)
		for s.expOne() {
			v++
		}
		x := new(big.Int).Mul(l.bigT, new(big.Int).SetUint64(v))
		x.Quo(x.Add(x, u), l.bigS)
		if s.word()>>63 == 1 {
			if x.Sign() == 0 {
				continue
			}
			x.Neg(x)
		}
		if y, ok := Int128FromBig(x); ok {
			return y
		}
		// More than 2^30 successes of probability exp(-1) in a row.
		panic("mechanism: unreachable: Laplace noise beyond 2^126")
	}
}

// Scale returns b as an exact fraction.
func (l *Laplace) Scale() *big.Rat { return new(big.Rat).SetFrac(l.bigT, l.bigS) }

// StdDev returns the standard deviation.
func (l *Laplace) StdDev() float64 {
	// Var = 2r/(1-r)^2 with r = exp(-1/b).
	return math.Sqrt(2*math.Exp(-1/l.scale)) / -math.Expm1(-1/l.scale)
}

// Radius returns an integer q with P(|Y| > q) <= alpha, the smallest one up to
// float rounding. Alpha is in (0, 1).
func (l *Laplace) Radius(alpha float64) float64 {
	// P(|Y| > q) = 2 r^(q+1) / (1+r)
	r := math.Exp(-1 / l.scale)
	return math.Max(0, math.Ceil(l.scale*math.Log(2/(alpha*(1+r))))-1)
}

// Law names the distribution and its scale.
func (l *Laplace) Law() (Law, *big.Rat) { return DiscreteLaplace, l.Scale() }
