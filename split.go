package glovebox

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Split divides a range of numbers into equal cells. Whatever counts values in
// cells of equal width, or rounds them to steps, takes its edges from here.
//
// The ends of the range are decimals: the shortest that print as their doubles,
// which is what a person wrote. An edge is the double nearest to the exact one,
// so that 0..1 in tenths has the edges 0.1, 0.2, 0.3 as they are written, and a
// value written like an edge is equal to it.
type Split struct {
	n         int64
	lo, hi    *big.Int // of the range, in units of 1/unit
	unit      *big.Int
	small     bool // the numerators and the denominator of all edges are exact doubles
	low, high int64
	den       float64
}

// exactFloat bounds whole numbers that a float64 holds exactly.
const exactFloat = 1 << 53

// NewSplit divides [lo, hi] into n cells. Both ends are finite numbers, lo below
// hi, and n is at least 1.
func NewSplit(lo, hi float64, n int) Split {
	a, p := decimal(lo)
	b, q := decimal(hi)
	s := Split{n: int64(n), lo: a, hi: b, unit: tenTo(max(p, q))}
	a.Mul(a, tenTo(max(p, q)-p))
	b.Mul(b, tenTo(max(p, q)-q))
	limit, count := big.NewInt(exactFloat), big.NewInt(s.n)
	below := func(x *big.Int) bool { return new(big.Int).Mul(x, count).CmpAbs(limit) < 0 }
	if s.small = below(a) && below(b) && below(s.unit); s.small {
		s.low, s.high, s.den = a.Int64(), b.Int64(), float64(s.unit.Int64()*s.n)
	}
	return s
}

// Edge returns edge i, which is lo for 0 and hi for n. Outside 0..n it goes on in
// the same steps.
func (s *Split) Edge(i int) float64 {
	if s.small && i >= 0 && int64(i) <= s.n {
		// Both are exact, and a quotient of floats is the nearest to the true one.
		return float64(s.low*(s.n-int64(i))+s.high*int64(i)) / s.den
	}
	num := new(big.Int).Mul(s.lo, big.NewInt(s.n-int64(i)))
	num.Add(num, new(big.Int).Mul(s.hi, big.NewInt(int64(i))))
	f, _ := new(big.Rat).SetFrac(num, new(big.Int).Mul(s.unit, big.NewInt(s.n))).Float64()
	return f
}

// Edges returns the n+1 edges.
func (s *Split) Edges() []float64 {
	edges := make([]float64, s.n+1)
	for i := range edges {
		edges[i] = s.Edge(i)
	}
	return edges
}

// Steps are the multiples of a step, on both sides of zero.
type Steps struct {
	step  float64
	split Split // of [0, step] into one cell
	num   int64 // of the step, if that is small
	den   float64
}

// NewSteps makes the multiples of a finite step above 0.
func NewSteps(step float64) Steps {
	s := Steps{step: step, split: NewSplit(0, step, 1)}
	if s.split.small {
		s.num, s.den = s.split.high, s.split.den
	}
	return s
}

// Floor returns the largest multiple that is not above v; v itself where that is
// not a finite number, or so large that multiples can no longer be told apart.
func (s *Steps) Floor(v float64) float64 {
	k := math.Floor(v / s.step)
	if !(math.Abs(k) < exactFloat-1) {
		return v
	}
	low := s.at(k) // k is off by one at most
	for low > v {
		k--
		low = s.at(k)
	}
	for next := s.at(k + 1); next <= v && next > low; next = s.at(k + 1) {
		k, low = k+1, next
	}
	return low
}

// at is the k-th multiple.
func (s *Steps) at(k float64) float64 {
	if n := k * float64(s.num); s.num > 0 && math.Abs(n) < exactFloat {
		return n/s.den + 0 // no negative zero
	}
	return s.split.Edge(int(k)) + 0
}

// decimal returns the shortest decimal that prints as x: a whole number of units
// of 10^-places, places at least 0.
func decimal(x float64) (units *big.Int, places int) {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', -1, 64), "e")
	e, _ := strconv.Atoi(exponent)
	digits := strings.Replace(mantissa, ".", "", 1)
	units, ok := new(big.Int).SetString(digits, 10)
	if !ok { // not a finite number
		return new(big.Int), 0
	}
	places = len(strings.TrimPrefix(digits, "-")) - 1 - e
	if places < 0 {
		units.Mul(units, tenTo(-places))
		places = 0
	}
	return units, places
}

func tenTo(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
