package mechanism

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// choiceLaw returns the probability of every candidate: with p the chances of
// the coins, that of candidate i is p(i) times the integral over z from 0 to 1 of
// the product of 1-p(j)+p(j)*z over the others, because a head is picked with
// probability 1/(1+k) where k others fell heads.
func choiceLaw(c *Chooser, utility []int64) []*big.Rat {
	best := utility[0]
	for _, u := range utility {
		best = max(best, u)
	}
	coins := make([]*big.Rat, len(utility))
	for i, u := range utility {
		x := new(big.Rat).SetFrac(new(big.Int).SetUint64(c.num), new(big.Int).SetUint64(c.den))
		coins[i] = check.ExpNeg(x.Mul(x, big.NewRat(best-u, 1)))
	}
	law := make([]*big.Rat, len(utility))
	for i := range utility {
		poly := []*big.Rat{big.NewRat(1, 1)}
		for j, p := range coins {
			if j == i {
				continue
			}
			next := make([]*big.Rat, len(poly)+1)
			for k := range next {
				next[k] = new(big.Rat)
			}
			miss := new(big.Rat).Sub(big.NewRat(1, 1), p)
			for k, a := range poly {
				next[k].Add(next[k], new(big.Rat).Mul(a, miss))
				next[k+1].Add(next[k+1], new(big.Rat).Mul(a, p))
			}
			poly = next
		}
		law[i] = new(big.Rat)
		for k, a := range poly {
			law[i].Add(law[i], new(big.Rat).Quo(a, big.NewRat(int64(k+1), 1)))
		}
		law[i].Mul(law[i], coins[i])
	}
	return law
}

// worstRatio returns the largest quotient of the two laws, either way.
func worstRatio(a, b []*big.Rat) *big.Rat {
	worst := new(big.Rat)
	for i := range a {
		for _, r := range []*big.Rat{new(big.Rat).Quo(a[i], b[i]), new(big.Rat).Quo(b[i], a[i])} {
			if r.Cmp(worst) > 0 {
				worst = r
			}
		}
	}
	return worst
}

// expAbove returns a number just above e^epsilon, so little that only the rounding
// of the laws fits in between.
func expAbove(epsilon *big.Rat) *big.Rat {
	e := new(big.Rat).SetFrac(expBound(epsilon, true), new(big.Int).Lsh(big.NewInt(1), expBits))
	return e.Add(e, new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 100)))
}

// tables calls f with every vector of points counts that sum up to at most n.
func tables(points, n int, f func([]uint64)) {
	counts := make([]uint64, points)
	var rec func(i, left int)
	rec = func(i, left int) {
		if i == points {
			f(counts)
			return
		}
		for c := 0; c <= left; c++ {
			counts[i] = uint64(c)
			rec(i+1, left-c)
		}
		counts[i] = 0
	}
	rec(0, n)
}

// TestArgmaxIsPrivate: one unit more raises any subset of the counts.
func TestArgmaxIsPrivate(t *testing.T) {
	epsilon := big.NewRat(1, 2)
	a := check.Must(NewArgmax(epsilon, 1))
	limit, worst := expAbove(epsilon), new(big.Rat)
	tables(4, 5, func(counts []uint64) {
		law := choiceLaw(a.round, check.Must(utilities(counts)))
		for subset := range 16 {
			more := append([]uint64(nil), counts...)
			for i := range more {
				more[i] += uint64(subset >> i & 1)
			}
			if r := worstRatio(law, choiceLaw(a.round, check.Must(utilities(more)))); r.Cmp(worst) > 0 {
				worst = r
			}
		}
	})
	checkTight(t, "argmax", worst, limit, epsilon, 0.9)
	vote := check.Must(NewVote(epsilon, 1))
	worst = new(big.Rat)
	tables(3, 5, func(counts []uint64) {
		law := choiceLaw(vote.round, check.Must(utilities(counts)))
		for from := range counts {
			for to := range counts {
				if counts[from] > 0 {
					other := append([]uint64(nil), counts...)
					other[from]--
					other[to]++
					if r := worstRatio(law, choiceLaw(vote.round, check.Must(utilities(other)))); r.Cmp(worst) > 0 {
						worst = r
					}
				}
			}
		}
	})
	checkTight(t, "vote", worst, limit, epsilon, 0.9)
}

// checkTight fails if the worst quotient is above e^epsilon, or so far below
// that the test would not see a mechanism with more loss.
func checkTight(t *testing.T, what string, worst, limit, epsilon *big.Rat, share float64) {
	t.Helper()
	w, _ := worst.Float64()
	if worst.Cmp(limit) > 0 {
		t.Errorf("%s: a quotient of %v exceeds e^epsilon", what, w)
	}
	part := new(big.Rat).Mul(epsilon, new(big.Rat).SetFloat64(share))
	if worst.Cmp(expAbove(part)) < 0 {
		t.Errorf("%s: no quotient above %v, this test would see nothing", what, w)
	}
}

