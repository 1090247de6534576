package mechanism

import (
	"math"
	"math/big"
	"math/bits"
)

// Int128 is a signed integer of 128 bits in two's complement. Sums over units
// are kept in it: with at most 2^40 units of at most 2^40 grid steps each, and
// noise that reaches 2^126 with a probability below exp(-2^30), it does not
// overflow.
type Int128 struct {
	Hi int64
	Lo uint64
}

// NewInt128 widens x.
func NewInt128(x int64) Int128 { return Int128{Hi: x >> 63, Lo: uint64(x)} }

// Add returns a+b, wrapping around at 128 bits.
func (a Int128) Add(b Int128) Int128 {
	lo, c := bits.Add64(a.Lo, b.Lo, 0)
	return Int128{Hi: a.Hi + b.Hi + int64(c), Lo: lo}
}

// Neg returns -a.
func (a Int128) Neg() Int128 {
	lo, b := bits.Sub64(0, a.Lo, 0)
	return Int128{Hi: -a.Hi - int64(b), Lo: lo}
}

// Cmp returns -1, 0 or 1 as a is below, equal to or above b.
func (a Int128) Cmp(b Int128) int {
	switch {
	case a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// Int64 returns a and whether it fits.
func (a Int128) Int64() (int64, bool) { return int64(a.Lo), a.Hi == int64(a.Lo)>>63 }

// Float64 returns the float64 nearest to a, ties to even.
func (a Int128) Float64() float64 {
	if v, ok := a.Int64(); ok {
		return float64(v)
	}
	neg := a.Hi < 0
	if neg {
		a = a.Neg()
	}
	hi, lo := uint64(a.Hi), a.Lo
	z := bits.LeadingZeros64(hi)
	if hi == 0 { // only for -2^64 < a <= -2^63 and 2^63 <= a < 2^64
		hi, lo, z = lo, 0, 64
	} else {
		hi, lo = hi<<z|lo>>(64-z), lo<<z
	}
	if lo != 0 {
		hi |= 1 // 11 bits lie below the float's last one, so a sticky bit rounds right
	}
	f := math.Ldexp(float64(hi), 64-z)
	if neg {
		return -f
	}
	return f
}

// Big returns a.
func (a Int128) Big() *big.Int {
	r := big.NewInt(a.Hi)
	return r.Lsh(r, 64).Add(r, new(big.Int).SetUint64(a.Lo))
}

// MulInt128 returns count*x. It is exact while |count*x| < 2^127.
func MulInt128(count uint64, x int64) Int128 {
	neg := x < 0
	u := uint64(x)
	if neg {
		u = -u
	}
	hi, lo := bits.Mul64(count, u)
	r := Int128{Hi: int64(hi), Lo: lo}
	if neg {
		return r.Neg()
	}
	return r
}

// Int128FromBig returns x and whether it fits.
func Int128FromBig(x *big.Int) (Int128, bool) {
	if x.BitLen() > 126 {
		return Int128{}, false
	}
	m := new(big.Int).Abs(x)
	r := Int128{Lo: new(big.Int).And(m, maxWord).Uint64(), Hi: int64(new(big.Int).Rsh(m, 64).Uint64())}
	if x.Sign() < 0 {
		r = r.Neg()
	}
	return r, true
}

var maxWord = new(big.Int).SetUint64(math.MaxUint64)
