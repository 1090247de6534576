package mechanism

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/google/differential-privacy/go/v3/dpagg"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// e150 is e with 150 decimals, from the literature.
const e150 = "2.718281828459045235360287471352662497757247093699959574966967627724076630353547594571382178525166427427466391932003059921817413596629043572900334295260"

func TestExpBound(t *testing.T) {
	scale := new(big.Int).Lsh(big.NewInt(1), expBits)
	e, _ := new(big.Rat).SetString(e150)
	e.Mul(e, new(big.Rat).SetInt(scale))
	low, high := expBound(big.NewRat(1, 1), false), expBound(big.NewRat(1, 1), true)
	if new(big.Rat).SetInt(low).Cmp(e) > 0 || new(big.Rat).SetInt(high).Cmp(e) < 0 {
		t.Error("e is not between its bounds")
	}
	for _, x := range []*big.Rat{new(big.Rat), big.NewRat(1, 1<<48), big.NewRat(1, 3), big.NewRat(1, 2), big.NewRat(22, 7), big.NewRat(maxExponent, 1)} {
		low, high := expBound(x, false), expBound(x, true)
		width := new(big.Int).Sub(high, low)
		if width.Sign() < 0 || width.Lsh(width, 160).Cmp(high) > 0 {
			t.Errorf("exp(%v): bounds %v and %v", x, low, high)
		}
		f, _ := x.Float64()
		got, _ := new(big.Rat).SetFrac(low, scale).Float64()
		if math.Abs(got/math.Exp(f)-1) > 1e-13 {
			t.Errorf("exp(%v) = %v, want %v", x, got, math.Exp(f))
		}
		// exp(x/2)^2 = exp(x)
		half := expBound(new(big.Rat).Mul(x, big.NewRat(1, 2)), false)
		if half.Mul(half, half).Rsh(half, expBits).Cmp(high) > 0 {
			t.Errorf("exp(%v/2)^2 is above the upper bound of exp(%v)", x, x)
		}
		half = expBound(new(big.Rat).Mul(x, big.NewRat(1, 2)), true)
		if half.Mul(half, half).Rsh(half, expBits).Cmp(low) < 0 {
			t.Errorf("exp(%v/2)^2 is below the lower bound of exp(%v)", x, x)
		}
	}
}

func rat(t *testing.T, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q is not a number", s)
	}
	return r
}

// TestSelectionIsPrivate checks the definition on the integers of the table
// themselves: P(n) <= e^eps*P(n-1) + delta and the same for the complement,
// with bounds of e^eps and delta that are on the strict side.
func TestSelectionIsPrivate(t *testing.T) {
	one := new(big.Int).Lsh(big.NewInt(1), 64)
	for _, c := range [][2]string{
		{"1", "1e-6"}, {"1/2", "1e-6"}, {"1/3", "1/3000000"}, {"1/10", "1e-7"}, {"100", "1e-9"}, {"5", "1e-15"},
		{"1/1000", "1e-9"}, {"1/100000", "9/10"}, {"45/2", "1/18446744073709551615"},
	} {
		s := check.Must(NewSelection(rat(t, c[0]), rat(t, c[1])))
		e := expBound(s.epsilon, false)
		within := func(p, q *big.Int) bool { // p <= e^eps*q + delta*2^64
			x := new(big.Rat).SetFrac(new(big.Int).Mul(q, e), new(big.Int).Lsh(big.NewInt(1), expBits))
			x.Add(x, new(big.Rat).Mul(s.delta, new(big.Rat).SetInt(one)))
			return new(big.Rat).SetInt(p).Cmp(x) <= 0
		}
		at := func(n uint64) *big.Int {
			if n >= s.Always() {
				return one
			}
			return new(big.Int).SetUint64(s.keep[n])
		}
		if s.noise != nil || at(0).Sign() != 0 {
			t.Errorf("epsilon %s: no table, or a key that nobody has is kept", c[0])
			continue
		}
		for n := uint64(1); n <= s.Always(); n++ {
			p, q := at(n), at(n-1)
			np, nq := new(big.Int).Sub(one, p), new(big.Int).Sub(one, q)
			if !within(p, q) || !within(q, p) || !within(np, nq) || !within(nq, np) {
				t.Errorf("epsilon %s, delta %s: %d and %d units are told apart", c[0], c[1], n-1, n)
				break
			}
		}
	}
}

// TestSelectionIsOptimal compares the table with the recurrence in floats and
// with known points of it.
func TestSelectionIsOptimal(t *testing.T) {
	for _, c := range []struct {
		eps, delta   string
		even, always uint64
	}{
		{"1", "1e-6", 14, 28},
		{"1/2", "1e-6", 26, 51},
		{"1/3", "1/3000000", 40, 80},
		{"1", "1e-8", 19, 37},
		{"1/10", "1e-6", 109, 218},
	} {
		s := check.Must(NewSelection(rat(t, c.eps), rat(t, c.delta)))
		if s.Even() != c.even || s.Always() != c.always {
			t.Errorf("epsilon %s, delta %s: even at %d, always at %d; want %d and %d", c.eps, c.delta, s.Even(), s.Always(), c.even, c.always)
		}
		eps, _ := s.epsilon.Float64()
		delta, _ := s.delta.Float64()
		p := 0.0
		for n := uint64(1); n < s.Always(); n++ {
			p = min(math.Exp(eps)*p+delta, 1-math.Exp(-eps)*(1-p-delta), 1)
			if got := s.Probability(n); math.Abs(got-p) > 1e-9*p+1e-15 {
				t.Fatalf("epsilon %s, delta %s: p(%d) = %v, want %v", c.eps, c.delta, n, got, p)
			}
		}
		o := check.Must(dpagg.NewPreAggSelectPartition(&dpagg.PreAggSelectPartitionOptions{Epsilon: eps, Delta: delta, MaxPartitionsContributed: 1}))
		if hard := check.Must(o.GetHardThreshold()); uint64(hard) != s.Always() {
			t.Errorf("epsilon %s, delta %s: always at %d, Google's library says %d", c.eps, c.delta, s.Always(), hard)
		}
	}
}

