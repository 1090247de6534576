package mechanism

import "math/big"

// normalReach bounds what normalBound resolves: beyond it, less than 2^-67 of
// the normal distribution is left.
var normalReach = big.NewRat(47, 5)

// piDigits is pi, cut off.
const piDigits = "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"

// normalBound returns P(N <= x)*2^expBits for a standard normal N, rounded down
// or up: a proved bound, whose absolute error is below 2^-150 up to normalReach
// and below 2^-67 beyond it.
//
// For x >= 0 it is 1/2 + (x + x^3/3 + x^5/(3*5) + ...) / (sqrt(2*pi)*e^(x^2/2)),
// whose terms are all positive, so that roundings in one direction add up in
// that direction; for x < 0, one less the bound of the other direction at -x.
func normalBound(x *big.Rat, up bool) *big.Int {
	one := new(big.Int).Lsh(big.NewInt(1), expBits)
	if x.Sign() < 0 {
		return one.Sub(one, normalBound(new(big.Rat).Neg(x), !up))
	}
	if x.Cmp(normalReach) > 0 {
		if up {
			return one
		}
		x = normalReach
	}
	const places = expBits + 64
	xs := Divide(new(big.Int).Lsh(x.Num(), places), x.Denom(), up)
	square := new(big.Rat).Mul(x, x)
	sq := Divide(new(big.Int).Lsh(square.Num(), places), square.Denom(), up)
	sum, term := new(big.Int).Set(xs), new(big.Int).Set(xs)
	least, last := big.NewInt(1), new(big.Int)
	for k := int64(3); ; k += 2 {
		term.Rsh(term.Mul(term, sq), places)
		if term.Quo(term, last.SetInt64(k)); up {
			term.Add(term, least) // each of the two roundings loses less than 1/k and 1
			term.Add(term, least)
		}
		sum.Add(sum, term)
		// x^2 < 89: from here on every term is below half the one before it.
		if k > 180 && term.BitLen() <= 3 {
			break
		}
	}
	if up {
		sum.Add(sum, term).Add(sum, term) // what is left of the series
	}
	weight := expBound(square.Mul(square, big.NewRat(1, 2)), !up)
	weight.Mul(weight, rootTwoPi(!up)) // 2*expBits places
	density := Divide(sum.Lsh(sum, 3*expBits-places), weight, up)
	r := density.Add(density, new(big.Int).Rsh(one, 1))
	if r.Cmp(one) > 0 {
		return one
	}
	return r
}

// rootTwoPi returns sqrt(2*pi)*2^expBits, rounded down or up.
func rootTwoPi(up bool) *big.Int {
	pi, _ := new(big.Rat).SetString(piDigits)
	if up {
		last, _ := new(big.Rat).SetString("1e-80")
		pi.Add(pi, last)
	}
	n := Divide(new(big.Int).Lsh(pi.Num(), 2*expBits+1), pi.Denom(), up)
	r := new(big.Int).Sqrt(n)
	if up {
		r.Add(r, big.NewInt(1))
	}
	return r
}
