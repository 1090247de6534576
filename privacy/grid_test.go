package privacy

import (
	"math"
	"math/rand/v2"
	"testing"
)

// oddValues are those that break naive arithmetic.
var oddValues = []float64{
	0, math.Copysign(0, -1), 5e-324, -5e-324, 1e-310, 1e-300, -1e-300, math.MaxFloat64, -math.MaxFloat64,
	math.Inf(1), math.Inf(-1), math.NaN(), 1, -1, 0.1, 1 - 0x1p-53, 1 + 0x1p-52, 0x1p-41, 1e15, 1e16 + 2, 0x1p-27 * (1 + 0x1p-20),
}

// TestGridStaysWithinReach: whatever the value, a unit's steps are within the
// range, and the range within reach, for bounds of every size.
func TestGridStaysWithinReach(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	bounds := [][2]float64{{0, 1}, {-1, 3}, {0, 5e-324}, {-1e-310, 0}, {1, 1 + 0x1p-52}, {-MaxBound, MaxBound}, {1e15, 1e15 + 1}, {-7, -3}, {0, 0.1}, {-1e-300, 1e100}}
	for range 300 {
		a := r.NormFloat64() * math.Pow(10, float64(r.IntN(60)-30))
		bounds = append(bounds, [2]float64{a, a + math.Abs(r.NormFloat64()*math.Pow(10, float64(r.IntN(60)-30)))})
	}
	for _, b := range bounds {
		if !(b[0] < b[1]) {
			continue
		}
		for _, centred := range []bool{false, true} {
			g := newGrid(b[0], b[1], centred)
			if g.reach() < 1 || g.reach() > 1<<gridBits || g.lo > g.hi {
				t.Fatalf("bounds %v: steps %d..%d", b, g.lo, g.hi)
			}
			if centred && (g.lo > 0 || g.hi < 0) {
				t.Fatalf("bounds %v: the middle is not among the steps %d..%d", b, g.lo, g.hi)
			}
			values := append([]float64{b[0], b[1], b[0] + (b[1]-b[0])/3}, oddValues...)
			for _, v := range values {
				q := g.steps(v)
				if q < g.lo || q > g.hi {
					t.Fatalf("bounds %v, value %v: %d steps are outside %d..%d", b, v, q, g.lo, g.hi)
				}
				if v >= b[0] && v <= b[1] && g.exp > minGridExp {
					if back := g.mid + g.value(float64(q)); math.Abs(back-v) > 0.5*g.value(1)+math.Abs(v)*0x1p-51+math.Abs(g.mid)*0x1p-51 {
						t.Fatalf("bounds %v, value %v: comes back as %v, one step is %v", b, v, back, g.value(1))
					}
				}
			}
		}
	}
}

// TestGridKeepsOrder: clamping and rounding are monotone.
func TestGridKeepsOrder(t *testing.T) {
	g := newGrid(-1, 3, false)
	last := g.steps(math.Inf(-1))
	for v := -1.5; v < 3.5; v += 1.0 / 512 {
		q := g.steps(v)
		if q < last {
			t.Fatalf("%v has fewer steps than a smaller value", v)
		}
		last = q
	}
	if g.steps(1.5)*2 != g.steps(3) {
		t.Error("whole and half numbers are not exact")
	}
}

// TestCellHasNoNegativeZero: not even of one that goes in.
func TestCellHasNoNegativeZero(t *testing.T) {
	z := cell(math.Copysign(0, -1), math.Copysign(0, -1), 1, math.Inf(-1), math.Inf(1))
	if math.Signbit(z.Value) || math.Signbit(z.Lo) {
		t.Error("a negative zero came out")
	}
}
