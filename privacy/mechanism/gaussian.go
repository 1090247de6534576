package mechanism

import (
	"math"
	"math/big"
	"math/bits"

	"glovebox.example/glovebox"
)

// maxVarianceBits keeps the scale of the proposal within maxScaleBits.
const maxVarianceBits = 2*maxScaleBits - 2

// Gaussian is the discrete Gaussian distribution of a rational variance
// parameter v = sigma^2 > 0: an integer y has probability proportional to
// exp(-y^2/(2v)). Added to integers whose vector one unit changes by at most
// D in the L2 norm, it is (D^2/(2v))-zCDP (Canonne, Kamath and Steinke 2020,
// theorem 14; independent noise per coordinate).
type Gaussian struct {
	proposal *Laplace // scale t
	// The proposal y is kept with probability exp(-(|y|*a - b)^2 / c).
	a, b       uint64
	c          uint128
	small      bool // a, b < 2^64 and c < 2^127
	bigA, bigB *big.Int
	bigC       *big.Int
	variance   *big.Rat
	sigma      float64
}

// NewGaussian makes the distribution of the given variance parameter, in
// (0, 2^190). Its true variance is at most that (theorem 1 of the paper).
func NewGaussian(variance *big.Rat) (*Gaussian, error) {
	if variance == nil || variance.Sign() <= 0 || variance.Num().BitLen()-variance.Denom().BitLen() >= maxVarianceBits {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the variance of a Gaussian distribution is outside (0, 2^%d)", maxVarianceBits)
	}
	// Algorithm 3 takes a proposal y of scale t and keeps it with probability
	// exp(-(|y| - v/t)^2/(2v)); any t > 0 gives the same law, because the
	// product with exp(-|y|/t) is exp(-y^2/(2v)) times a constant. We take
	// t = ceil(sigma), which is sigma itself where that is whole. With v = p/q
	// and g = gcd(q*t, p), a = q*t/g, b = p/g:
	//
	//	(|y| - p/(qt))^2 * q/(2p) = (|y|*qt - p)^2 / (2p*q*t^2) = (|y|*a - b)^2 / (2abt)
	p, q := variance.Num(), variance.Denom()
	t := new(big.Int).Sqrt(new(big.Int).Quo(p, q))
	if new(big.Int).Mul(q, new(big.Int).Mul(t, t)).Cmp(p) < 0 {
		t.Add(t, big.NewInt(1))
	}
	qt := new(big.Int).Mul(q, t)
	g := new(big.Int).GCD(nil, nil, qt, p)
	r := &Gaussian{variance: new(big.Rat).Set(variance), bigA: qt.Quo(qt, g), bigB: new(big.Int).Quo(p, g)}
	r.bigC = new(big.Int).Mul(r.bigA, r.bigB)
	r.bigC.Mul(r.bigC, t).Lsh(r.bigC, 1)
	var err error
	if r.proposal, err = NewLaplace(new(big.Rat).SetInt(t)); err != nil {
		return nil, err
	}
	if r.bigA.IsUint64() && r.bigB.IsUint64() && r.bigC.BitLen() < 128 {
		r.a, r.b, r.small = r.bigA.Uint64(), r.bigB.Uint64(), true
		r.c = uint128{new(big.Int).Rsh(r.bigC, 64).Uint64(), new(big.Int).And(r.bigC, maxWord).Uint64()}
	}
	v, _ := variance.Float64()
	r.sigma = math.Sqrt(v)
	return r, nil
}

// Draw returns one value: algorithm 3 of Canonne, Kamath and Steinke (2020),
// exact, by integers alone. The time it takes depends on the value.
func (g *Gaussian) Draw(s *Source) Int128 {
	for {
		y := g.proposal.Draw(s)
		if g.keep(y, s) {
			return y
		}
	}
}

// keep is true with probability exp(-(|y|*a - b)^2 / c).
func (g *Gaussian) keep(y Int128, s *Source) bool {
	m := y
	if m.Hi < 0 {
		m = m.Neg()
	}
	over, d := bits.Mul64(m.Lo, g.a)
	if !g.small || m.Hi != 0 || over != 0 {
		return g.keepBig(m.Big(), s)
	}
	if d >= g.b {
		d -= g.b
	} else {
		d = g.b - d
	}
	hi, lo := bits.Mul64(d, d)
	num := uint128{hi, lo}
	for !num.less(g.c) { // exp(-n/c) = exp(-1) * exp(-(n-c)/c)
		if !s.expOne() {
			return false
		}
		var b uint64
		num.lo, b = bits.Sub64(num.lo, g.c.lo, 0)
		num.hi, _ = bits.Sub64(num.hi, g.c.hi, b)
	}
	if g.c.hi == 0 {
		return s.expFrac(num.lo, g.c.lo)
	}
	return s.expFrac128(num, g.c)
}

// keepBig is keep for any size; m = |y|.
func (g *Gaussian) keepBig(m *big.Int, s *Source) bool {
	m.Mul(m, g.bigA).Sub(m, g.bigB)
	return s.expBig(m.Mul(m, m), g.bigC)
}

// Variance returns sigma^2 as an exact fraction.
func (g *Gaussian) Variance() *big.Rat { return new(big.Rat).Set(g.variance) }

// StdDev returns sigma, which the true standard deviation does not exceed.
func (g *Gaussian) StdDev() float64 { return g.sigma }

// Radius returns an integer q with P(|Y| > q) <= alpha, the smallest one or
// the next, up to float rounding. Alpha is in (0, 1).
func (g *Gaussian) Radius(alpha float64) float64 {
	const whole = 64 // above this sigma, the continuous quantile is as good
	if g.sigma > whole {
		return math.Ceil(g.sigma * math.Sqrt2 * math.Erfinv(1-alpha))
	}
	w := func(y float64) float64 { return math.Exp(-y * y / (2 * g.sigma * g.sigma)) }
	last := math.Ceil(40 * g.sigma)
	total := 1.0
	for y := last; y >= 1; y-- {
		total += 2 * w(y)
	}
	tail := 0.0
	for y := last; y >= 1; y-- {
		if tail += 2 * w(y); tail > alpha*total {
			return y
		}
	}
	return 0
}

// Law names the distribution and its variance parameter.
func (g *Gaussian) Law() (Law, *big.Rat) { return DiscreteGaussian, g.Variance() }
