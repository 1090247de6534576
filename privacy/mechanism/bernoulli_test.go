package mechanism

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"glovebox.example/glovebox/privacy/internal/check"
)

// TestRatioStep compares each step with big integers, near the boundary too,
// where chance alone would never lead.
func TestRatioStep(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	ties := 0
	check := func(w uint64, num, den uint128, yes, open bool, rest uint128) {
		t.Helper()
		p := new(big.Int).Mul(new(big.Int).SetUint64(w), den.big())
		n := new(big.Int).Lsh(num.big(), 64)
		q := new(big.Int).Add(p, den.big())
		switch {
		case p.Cmp(n) >= 0:
			if yes || open {
				t.Fatalf("w=%d num=%v den=%v: yes %v, open %v; want no", w, num, den, yes, open)
			}
		case q.Cmp(n) <= 0:
			if !yes || open {
				t.Fatalf("w=%d num=%v den=%v: yes %v, open %v; want yes", w, num, den, yes, open)
			}
		default:
			ties++
			if !open || rest.big().Cmp(n.Sub(n, p)) != 0 || !rest.less(den) {
				t.Fatalf("w=%d num=%v den=%v: open %v, rest %v; want the rest %v", w, num, den, open, rest, n)
			}
		}
	}
	for range 20_000 {
		den := r.Uint64()>>r.IntN(63) | 1
		if r.IntN(4) == 0 {
			den = 1 << r.IntN(64)
		}
		num := den
		if r.IntN(8) > 0 {
			num = r.Uint64N(den)
		}
		edge := new(big.Int).Lsh(new(big.Int).SetUint64(num), 64)
		w := edge.Quo(edge, new(big.Int).SetUint64(den)).Uint64()
		for _, w := range []uint64{r.Uint64(), w, w - 1, w + 1, 0, math.MaxUint64} {
			yes, open, rest := ratioStep(w, num, den)
			check(w, uint128{0, num}, uint128{0, den}, yes, open, uint128{0, rest})
		}
		d := uint128{r.Uint64() >> (1 + r.IntN(62)), r.Uint64()}
		n := uint128{d.hi / (1 + r.Uint64N(5)), r.Uint64()}
		if d.less(n) {
			n = d
		}
		edge = new(big.Int).Lsh(n.big(), 64)
		w = edge.Quo(edge, d.big()).Uint64()
		for _, w := range []uint64{r.Uint64(), w, w - 1, w + 1, 0, math.MaxUint64} {
			yes, open, rest := ratioStep128(w, n, d)
			check(w, n, d, yes, open, rest)
		}
	}
	if ties < 20_000 {
		t.Errorf("only %d undecided steps were tried", ties)
	}
}

// TestExpIsExact checks the rate of every form of Bernoulli(exp(-x)).
func TestExpIsExact(t *testing.T) {
	s := check.Must(NewSource())
	const n = 200_000
	count := func(f func() bool) (k int) {
		for range n {
			if f() {
				k++
			}
		}
		return k
	}
	check := func(what string, x float64, f func() bool) {
		p := math.Exp(-x)
		check.Share(t, what, count(f), n, p*(1-1e-12), p)
	}
	check("exp(-1)", 1, s.expOne)
	for _, c := range [][2]uint64{{0, 7}, {7, 7}, {1, 3}, {1, 1000}, {1<<62 - 1, 1 << 62}, {5, 9}} {
		x := float64(c[0]) / float64(c[1])
		check(fmt.Sprintf("exp(-%v) of words", x), x, func() bool { return s.expFrac(c[0], c[1]) })
		num, den := uint128{c[0] >> 1, c[0] << 63}, uint128{c[1] >> 1, c[1] << 63}
		check(fmt.Sprintf("exp(-%v) of two words", x), x, func() bool { return s.expFrac128(num, den) })
	}
	for _, x := range []*big.Rat{big.NewRat(0, 1), big.NewRat(1, 3), big.NewRat(1, 1), big.NewRat(7, 2)} {
		f, _ := x.Float64()
		check("exp(-"+x.String()+") of big numbers", f, func() bool { return s.expBig(x.Num(), x.Denom()) })
	}
}

// TestBelow checks that integers below n are uniform.
func TestBelow(t *testing.T) {
	s := check.Must(NewSource())
	const n = 100_000
	for _, m := range []uint64{1, 3, 10} {
		var words, bigs [10]int
		b := new(big.Int).SetUint64(m)
		for range n {
			words[s.below(m)]++
			bigs[s.belowBig(b).Uint64()]++
		}
		for v := range m {
			p := 1 / float64(m)
			check.Share(t, fmt.Sprintf("%d below %d", v, m), words[v], n, p, p)
			check.Share(t, fmt.Sprintf("%d below big %d", v, m), bigs[v], n, p, p)
		}
	}
	thirds := 0
	const wide = 3 << 62 // a quarter of all words is rejected
	for range n {
		if s.below(wide)%3 == 0 { // of which half would be, without
			thirds++
		}
	}
	check.Share(t, "multiples of 3 below 3*2^62", thirds, n, 1.0/3, 1.0/3)
}

// TestSourceSeeds checks that sources are seeded afresh, and that a seed fixes
// the words, which the tests of canonical output rely on.
func TestSourceSeeds(t *testing.T) {
	if check.Must(NewSource()).word() == check.Must(NewSource()).word() {
		t.Error("two sources begin alike")
	}
	if SeededSource([32]byte{1}).word() != SeededSource([32]byte{1}).word() {
		t.Error("one seed gives two beginnings")
	}
}
