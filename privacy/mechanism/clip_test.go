package mechanism

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

func squares(v []int64) *big.Int {
	sum := new(big.Int)
	for _, x := range v {
		b := big.NewInt(x)
		sum.Add(sum, b.Mul(b, b))
	}
	return sum
}

// TestClipL2 holds the norm to the limit in big integers, and what is lost to
// two steps a number.
func TestClipL2(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	shortened := 0
	for range 20_000 {
		v := make([]int64, 1+r.IntN(6))
		scale := 1 + r.IntN(50)
		for i := range v {
			v[i] = r.Int64N(1<<scale) - r.Int64N(1<<scale)
		}
		limit := r.Uint64N(1 << (1 + r.IntN(50)))
		was := append([]int64(nil), v...)
		if err := ClipL2(v, limit); err != nil {
			t.Fatal(err)
		}
		square := new(big.Int).SetUint64(limit)
		square.Mul(square, square)
		if squares(v).Cmp(square) > 0 {
			t.Fatalf("clipping %v to %d left %v", was, limit, v)
		}
		if squares(was).Cmp(square) <= 0 {
			for i := range v {
				if v[i] != was[i] {
					t.Fatalf("%v is within %d and became %v", was, limit, v)
				}
			}
			continue
		}
		shortened++
		norm := math.Sqrt(must64(squares(was)))
		for i := range v {
			want := float64(was[i]) * float64(limit) / norm
			if math.Abs(float64(v[i])-want) > 2+math.Abs(want)*1e-9 {
				t.Fatalf("clipping %v to %d left %v", was, limit, v)
			}
		}
	}
	if shortened < 5000 {
		t.Errorf("only %d vectors were shortened", shortened)
	}
	v := []int64{math.MinInt64, math.MaxInt64, 1 << 40}
	if err := ClipL2(v, MaxClipSteps); err != nil || squares(v).BitLen() > 101 {
		t.Errorf("extremes became %v: %v", v, err)
	}
	check.Code(t, "limit", ClipL2(v, MaxClipSteps+1), glovebox.CodeInvalid)
	check.Code(t, "size", ClipL2(make([]int64, MaxClipSize+1), 1), glovebox.CodeInvalid)
}

func must64(x *big.Int) float64 {
	f, _ := new(big.Float).SetInt(x).Float64()
	return f
}

func TestRootAbove(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	check := func(n *big.Int) {
		t.Helper()
		if n.Sign() <= 0 || n.BitLen() > 124 {
			return
		}
		want := new(big.Int).Sqrt(n)
		if new(big.Int).Mul(want, want).Cmp(n) < 0 {
			want.Add(want, big.NewInt(1))
		}
		u := uint128{new(big.Int).Rsh(n, 64).Uint64(), new(big.Int).And(n, maxWord).Uint64()}
		if got := rootAbove(u); got != want.Uint64() {
			t.Fatalf("the root above %v is %v, not %d", n, want, got)
		}
	}
	for range 20_000 {
		x := new(big.Int).SetUint64(r.Uint64() >> (2 + r.IntN(61)))
		x.Mul(x, x)
		for d := int64(-2); d <= 2; d++ {
			check(new(big.Int).Add(x, big.NewInt(d)))
		}
		check(uint128{r.Uint64() >> (4 + r.IntN(60)), r.Uint64()}.big())
	}
}
