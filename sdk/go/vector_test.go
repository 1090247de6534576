package gosdk_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"glovebox.example/glovebox/sdk/go/gbx"
)

// lanes adds as docs/sdk.md says.
func lanes(values []float64, in func(i int) bool) float64 {
	var p [4]float64
	for i, v := range values {
		if in(i) {
			p[i%4] += v
		}
	}
	return (p[0] + p[2]) + (p[1] + p[3])
}

// TestVectorHelpers: on columns of all lengths up to 40, with bounds at the
// ends of the type, every helper gives the bits that the page promises.
func TestVectorHelpers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	bounds := []int32{math.MinInt32, math.MinInt32 + 1, -3, 0, 2, math.MaxInt32 - 1, math.MaxInt32}
	for n := range 41 {
		values, keys := make([]float64, n), make([]int32, n)
		for i := range values {
			values[i] = r.NormFloat64() * math.Pow(10, float64(r.IntN(20)-10))
			if keys[i] = int32(r.IntN(7) - 3); r.IntN(3) == 0 {
				keys[i] = bounds[r.IntN(len(bounds))]
			}
		}
		if got, want := gbx.Sum(values), lanes(values, func(int) bool { return true }); got != want {
			t.Errorf("%d values: sum %v, want %v", n, got, want)
		}
		for _, from := range bounds {
			for _, to := range bounds {
				in := func(i int) bool { return keys[i] >= from && keys[i] <= to }
				if got, want := gbx.SumWhere(values, keys, from, to), lanes(values, in); got != want {
					t.Errorf("%d values, %d to %d: sum %v, want %v", n, from, to, got, want)
				}
				want := 0
				for i := range keys {
					if in(i) {
						want++
					}
				}
				if got := gbx.CountWhere(keys, from, to); got != want {
					t.Errorf("%d keys, %d to %d: %d, want %d", n, from, to, got, want)
				}
			}
		}
	}
}

func TestGroups(t *testing.T) {
	var names [3]string
	g := gbx.Groups[string]{Keys: names[:0]}
	for i, key := range []string{"b", "a", "b", "", "a", "", "c", "b"} {
		if got, want := g.Find(key), []int{0, 1, 0, 2, 1, 2, -1, 0}[i]; got != want {
			t.Errorf("key %d has number %d, want %d", i, got, want)
		}
	}
	if len(g.Keys) != 3 {
		t.Errorf("%d keys", len(g.Keys))
	}
	if none := (gbx.Groups[gbx.Token]{}); none.Find(gbx.Token{}) != -1 {
		t.Error("a key where none may be")
	}
}
