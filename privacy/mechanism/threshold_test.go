package mechanism

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// TestGaussianThreshold holds the threshold to its definition, by sums of
// floats: the smallest T with P(Y >= T) <= delta, or little above it.
func TestGaussianThreshold(t *testing.T) {
	for _, c := range []struct {
		variance, delta *big.Rat
		over            uint64
	}{
		{big.NewRat(1, 10), big.NewRat(1, 1e6), 0},
		{big.NewRat(1, 1), big.NewRat(1, 1e6), 0},
		{big.NewRat(1000, 7), big.NewRat(1, 1e9), 0},
		{big.NewRat(9000, 1), big.NewRat(1, 1e6), 0},
		{big.NewRat(20000, 1), big.NewRat(1, 1e6), 1},
		{big.NewRat(900_000, 1), big.NewRat(1, 1e10), 1},
		{big.NewRat(10, 1), big.NewRat(1, 2), 0},
	} {
		s := check.Must(NewGaussianSelection(c.variance, c.delta))
		v, _ := c.variance.Float64()
		d, _ := c.delta.Float64()
		tail := func(n uint64) float64 { // P(Y >= n), without the help of the package
			total, sum := 0.0, 0.0
			for y := -math.Ceil(12 * math.Sqrt(v)); y <= 12*math.Sqrt(v)+1; y++ {
				w := math.Exp(-y * y / (2 * v))
				if total += w; y >= float64(n) {
					sum += w
				}
			}
			return sum / total
		}
		got := s.gauss.threshold
		if tail(got) > d*(1+1e-9) || got > c.over && tail(got-1-c.over) <= d {
			t.Errorf("variance %v, delta %v: threshold %d, exceeded with probability %v", v, d, got, tail(got))
		}
		if p := s.Probability(1); p > d*(1+1e-4) || s.Probability(0) != 0 {
			t.Errorf("variance %v, delta %v: one unit's key is kept with probability %v", v, d, p)
		}
		if s.Even() != got+1 || s.Always() != 0 || s.Probability(s.Even()) < 0.5 || s.Probability(got) > 0.5 {
			t.Errorf("variance %v: even at %d", v, s.Even())
		}
	}
	huge := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 98))
	s := check.Must(NewGaussianSelection(huge, big.NewRat(1, 1e6)))
	if f := float64(s.gauss.threshold) / math.Ldexp(1, 49); math.Abs(f-4.753424) > 1e-6 {
		t.Errorf("a large threshold is %v deviations", f)
	}
}

func TestGaussianSelectionLaw(t *testing.T) {
	src := check.Must(NewSource())
	s := check.Must(NewGaussianSelection(big.NewRat(25, 1), big.NewRat(1, 1000)))
	const n = 40_000
	for units := uint64(0); units <= 40; units += 4 {
		kept := 0
		for range n {
			if s.Keep(units, src) {
				kept++
			}
		}
		p := s.Probability(units)
		check.Share(t, fmt.Sprintf("%d units", units), kept, n, p*(1-1e-9), math.Min(1, p*(1+1e-9)))
	}
}

// TestGaussianSelectionIsPrivate takes three keys that one unit touches, for
// all numbers of others that have them, and sums up by how much the outcomes
// with the unit exceed e^epsilon times those without, and the other way.
func TestGaussianSelectionIsPrivate(t *testing.T) {
	const l0, epsilon, delta = 3, 1.0, 0.01
	g := check.Must(CalibrateGaussian(big.NewRat(1, 1), big.NewRat(1, 200), big.NewInt(l0), l0))
	keys := check.Must(NewGaussianSelection(g.Variance(), big.NewRat(1, 200*l0)))
	top := int(2 * keys.Even())
	p := make([]float64, top+2)
	for i := range p {
		p[i] = keys.Probability(uint64(i))
	}
	worst := 0.0
	for x := 0; x <= top; x++ {
		for y := 0; y <= x; y++ {
			for z := 0; z <= y; z++ {
				over, under := 0.0, 0.0
				for out := range 8 {
					with, without := 1.0, 1.0
					for i, n := range [l0]int{x, y, z} {
						if out>>i&1 == 1 {
							with, without = with*p[n+1], without*p[n]
						} else {
							with, without = with*(1-p[n+1]), without*(1-p[n])
						}
					}
					over += math.Max(0, with-math.Exp(epsilon)*without)
					under += math.Max(0, without-math.Exp(epsilon)*with)
				}
				worst = max(worst, over, under)
			}
		}
	}
	if worst > delta || worst < delta/20 {
		t.Errorf("delta %v for %v", worst, delta)
	}
}

func TestGaussianSelectionParameters(t *testing.T) {
	one := big.NewRat(1, 1)
	tiny := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 65))
	huge := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 101))
	for _, c := range [][2]*big.Rat{{nil, tiny}, {one, nil}, {one, tiny}, {one, one}, {huge, big.NewRat(1, 10)}, {new(big.Rat), big.NewRat(1, 10)}} {
		_, err := NewGaussianSelection(c[0], c[1])
		check.Code(t, "selection", err, glovebox.CodeInvalid)
	}
}
