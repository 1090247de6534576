package mechanism

import (
	"fmt"
	"math/big"
	"testing"

	"glovebox.example/glovebox/privacy/internal/check"
)

// quantileUtility repeats the definition of the documentation in fractions.
func quantileUtility(q *Quantile, counts []uint64) []int64 {
	n := uint64(0)
	for _, c := range counts {
		n += c
	}
	u := make([]int64, len(counts))
	below := uint64(0)
	for i, e := range counts {
		l, g := below, n-below-e
		u[i] = min(int64(q.a*(e+g))-int64((q.b-q.a)*l), int64((q.b-q.a)*(l+e))-int64(q.a*g))
		below += e
	}
	return u
}

// TestQuantileIsPrivate computes the exact probabilities of every answer for
// every table of up to four values on three points and each of its neighbours:
// no quotient exceeds e^epsilon, and some come close, so that half the noise
// would fail.
func TestQuantileIsPrivate(t *testing.T) {
	for _, at := range []*big.Rat{big.NewRat(1, 2), big.NewRat(9, 10), big.NewRat(1, 3)} {
		for _, epsilon := range []*big.Rat{big.NewRat(1, 1), big.NewRat(1, 4)} {
			q := check.Must(NewQuantile(at, epsilon, 1))
			limit, worst := expAbove(epsilon), new(big.Rat)
			tables(3, 4, func(counts []uint64) {
				law := choiceLaw(q.Chooser, quantileUtility(q, counts))
				for i := range counts {
					more := append([]uint64(nil), counts...)
					more[i]++
					if r := worstRatio(law, choiceLaw(q.Chooser, quantileUtility(q, more))); r.Cmp(worst) > 0 {
						worst = r
					}
				}
			})
			checkTight(t, fmt.Sprintf("quantile %v at epsilon %v", at, epsilon), worst, limit, epsilon, 0.5)
		}
	}
}

// TestBlockQuantileIsPrivate does the same for a fixed number of outputs of
// which one is replaced, for any values of at most 5 blocks.
func TestBlockQuantileIsPrivate(t *testing.T) {
	for _, at := range []*big.Rat{big.NewRat(1, 2), big.NewRat(1, 4)} {
		epsilon := big.NewRat(1, 1)
		q := check.Must(NewBlockQuantile(at, epsilon, 1))
		limit, worst := expAbove(epsilon), new(big.Rat)
		tables(3, 5, func(counts []uint64) {
			law := choiceLaw(q.Chooser, quantileUtility(q, counts))
			for from := range counts {
				for to := range counts {
					if from == to || counts[from] == 0 {
						continue
					}
					other := append([]uint64(nil), counts...)
					other[from]--
					other[to]++
					if r := worstRatio(law, choiceLaw(q.Chooser, quantileUtility(q, other))); r.Cmp(worst) > 0 {
						worst = r
					}
				}
			}
		})
		checkTight(t, fmt.Sprintf("block quantile %v", at), worst, limit, epsilon, 0.5)
	}
}

// TestQuantileAccuracy holds the error to the bound of the documentation, with
// a chance of 1e-10 for each of 300 draws to exceed it.
func TestQuantileAccuracy(t *testing.T) {
	s := check.Must(NewSource())
	const points, each, epsilon = 10_000, 3, 0.5
	counts := make([]uint64, points)
	for i := range counts {
		counts[i] = each
	}
	for _, at := range []*big.Rat{big.NewRat(1, 2), big.NewRat(95, 100)} {
		q := check.Must(NewQuantile(at, big.NewRat(1, 2), 1))
		f, _ := at.Float64()
		ranks := (9.2103404 - -23.0258509) * max(f, 1-f) * 2 / epsilon // ln(points), ln(1e-10)
		for range 100 {
			got := float64(check.Must(q.Find(counts, s)))
			if off := (got - f*points) * each; off > ranks+each || off < -ranks-each {
				t.Errorf("quantile %v is off by %v ranks, the bound is %v", at, off, ranks)
			}
		}
	}
}
