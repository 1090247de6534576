package mechanism

import "math/big"

// gaussianTails are the tails of a discrete Gaussian of a moderate variance,
// all rounded down or all rounded up, in units of 2^-expBits of the weight at 0.
type gaussianTails struct {
	sums []*big.Int // sums[i] is the weight of all y >= i, i >= 0
	up   bool
}

// newGaussianTails sums the weights exp(-y^2/(2v)) up to where they vanish in
// expBits places. They come from one another: with r = exp(-1/(2v)), that of y+1
// is that of y times r^(2y+1). All are positive, so that roundings in one
// direction add up in that direction.
func newGaussianTails(v *big.Rat, up bool) *gaussianTails {
	one := new(big.Int).Lsh(big.NewInt(1), expBits)
	x := new(big.Rat).Inv(new(big.Rat).Add(v, v))
	var r *big.Int // exp(-x)
	if limit := big.NewRat(maxExponent, 1); x.Cmp(limit) <= 0 {
		r = Divide(new(big.Int).Lsh(one, expBits), expBound(x, !up), up)
	} else if r = new(big.Int); up {
		r = Divide(new(big.Int).Lsh(one, expBits), expBound(limit, false), true)
	}
	times := func(a, b *big.Int) *big.Int { return Divide(new(big.Int).Mul(a, b), one, up) }
	square := times(r, r)
	weights := []*big.Int{one}
	for step := r; ; step = times(step, square) {
		w := times(weights[len(weights)-1], step)
		if w.BitLen() <= 1 {
			break
		}
		weights = append(weights, w)
	}
	t := &gaussianTails{up: up, sums: make([]*big.Int, len(weights)+1)}
	t.sums[len(weights)] = new(big.Int)
	if up {
		// The weights left out begin below one unit and fall by a factor of
		// exp(-2y/(2v)) at least. With y^2/(2v) > 130 that is exp(-260/y), so they
		// add up to less than 1 + y/260 units.
		t.sums[len(weights)].SetInt64(int64(len(weights)))
	}
	for i := len(weights) - 1; i >= 0; i-- {
		t.sums[i] = new(big.Int).Add(t.sums[i+1], weights[i])
	}
	return t
}

// atLeast bounds P(Y >= n) for n >= 0, in units of 2^-expBits; other is the same
// law rounded the other way.
func (t *gaussianTails) atLeast(n int64, other *gaussianTails) *big.Int {
	w := t.sums[min(n, int64(len(t.sums)-1))]
	return Divide(new(big.Int).Lsh(w, expBits), new(big.Int).Add(other.sums[0], other.sums[1]), t.up)
}