// TestSelectionFrequencies draws from the table and from truncated noise.
func TestSelectionFrequencies(t *testing.T) {
	src := check.Must(NewSource())
	keeps := func(what string, s *Selection, n uint64, draws int) {
		kept := 0
		for range draws {
			if s.Keep(n, src) {
				kept++
			}
		}
		p := s.Probability(n)
		check.Share(t, fmt.Sprintf("%s, %d units", what, n), kept, draws, p*(1-1e-9), math.Min(1, p*(1+1e-9)))
	}
	s := check.Must(NewSelection(big.NewRat(1, 3), big.NewRat(1, 1000)))
	for n := range s.Always() + 2 {
		keeps("table", s, n, 50_000)
	}
	for _, c := range [][2]string{{"1/100000", "1e-9"}, {"1/1000000", "1/200000"}, {"1/10000000", "1/200000"}} {
		s := check.Must(NewSelection(rat(t, c[0]), rat(t, c[1])))
		if s.noise == nil {
			t.Fatalf("epsilon %s, delta %s has a table", c[0], c[1])
		}
		k := s.noise.bound
		for _, n := range []uint64{0, 1, k / 2, k - k/50, k, k + 1, k + k/20, k + k/2, 2 * k, 2*k + 1} {
			keeps(fmt.Sprintf("truncated noise, epsilon %s, near %v", c[0], s.noise.near), s, n, 10_000)
		}
	}
}

// TestTruncatedAgainstTable sets both up where both are possible: the noise
// never keeps more than the optimum and lags by less than two units.
func TestTruncatedAgainstTable(t *testing.T) {
	for _, c := range [][2]string{{"1", "1e-6"}, {"1/10", "1e-7"}, {"1/500", "1e-9"}, {"1/1000", "1e-3"}} {
		table := check.Must(NewSelection(rat(t, c[0]), rat(t, c[1])))
		noise := check.Must(newTruncatedLaplace(table.epsilon, table.delta))
		other := &Selection{epsilon: table.epsilon, delta: table.delta, noise: noise}
		for n := range other.Always() {
			p, q := table.Probability(n), other.Probability(n)
			if q > p*(1+1e-9) || n > 1 && q < table.Probability(n-2)*(1-1e-9) {
				t.Fatalf("epsilon %s, delta %s, %d units: %v by noise, %v at best", c[0], c[1], n, q, p)
			}
		}
		// Its edge is within delta, and would not be with a smaller bound.
		delta, _ := table.delta.Float64()
		if edge := other.Probability(1); edge > delta*(1+1e-9) {
			t.Errorf("epsilon %s: one unit alone is kept with %v, delta is %v", c[0], edge, delta)
		}
		if edgeWithin(table.epsilon, table.delta, noise.bound-1) {
			t.Errorf("epsilon %s: a bound below %d would do", c[0], noise.bound)
		}
	}
}

// TestTruncatedLaw draws by both ways of rejection, where the law is small
// enough to write down.
func TestTruncatedLaw(t *testing.T) {
	src := check.Must(NewSource())
	for _, near := range []bool{true, false} {
		l := &truncatedLaplace{Laplace: check.Must(NewLaplace(big.NewRat(7, 2))), bound: 3, near: near}
		const n = 100_000
		counts := map[int64]int{}
		for range n {
			counts[l.draw(src)]++
		}
		total := 0.0
		for y := -3.0; y <= 3; y++ {
			total += math.Exp(-math.Abs(y) * 2 / 7)
		}
		for y := int64(-3); y <= 3; y++ {
			p := math.Exp(-math.Abs(float64(y))*2/7) / total
			check.Share(t, fmt.Sprintf("%d, near %v", y, near), counts[y], n, p, p)
			if above := l.above(y-1) - l.above(y); y > -3 && math.Abs(above-p) > 1e-12 {
				t.Errorf("P(%d) = %v by above, want %v", y, above, p)
			}
		}
		if len(counts) != 7 {
			t.Errorf("values %v", counts)
		}
	}
}

func TestSelectionParameters(t *testing.T) {
	half := big.NewRat(1, 2)
	for _, c := range [][2]*big.Rat{
		{nil, half}, {new(big.Rat), half}, {big.NewRat(1, 1<<49), half},
		{half, nil}, {half, new(big.Rat)}, {half, big.NewRat(1, 1)},
		{half, new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 65))},
	} {
		_, err := NewSelection(c[0], c[1])
		check.Code(t, fmt.Sprint(c), err, glovebox.CodeInvalid)
	}
	s := check.Must(NewSelection(big.NewRat(1, 1<<48), big.NewRat(1, 1<<62)))
	if s.Keep(0, check.Must(NewSource())) || !s.Keep(s.Always(), check.Must(NewSource())) {
		t.Error("the smallest epsilon does not select")
	}
}
