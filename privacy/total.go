package privacy

import (
	"math"
	"math/big"
	"math/bits"

	"glovebox.example/glovebox/privacy/mechanism"
)

// total is the most that one unit adds to the sums of all its keys together, in
// steps and in magnitude: l0 times the reach, or less where that is declared.
func (g *grid) total(l0 int) int64 {
	most := int64(l0) * g.reach()
	if g.most > 0 && g.most*g.inv < float64(most) {
		most = int64(math.Ceil(g.most * g.inv))
	}
	return most
}

// sumNoise is the noise of a grid's sums. A unit that adds T in all, at most D to
// one key, changes the sums of all keys by T in the L1 norm, and by the root of
// q*D^2 + r^2 in the L2 norm, where T = q*D + r, r < D.
func (p *Plan) sumNoise(g *grid, loss int64) (mechanism.Sampler, error) {
	if g.most == 0 {
		return p.budget.Noise(loss, p.shown, g.norm(p.budget.Gaussian))
	}
	total, reach := g.total(p.shown), g.reach()
	q, r := big.NewInt(total/reach), big.NewInt(total%reach)
	d := big.NewInt(reach)
	square := q.Mul(q, d.Mul(d, d))
	return p.budget.NoiseOf(loss, big.NewInt(total), square.Add(square, r.Mul(r, r)), reach > 1<<16)
}

// share says that a unit's sum of one metric, size in magnitude, is to be brought
// down to most, all keys alike.
type share struct{ most, size uint64 }

// of returns steps brought down, towards zero.
func (s share) of(steps int64) int64 {
	if s.size <= s.most {
		return steps
	}
	hi, lo := bits.Mul64(mechanism.Magnitude(steps), s.most)
	q, _ := bits.Div64(hi, lo, s.size) // |steps| <= size, so hi < size
	if steps < 0 {
		return -int64(q)
	}
	return int64(q)
}
