package bill

import (
	"math"
	"math/big"

	"glovebox.example/glovebox/privacy/mechanism"
)

// exactBelow is the deviation of noise, in parts of what one unit can change a
// number by, below which the number is exact in all but name.
const exactBelow = 0.5

// BarelyNoised names the noisy numbers whose noise has a standard deviation of less than
// half of the most that one unit can change the number of one key by: a count
// with such noise is mostly the count. Choices add no noise and are not judged.
func (f *Facts) BarelyNoised() []string {
	out := []string{}
	for i := range f.Noise {
		n := &f.Noise[i]
		if d, ok := n.deviation(); ok && n.Reach > 0 && d < exactBelow*float64(n.Reach) {
			out = append(out, n.Of)
		}
	}
	return out
}

// deviation is the standard deviation of the noise, in steps; for Gaussian noise
// an upper bound. False: it is none.
func (n *NoiseFacts) deviation() (float64, bool) {
	r, ok := new(big.Rat).SetString(n.Parameter)
	if !ok {
		return 0, false
	}
	v, _ := r.Float64()
	switch n.Mechanism {
	case string(mechanism.DiscreteLaplace):
		return 1 / (math.Sqrt2 * math.Sinh(1/(2*v))), true // sqrt(2q)/(1-q) with q = e^(-1/v)
	case string(mechanism.DiscreteGaussian):
		return math.Sqrt(v), true
	}
	return 0, false
}
