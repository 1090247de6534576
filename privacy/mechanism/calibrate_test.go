package mechanism

import (
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

func unitsOf(n *big.Int) float64 {
	f, _ := new(big.Rat).SetFrac(n, new(big.Int).Lsh(big.NewInt(1), expBits)).Float64()
	return f
}

// TestNormalBound holds both bounds around the library's function, close
// together, and symmetric.
func TestNormalBound(t *testing.T) {
	gap := new(big.Int).Lsh(big.NewInt(1), expBits-150)
	for i := int64(-360); i <= 360; i++ {
		x := big.NewRat(i, 40)
		f, _ := x.Float64()
		low, high := normalBound(x, false), normalBound(x, true)
		want := math.Erfc(-f/math.Sqrt2) / 2
		if low.Cmp(high) > 0 || new(big.Int).Sub(high, low).Cmp(gap) > 0 {
			t.Errorf("at %v: bounds %v and %v", f, low, high)
		}
		if math.Abs(unitsOf(low)-want) > 1e-13*want+1e-300 {
			t.Errorf("at %v: %v, want %v", f, unitsOf(low), want)
		}
	}
	if unitsOf(normalBound(big.NewRat(50, 1), true)) != 1 || normalBound(big.NewRat(-50, 1), false).Sign() != 0 {
		t.Error("far bounds are not the safe ones")
	}
	if got := unitsOf(normalBound(big.NewRat(-50, 1), true)); got <= 0 || got > math.Ldexp(1, -67) {
		t.Errorf("the far tail is bounded by %v", got)
	}
	if got := unitsOf(rootTwoPi(true)); math.Abs(got-math.Sqrt(2*math.Pi)) > 1e-14 || rootTwoPi(false).Cmp(rootTwoPi(true)) >= 0 {
		t.Errorf("sqrt(2*pi) is %v", got)
	}
}

// TestGaussianTails compares with sums of floats, and the bounds with each other.
func TestGaussianTails(t *testing.T) {
	for _, v := range []*big.Rat{big.NewRat(1, 200), big.NewRat(1, 2), big.NewRat(3, 1), big.NewRat(1000, 7), big.NewRat(4096, 1)} {
		f, _ := v.Float64()
		law := gaussianAtLeast(math.Sqrt(f))
		high, low := newGaussianTails(v, true), newGaussianTails(v, false)
		for _, n := range []int64{0, 1, 2, 5, 20, 100, 300, 100000} {
			a, b, want := unitsOf(low.atLeast(n, high)), unitsOf(high.atLeast(n, low)), law(float64(n))
			if a > b || low.atLeast(n, high).Cmp(high.atLeast(n, low)) > 0 {
				t.Errorf("variance %v at %d: bounds %v and %v", v, n, a, b)
			}
			if want > 1e-40 && (math.Abs(a/want-1) > 1e-10 || math.Abs(b/want-1) > 1e-10) {
				t.Errorf("variance %v at %d: %v and %v, want %v", v, n, a, b, want)
			}
		}
	}
}

// deltaOfShift sums up the delta of discrete Gaussian noise of variance v by its
// definition, for a shift of one number by d.
func deltaOfShift(v, epsilon float64, d int) float64 {
	last := int(40*math.Sqrt(v)) + d + 40
	total, delta := 0.0, 0.0
	for y := -last; y <= last; y++ {
		total += math.Exp(-float64(y) * float64(y) / (2 * v))
	}
	for y := -last; y <= last; y++ {
		p := math.Exp(-float64(y) * float64(y) / (2 * v))
		q := math.Exp(-float64(y+d) * float64(y+d) / (2 * v))
		delta += math.Max(0, p-math.Exp(epsilon)*q)
	}
	return delta / total
}

// TestCalibrateGaussian holds the noise to the definition: for one number the
// sum over all outputs, for every shift within the sensitivity; and to an excess
// of at most what the rounding costs.
func TestCalibrateGaussian(t *testing.T) {
	for _, c := range []struct {
		eps, del *big.Rat
		reach    int64
	}{
		{big.NewRat(1, 1), big.NewRat(1, 1e6), 1},
		{big.NewRat(1, 10), big.NewRat(1, 1e5), 1},
		{big.NewRat(8, 1), big.NewRat(1, 1e9), 1},
		{big.NewRat(30, 1), big.NewRat(1, 1e3), 1},
		{big.NewRat(1, 1), big.NewRat(1, 1e6), 7},
		{big.NewRat(3, 1), big.NewRat(1, 1e6), 20},
		{big.NewRat(1, 100), big.NewRat(1, 10), 3},
	} {
		g := check.Must(CalibrateGaussian(c.eps, c.del, big.NewInt(c.reach*c.reach), 1))
		e, _ := c.eps.Float64()
		d, _ := c.del.Float64()
		v, _ := g.Variance().Float64()
		for shift := 1; shift <= int(c.reach); shift++ {
			if got := deltaOfShift(v, e, shift); got > d*(1+1e-9) {
				t.Errorf("epsilon %v, delta %v, shift %d of %d: variance %v has delta %v", e, d, shift, c.reach, v, got)
			}
		}
		if less := deltaOfShift(0.99*v-2, e, int(c.reach)); v > 2.1 && less <= d {
			t.Errorf("epsilon %v, delta %v, reach %d: variance %v is more than 2 and 1 %% above what is needed", e, d, c.reach, v)
		}
		if c.reach == 1 {
			if less := deltaOfShift(v-1.0/256, e, 1); less <= d {
				t.Errorf("epsilon %v, delta %v: variance %v is more than needed", e, d, v)
			}
		}
	}
}

// TestCalibrateManyNumbers sums up the delta of a shift of three numbers by one
// each, of all outputs, and compares the large case with the formula.
func TestCalibrateManyNumbers(t *testing.T) {
	g := check.Must(CalibrateGaussian(big.NewRat(2, 1), big.NewRat(1, 1e4), big.NewInt(3), 3))
	v, _ := g.Variance().Float64()
	const last = 30
	w := map[int]float64{}
	total := 0.0
	for y := -last; y <= last; y++ {
		w[y] = math.Exp(-float64(y*y) / (2 * v))
		total += w[y]
	}
	delta := 0.0
	for a := -last; a < last; a++ {
		for b := -last; b < last; b++ {
			for c := -last; c < last; c++ {
				delta += math.Max(0, w[a]*w[b]*w[c]-math.Exp(2)*w[a+1]*w[b+1]*w[c+1])
			}
		}
	}
	if delta /= total * total * total; delta > 1e-4 || delta < 1e-6 {
		t.Errorf("delta %v for 1e-4", delta)
	}
	big40 := new(big.Int).Lsh(big.NewInt(10), 80) // ten numbers of 2^40 steps
	v, _ = check.Must(CalibrateGaussian(big.NewRat(1, 1), big.NewRat(1, 1e6), big40, 10)).Variance().Float64()
	s := math.Sqrt(v) / math.Ldexp(math.Sqrt(10), 40)
	if math.Abs(s-4.22468) > 1e-5 { // the root of the formula, by scipy
		t.Errorf("deviation %v of the sensitivity", s)
	}
}

func TestCalibrateParameters(t *testing.T) {
	one, small := big.NewRat(1, 1), big.NewRat(1, 1e6)
	tiny := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 61))
	for _, c := range []struct {
		eps, del *big.Rat
		square   *big.Int
		numbers  int
	}{
		{nil, small, big.NewInt(1), 1}, {tiny, small, big.NewInt(1), 1}, {one, nil, big.NewInt(1), 1}, {one, one, big.NewInt(1), 1},
		{one, tiny, big.NewInt(1), 1}, {one, small, nil, 1}, {one, small, new(big.Int), 1}, {one, small, big.NewInt(1), 0},
	} {
		_, err := CalibrateGaussian(c.eps, c.del, c.square, c.numbers)
		check.Code(t, "parameters", err, glovebox.CodeInvalid)
	}
}
