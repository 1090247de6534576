package main

import (
	"math/big"
	"testing"

	"glovebox.example/glovebox/internal/proof/attack"
	"glovebox.example/glovebox/privacy/mechanism"
)

// The sparse vector technique says of queries, one after the other, whether
// they are above a threshold, and pays for those alone that are. Lyu, Su and Li
// ("Understanding the Sparse Vector Technique for Differential Privacy", 2017)
// compare six published forms of it, of which two are private. Here are all
// six, and two more mistakes that the paper warns of. No product code uses any.

// svt is one form, for queries of sensitivity 1 and epsilon split in two parts.
type svt struct {
	name      string
	threshold *big.Rat // scale of the threshold's noise
	query     *big.Rat // scale of each query's noise; nil: none
	stop      int      // ends after so many above the threshold; 0: never
	renew     bool     // new threshold noise after each above
	tell      bool     // says the noisy query where it is above
	wrong     bool
	// Neighbours: the first below queries are 0 and 1, the other above ones 1
	// and 0.
	below, above int
}

// svtEpsilon is what all forms claim.
const svtEpsilon = 2

func forms() []svt {
	r := big.NewRat // scales are in units of the queries' sensitivity: epsilon 2, halves 1
	return []svt{
		{name: "1: Lyu, Su and Li", threshold: r(1, 1), query: r(2, 1), stop: 1, below: 4, above: 1},
		{name: "2: Dwork and Roth 2014", threshold: r(2, 1), query: r(4, 1), stop: 2, renew: true, below: 4, above: 2},
		{name: "3: Roth 2011, tells the noisy query", threshold: r(1, 1), query: r(1, 1), stop: 1, tell: true, wrong: true, below: 6, above: 1},
		{name: "4: Lee and Clifton 2014, noise without the number of answers", threshold: r(2, 1), query: r(2, 3), stop: 3, wrong: true, below: 3, above: 3},
		{name: "5: Stoddard, Chen and Machanavajjhala 2014, no noise on queries", threshold: r(1, 1), wrong: true, below: 1, above: 1},
		{name: "6: Chen, Xiao, Zhang and Xu 2015, never stops", threshold: r(1, 1), query: r(1, 1), wrong: true, below: 4, above: 4},
		{name: "7: half the noise, as for queries that all move one way", threshold: r(1, 1), query: r(1, 1), stop: 1, wrong: true, below: 6, above: 1},
		{name: "8: threshold renewed at the price of one", threshold: r(1, 1), query: r(1, 1), stop: 3, renew: true, wrong: true, below: 2, above: 3},
	}
}

// target is the form on its two inputs. Noise is drawn in steps of 2^-20.
func (s svt) target(samples int) (target, error) {
	const one = 1 << 20
	scaled := func(r *big.Rat) (*mechanism.Laplace, error) {
		if r == nil {
			return nil, nil
		}
		return mechanism.NewLaplace(new(big.Rat).Mul(r, big.NewRat(one, 1)))
	}
	threshold, err := scaled(s.threshold)
	if err != nil {
		return target{}, err
	}
	query, err := scaled(s.query)
	if err != nil {
		return target{}, err
	}
	return target{name: s.name, claim: attack.Claim{Epsilon: svtEpsilon}, samples: samples, start: func() (attack.Draw, func() error, error) {
		src, err := mechanism.NewSource()
		draw := func(l *mechanism.Laplace) int64 {
			if l == nil {
				return 0
			}
			v, _ := l.Draw(src).Int64()
			return v
		}
		return func(side int) (attack.Output, error) {
			out := make(attack.Output, s.below+s.above)
			for i := range out {
				out[i] = -none // not asked
			}
			t, found := draw(threshold), 0
			for i := range out {
				q := int64(0)
				if (i < s.below) == (side == 1) {
					q = one
				}
				q += draw(query)
				if q < t {
					out[i] = none
					continue
				}
				if out[i] = 0; s.tell {
					out[i] = float64(q)
				}
				if found++; found == s.stop {
					break
				}
				if s.renew {
					t = draw(threshold)
				}
			}
			return out, nil
		}, func() error { return nil }, err
	}}, nil
}

// TestSparseVector: the two forms that are private pass, all others raise an
// alarm.
func TestSparseVector(t *testing.T) {
	for _, s := range forms() {
		target, err := s.target(100_000)
		if err != nil {
			t.Fatal(err)
		}
		r, err := target.run()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: at least %.3f of %d, seen by %s", s.name, r.Bound, svtEpsilon, r.Event)
		if r.Alarm() != s.wrong {
			t.Errorf("%s: at least %.3f of %d", s.name, r.Bound, svtEpsilon)
		}
	}
}
