package mechanism

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// samples128 are values at and around every bit length, of both signs.
func samples128() []Int128 {
	r := rand.New(rand.NewPCG(1, 2))
	v := []Int128{{}, {Lo: 1}, {Hi: -1, Lo: math.MaxUint64}, {Lo: 1 << 63}, {Hi: -1, Lo: 1 << 63}, {Hi: -1}}
	for shift := range 126 {
		for range 8 {
			x := new(big.Int).Lsh(big.NewInt(1), uint(shift))
			x.Add(x, big.NewInt(r.Int64N(9)-4))
			if r.IntN(2) == 0 { // random low bits below
				x.Add(x, new(big.Int).Rsh(new(big.Int).SetUint64(r.Uint64()), uint(max(0, 64-shift))))
			}
			a, ok := Int128FromBig(x)
			if ok {
				v = append(v, a, a.Neg())
			}
		}
	}
	return v
}

func TestInt128AgainstBig(t *testing.T) {
	v := samples128()
	for i, a := range v {
		b := v[(i*7+3)%len(v)]
		if back, ok := Int128FromBig(a.Big()); !ok || back != a {
			t.Fatalf("%v: back from big as %v", a, back)
		}
		if got, want := a.Neg().Big(), new(big.Int).Neg(a.Big()); got.Cmp(want) != 0 {
			t.Fatalf("-%v = %v", a, got)
		}
		if sum := new(big.Int).Add(a.Big(), b.Big()); sum.BitLen() < 127 && a.Add(b).Big().Cmp(sum) != 0 {
			t.Fatalf("%v + %v = %v", a, b, a.Add(b))
		}
		if a.Cmp(b) != a.Big().Cmp(b.Big()) {
			t.Fatalf("%v and %v compare as %d", a, b, a.Cmp(b))
		}
		want, _ := new(big.Float).SetPrec(53).SetInt(a.Big()).Float64()
		if got := a.Float64(); got != want {
			t.Fatalf("%v as float: %v, want %v", a.Big(), got, want)
		}
		if x, ok := a.Int64(); ok != a.Big().IsInt64() || ok && x != a.Big().Int64() {
			t.Fatalf("%v as int64: %v %v", a, x, ok)
		}
	}
	for _, c := range []struct {
		n uint64
		x int64
	}{{0, -5}, {1 << 40, -1 << 40}, {1 << 40, 1<<40 - 1}, {3, math.MinInt64 / 4}} {
		want := new(big.Int).Mul(new(big.Int).SetUint64(c.n), big.NewInt(c.x))
		if got := MulInt128(c.n, c.x).Big(); got.Cmp(want) != 0 {
			t.Errorf("%d * %d = %v", c.n, c.x, got)
		}
	}
	if _, ok := Int128FromBig(new(big.Int).Lsh(big.NewInt(1), 126)); ok {
		t.Error("2^126 was taken")
	}
}
