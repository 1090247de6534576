package glovebox_test

import (
	"math"
	"math/big"
	"strconv"
	"testing"

	"glovebox.example/glovebox"
)

// written is the exact decimal that a double prints as.
func written(t *testing.T, x float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	if !ok {
		t.Fatalf("%v", x)
	}
	return r
}

// TestSplitIsExact: for every number of cells up to 1,000, ranges of whole numbers
// and of decimals have the nearest doubles of their exact edges.
func TestSplitIsExact(t *testing.T) {
	for _, r := range [][2]float64{{0, 1}, {0, 120}, {0, 150_000}, {-1.5, 2.25}, {0.1, 0.7}} {
		lo, span := written(t, r[0]), new(big.Rat).Sub(written(t, r[1]), written(t, r[0]))
		for n := 1; n <= 1000; n++ {
			s := glovebox.NewSplit(r[0], r[1], n)
			step := new(big.Rat).Quo(span, big.NewRat(int64(n), 1))
			for i := n % 7; i <= n; i += 1 + n/100 {
				want, _ := new(big.Rat).Add(lo, new(big.Rat).Mul(step, big.NewRat(int64(i), 1))).Float64()
				if got := s.Edge(i); got != want {
					t.Fatalf("%v in %d: edge %d is %v, want %v", r, n, i, got, want)
				}
			}
		}
	}
}

// TestSplitEdgesAsWritten: steps that are decimals give edges as they are written,
// for every number of cells up to 1,000.
func TestSplitEdgesAsWritten(t *testing.T) {
	for _, c := range []struct {
		first, step int64 // in units of 10^-places
		places      int
	}{{0, 1, 0}, {-40, 1, 0}, {17, 5, 0}, {0, 150, 0}, {0, 1, 1}, {-3, 1, 1}, {0, 25, 2}, {5, 1, 3}, {-100_000, 125, 4}} {
		text := func(units int64) float64 {
			x, err := strconv.ParseFloat(strconv.FormatInt(units, 10)+"e-"+strconv.Itoa(c.places), 64)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		for n := 1; n <= 1000; n++ {
			s := glovebox.NewSplit(text(c.first), text(c.first+int64(n)*c.step), n)
			for i, got := range s.Edges() {
				if want := text(c.first + int64(i)*c.step); got != want {
					t.Fatalf("%+v in %d: edge %d is %v, want %v", c, n, i, got, want)
				}
			}
		}
	}
}

// TestSplitFar: ranges whose exact edges are no quotients of small numbers.
func TestSplitFar(t *testing.T) {
	for _, r := range [][2]float64{{0, 5e-324}, {-1e100, 1e100}, {1e15, 1e15 + 100}, {0, 1.0 / 3}, {-math.MaxFloat64, math.MaxFloat64}, {1e-300, 1}, {-1, 5e-324}} {
		lo, span := written(t, r[0]), new(big.Rat).Sub(written(t, r[1]), written(t, r[0]))
		for _, n := range []int{1, 3, 100} {
			s := glovebox.NewSplit(r[0], r[1], n)
			for i := range n + 1 {
				want, _ := new(big.Rat).Add(lo, new(big.Rat).Mul(span, big.NewRat(int64(i), int64(n)))).Float64()
				if got := s.Edge(i); got != want || math.Signbit(got) && got == 0 {
					t.Fatalf("%v in %d: edge %d is %v, want %v", r, n, i, got, want)
				}
			}
		}
	}
}

// TestSteps: a value written as a multiple of a step stays what it is, the double
// below it goes to the multiple before.
func TestSteps(t *testing.T) {
	for _, c := range []struct {
		units  int64
		places int
	}{{1, 0}, {5, 0}, {1, 1}, {25, 1}, {5, 2}, {7, 3}, {1, 9}} {
		text := func(k int64) float64 {
			x, _ := strconv.ParseFloat(strconv.FormatInt(k*c.units, 10)+"e-"+strconv.Itoa(c.places), 64)
			return x
		}
		s := glovebox.NewSteps(text(1))
		for k := int64(-3000); k <= 3000; k++ {
			if got := s.Floor(text(k)); got != text(k) {
				t.Fatalf("%+v: multiple %d is %v, want %v", c, k, got, text(k))
			}
			if got := s.Floor(math.Nextafter(text(k), math.Inf(-1))); got != text(k-1) {
				t.Fatalf("%+v: below multiple %d is %v, want %v", c, k, got, text(k-1))
			}
		}
	}
	third := glovebox.NewSteps(1.0 / 3) // whose multiples are no quotients of small numbers
	for k := range 100 {
		want, _ := new(big.Rat).Mul(written(t, 1.0/3), big.NewRat(int64(k), 1)).Float64()
		if got := third.Floor(want); got != want {
			t.Fatalf("%d thirds are %v, want %v", k, got, want)
		}
	}
	tenth := glovebox.NewSteps(0.1)
	for _, v := range []float64{math.Inf(1), math.Inf(-1), 1e300, -1e300} {
		if got := tenth.Floor(v); got != v {
			t.Errorf("%v became %v", v, got)
		}
	}
	if got := tenth.Floor(math.Copysign(0, -1)); math.Signbit(got) {
		t.Error("negative zero")
	}
}