// TestChoiceLaw draws and compares with the exact probabilities.
func TestChoiceLaw(t *testing.T) {
	s := check.Must(NewSource())
	const n = 100_000
	compare := func(what string, law []*big.Rat, draw func() (int, error)) {
		seen := make([]int, len(law))
		for range n {
			seen[check.Must(draw())]++
		}
		for i, p := range law {
			f, _ := p.Float64()
			check.Share(t, fmt.Sprintf("%s, candidate %d", what, i), seen[i], n, f*(1-1e-12), f*(1+1e-12))
		}
	}
	c := check.Must(NewChooser(big.NewRat(7, 5), 2, false))
	u := []int64{-3, 5, 4, 5, -100, 0}
	compare("choice", choiceLaw(c, u), func() (int, error) { return c.Choose(u, s) })
	for _, counts := range [][]uint64{{0, 0, 0}, {3, 0, 1, 0, 9, 2}, {0, 5, 0, 0}} {
		q := check.Must(NewQuantile(big.NewRat(3, 4), big.NewRat(1, 2), 2))
		compare("quantile", choiceLaw(q.Chooser, quantileUtility(q, counts)), func() (int, error) { return q.Find(counts, s) })
		b := check.Must(NewBlockQuantile(big.NewRat(1, 2), big.NewRat(2, 1), 1))
		compare("median", choiceLaw(b.Chooser, quantileUtility(b, counts)), func() (int, error) { return b.Find(counts, s) })
	}
	a := check.Must(NewArgmax(big.NewRat(1, 3), 1))
	counts := []uint64{4, 7, 0, 7}
	compare("argmax", choiceLaw(a.round, check.Must(utilities(counts))), func() (int, error) { return a.First(counts, s) })
	// The second of the top two, by the law of the first.
	first := choiceLaw(a.round, check.Must(utilities(counts)))
	second := make([]*big.Rat, len(counts))
	for i := range second {
		second[i] = new(big.Rat)
	}
	for i, p := range first {
		rest := append([]uint64(nil), counts...)
		rest[i] = rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		for j, r := range choiceLaw(a.round, check.Must(utilities(rest))) {
			if j == i {
				j = len(counts) - 1
			}
			second[j].Add(second[j], new(big.Rat).Mul(p, r))
		}
	}
	compare("second of the top", second, func() (int, error) {
		top, err := a.Top(2, counts, s)
		if err != nil || top[0] == top[1] {
			return 0, glovebox.Errorf(glovebox.CodeInternal, "top %v: %v", top, err)
		}
		return top[1], nil
	})
}

// TestChoiceFarUtilities: differences beyond 63 bits do not wrap around.
func TestChoiceFarUtilities(t *testing.T) {
	s := check.Must(NewSource())
	c := check.Must(NewChooser(big.NewRat(1000, 1), 1, true))
	for range 1000 {
		if i := check.Must(c.Choose([]int64{-1 << 63, 1<<63 - 1, -1, 0}, s)); i != 1 {
			t.Fatalf("chose candidate %d", i)
		}
	}
}

func TestChoiceParameters(t *testing.T) {
	s := check.Must(NewSource())
	fine, _ := new(big.Rat).SetString("1/18446744073709551557")
	for _, e := range []*big.Rat{nil, new(big.Rat), big.NewRat(-1, 1), fine} {
		_, err := NewChooser(e, 1, false)
		check.Code(t, "epsilon", err, glovebox.CodeInvalid)
		_, err = NewQuantile(big.NewRat(1, 2), e, 1)
		check.Code(t, "epsilon of a quantile", err, glovebox.CodeInvalid)
	}
	for _, at := range []*big.Rat{nil, new(big.Rat), big.NewRat(1, 1), big.NewRat(1, 1<<20)} {
		_, err := NewQuantile(at, big.NewRat(1, 1), 1)
		check.Code(t, "fraction", err, glovebox.CodeInvalid)
	}
	_, err := NewVote(big.NewRat(1, 1), 0)
	check.Code(t, "sensitivity", err, glovebox.CodeInvalid)
	_, err = NewBlockQuantile(big.NewRat(1, 2), big.NewRat(1, 1), 0)
	check.Code(t, "blocks", err, glovebox.CodeInvalid)
	_, err = check.Must(NewArgmax(big.NewRat(1, 1), 1)).First(nil, s)
	check.Code(t, "no candidate", err, glovebox.CodeInternal)
	_, err = check.Must(NewArgmax(big.NewRat(1, 1), 1)).Top(3, []uint64{1, 2}, s)
	check.Code(t, "too many winners", err, glovebox.CodeInvalid)
	_, err = check.Must(NewQuantile(big.NewRat(1, 2), big.NewRat(1, 1), 1)).Find(make([]uint64, MaxQuantilePoints+1), s)
	check.Code(t, "points", err, glovebox.CodeInvalid)
	_, err = check.Must(NewQuantile(big.NewRat(1, 2), big.NewRat(1, 1), 1)).Find([]uint64{1 << 60}, s)
	check.Code(t, "values", err, glovebox.CodeInternal)
}

// TestChoiceHasNoBoundedRange: what permute-and-flip costs in zCDP is
// epsilon^2/2 in truth, and not the epsilon^2/8 of the exponential mechanism. Two
// candidates that tie, of which one unit's vote takes one ahead by two, have a
// divergence (of order 1, which rho bounds) of nearly that.
func TestChoiceHasNoBoundedRange(t *testing.T) {
	epsilon := big.NewRat(1, 10)
	v := check.Must(NewVote(epsilon, 1))
	tie, ahead := choiceLaw(v.round, []int64{5, 5}), choiceLaw(v.round, []int64{6, 4})
	divergence := 0.0
	for i := range tie {
		p, _ := tie[i].Float64()
		q, _ := ahead[i].Float64()
		divergence += p * math.Log(p/q)
	}
	if divergence > 0.1*0.1/2 || divergence < 0.9*0.1*0.1/2 {
		t.Errorf("divergence %v at epsilon 0.1", divergence)
	}
}
