package mechanism

import "math/big"

// expBits is the number of binary places of the bounds below.
const expBits = 192

// maxExponent is the largest x for which expBound is used: exp(45) > 2^64.
const maxExponent = 45

// expBound returns exp(x)*2^expBits, rounded down or up: a proved bound, for
// x in [0, maxExponent], with a relative error below 2^-160.
//
// x is halved m times until it is at most 1/2, the Taylor series is summed with
// every term rounded in the wanted direction (up: plus twice the last term,
// which exceeds what is left of the series), and the sum is squared m times,
// rounded in that direction each time. All terms are positive, so that
// roundings in one direction add up in that direction.
func expBound(x *big.Rat, up bool) *big.Int {
	const places = expBits + 64
	m := uint(0)
	half := big.NewRat(1, 2)
	for y := new(big.Rat).Set(x); y.Cmp(half) > 0; m++ {
		y.Mul(y, half)
	}
	y := Divide(new(big.Int).Lsh(x.Num(), places), new(big.Int).Lsh(x.Denom(), m), up)
	one := new(big.Int).Lsh(big.NewInt(1), places)
	sum, term := new(big.Int).Set(one), new(big.Int).Set(one)
	for k := int64(1); k <= 64; k++ { // (1/2)^64/64! < 2^-359
		term = Divide(term.Mul(term, y), new(big.Int).Lsh(big.NewInt(k), places), up)
		sum.Add(sum, term)
	}
	if up {
		sum.Add(sum, term).Add(sum, term)
	}
	for ; m > 0; m-- {
		sum = Divide(sum.Mul(sum, sum), one, up)
	}
	return Divide(sum, new(big.Int).Lsh(big.NewInt(1), places-expBits), up)
}

// Divide returns n/d, rounded down or up, for n >= 0 and d > 0.
func Divide(n, d *big.Int, up bool) *big.Int {
	q, r := new(big.Int).QuoRem(n, d, new(big.Int))
	if up && r.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return q
}
