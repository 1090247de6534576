package abi

import (
	"math/rand/v2"
	"testing"
)

// TestBits holds the bitmap helpers against one bit at a time.
func TestBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	src := make([]byte, 32)
	for range 3000 {
		for i := range src {
			src[i] = byte(rng.Uint32())
		}
		from, at := rng.IntN(100), rng.IntN(40)
		n := rng.IntN(130)
		v := view{validity: src, nulls: true, offset: from}
		dst := make([]byte, 32)
		copyBits(dst, at, src, from, n)
		missing := 0
		for i := range len(dst) * 8 {
			want := i >= at && i < at+n && bit(src, from+i-at)
			if bit(dst, i) != want {
				t.Fatalf("copyBits(%d, %d, %d): bit %d is %v", at, from, n, i, !want)
			}
		}
		lo := rng.IntN(n + 1)
		for i := lo; i < n; i++ {
			if !v.present(i) {
				missing++
			}
		}
		if got := v.missing(lo, n); got != missing {
			t.Fatalf("missing(%d, %d) at offset %d = %d, want %d", lo, n, from, got, missing)
		}
	}
}
