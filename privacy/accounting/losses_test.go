package accounting

import (
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// TestLossesAgainstExact: the bound is never below the exact delta and never
// more than 5 % above, for every kind of mechanism, alone and many times.
func TestLossesAgainstExact(t *testing.T) {
	rat := func(f float64) *big.Rat { return new(big.Rat).SetFloat64(f) }
	for _, c := range []struct {
		name  string
		exact check.Atoms
		add   func(*Losses) error
	}{
		{"Laplace", check.LaplaceAtoms(0.5, 1), func(l *Losses) error { return l.AddLaplace(rat(2), 1, 1) }},
		{"Laplace, reach 3", check.LaplaceAtoms(0.25, 3), func(l *Losses) error { return l.AddLaplace(rat(4), 3, 1) }},
		{"Laplace, 10 times", check.LaplaceAtoms(0.1, 1).Times(10), func(l *Losses) error { return l.AddLaplace(rat(10), 1, 10) }},
		{"Laplace, reach 4, 5 times", check.LaplaceAtoms(0.125, 4).Times(5), func(l *Losses) error { return l.AddLaplace(rat(8), 4, 5) }},
		{"Gaussian", check.GaussianAtoms(4, 1), func(l *Losses) error { return l.AddGaussian(rat(4), 1, 1) }},
		{"Gaussian, small", check.GaussianAtoms(0.5, 1), func(l *Losses) error { return l.AddGaussian(rat(0.5), 1, 1) }},
		{"Gaussian, reach 2, 4 times", check.GaussianAtoms(9, 2).Times(4), func(l *Losses) error { return l.AddGaussian(rat(9), 2, 4) }},
		{"response", check.ResponseAtoms(1), func(l *Losses) error { return l.AddPure(rat(1), 1) }},
		{"response, 60 times", check.ResponseAtoms(0.125).Times(60), func(l *Losses) error { return l.AddPure(rat(0.125), 60) }},
		{"a mix", check.LaplaceAtoms(0.25, 2).Times(3).Plus(check.ResponseAtoms(0.25).Times(2)), func(l *Losses) error {
			if err := l.AddLaplace(rat(4), 2, 3); err != nil {
				return err
			}
			return l.AddPure(rat(0.25), 2)
		}},
		{"another mix", check.GaussianAtoms(16, 4).Times(2).Plus(check.ResponseAtoms(0.125).Times(3)), func(l *Losses) error {
			if err := l.AddGaussian(rat(16), 4, 2); err != nil {
				return err
			}
			return l.AddPure(rat(0.125), 3)
		}},
	} {
		var l Losses
		if err := c.add(&l); err != nil {
			t.Fatal(err)
		}
		if total := l.compose(); math.Abs(sum(total.mass)+total.endless-1) > 1e-9 {
			t.Errorf("%s: probabilities add up to %v", c.name, sum(total.mass)+total.endless)
		}
		for e := 0.0; e <= 5; e += 0.11 {
			exact, got := c.exact.Delta(e), l.Delta(e)
			if got < exact*(1-1e-12) || got > exact*1.05+2e-6 {
				t.Errorf("%s: delta at %v is %v, exactly %v", c.name, e, got, exact)
			}
			if exact < 1e-9 {
				continue
			}
			// At the epsilon of a delta, the exact delta is no more.
			back := check.Must(l.Epsilon(exact))
			if back < e-1e-9 || c.exact.Delta(back) > exact*(1+1e-9) || back > e*1.01+4e-3 {
				t.Errorf("%s: epsilon at %v is %v, exactly %v", c.name, exact, back, e)
			}
		}
	}
}

// TestLossesOfContinuousGaussians: Gaussian parts compose to one, whose delta
// has a formula (Balle and Wang 2018).
func TestLossesOfContinuousGaussians(t *testing.T) {
	var l Losses
	for _, reach := range []int64{1 << 40, 3 << 38} {
		v := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(9), 80))
		if err := l.AddGaussian(v, reach, 2); err != nil {
			t.Fatal(err)
		}
	}
	m := math.Sqrt(2*1.0/9 + 2*9.0/16/9)
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	for e := 0.0; e < 4; e += 0.13 {
		exact := phi(m/2-e/m) - math.Exp(e)*phi(-m/2-e/m)
		if got := l.Delta(e); got < exact*(1-1e-9) || got > exact*1.01+1e-9 {
			t.Errorf("delta at %v is %v, want %v", e, got, exact)
		}
	}
	// A vector by its norm, and numbers by theirs, are the same.
	var n Losses
	v := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(9), 80))
	if err := n.AddGaussianVector(v, new(big.Int).Lsh(big.NewInt(25), 77), 1000); err != nil { // (2 + 18/16) * 2^80
		t.Fatal(err)
	}
	if a, b := check.Must(l.Epsilon(1e-6)), check.Must(n.Epsilon(1e-6)); math.Abs(a-b) > 1e-5 {
		t.Errorf("epsilon %v and %v", a, b)
	}
}

// TestLossesOfSmoothLaplace: noise on a fine grid is bounded by continuous
// noise, whose delta is 1 - e^((epsilon-e)/2), and is above the discrete one's.
func TestLossesOfSmoothLaplace(t *testing.T) {
	var l Losses
	if err := l.AddLaplace(new(big.Rat).SetInt64(1<<40), 1<<39, 1); err != nil {
		t.Fatal(err)
	}
	for e := 0.0; e < 0.5; e += 0.02 {
		if exact, got := -math.Expm1((e-0.5)/2), l.Delta(e); got < exact || got > exact*1.001+1e-6 {
			t.Errorf("delta at %v is %v, want %v", e, got, exact)
		}
	}
	for _, b := range []float64{1, 3, 50, 70000} {
		d := math.Ceil(b / 2)
		e := d/b + 1/(4*b*b)
		coarse, fine := discreteLaplaceLoss(b, d, e/500), smoothLaplaceLoss(e, e/500)
		for x := 0.0; x < e; x += e / 40 {
			if coarse.delta(x) > fine.delta(x)*(1+1e-3)+1e-9 {
				t.Errorf("scale %v at %v: %v is above %v", b, x, coarse.delta(x), fine.delta(x))
			}
		}
	}
}

// TestLossesOfSelections: deltas add up beside the grid, and no epsilon helps
// against them; a list of pure mechanisms never costs more than their sum.
func TestLossesOfSelections(t *testing.T) {
	var l Losses
	if err := l.AddApproximate(big.NewRat(1, 10), big.NewRat(1, 1e7), 10); err != nil {
		t.Fatal(err)
	}
	if e, err := l.Epsilon(1e-6 * (1 + 1e-6)); err != nil || e > 1.000001 || e < 0.9 {
		t.Errorf("epsilon %v, %v", e, err)
	}
	_, err := l.Epsilon(0.99e-6)
	check.Code(t, "delta", err, glovebox.CodeInvalid)
	if d := l.Delta(1); math.Abs(d-1e-6) > 1e-14 {
		t.Errorf("delta %v", d)
	}
	var none Losses
	if none.Delta(0) > 1e-9 || check.Must(none.Epsilon(1e-6)) > 1e-6 {
		t.Error("nothing costs something")
	}
	var many Losses
	if err := many.AddPure(big.NewRat(1, 1000), 1000); err != nil {
		t.Fatal(err)
	}
	exact := check.ResponseAtoms(0.001).Times(1000)
	if e := check.Must(many.Epsilon(1e-6)); exact.Delta(e) > 1e-6 || exact.Delta(e*0.98) <= 1e-6 {
		t.Errorf("a thousand times 0.001 is %v", e)
	}
}

func TestLossesParameters(t *testing.T) {
	one := big.NewRat(1, 1)
	for i, f := range []func(*Losses) error{
		func(l *Losses) error { return l.AddLaplace(nil, 1, 1) },
		func(l *Losses) error { return l.AddLaplace(one, 0, 1) },
		func(l *Losses) error { return l.AddLaplace(one, 1, 0) },
		func(l *Losses) error { return l.AddLaplace(one, 1<<40, 1) },
		func(l *Losses) error { return l.AddGaussian(new(big.Rat), 1, 1) },
		func(l *Losses) error { return l.AddGaussianVector(one, big.NewInt(1), 1) },
		func(l *Losses) error { return l.AddPure(big.NewRat(-1, 1), 1) },
		func(l *Losses) error { return l.AddApproximate(one, nil, 1) },
	} {
		if glovebox.CodeOf(f(new(Losses))) != glovebox.CodeInvalid {
			t.Errorf("case %d passed", i)
		}
	}
	_, err := new(Losses).Epsilon(0)
	check.Code(t, "delta", err, glovebox.CodeInvalid)
}

// TestLossesOfExtremes: parameters at the ends of what jobs can declare give
// numbers, within what is sure anyway.
func TestLossesOfExtremes(t *testing.T) {
	for _, epsilon := range []float64{1e-8, 1e-3, 50, 800, 3000} {
		e := new(big.Rat).SetFloat64(epsilon)
		var l Losses
		for _, err := range []error{
			l.AddLaplace(new(big.Rat).Quo(big.NewRat(1<<40, 2), e), 1<<38, 1),
			l.AddLaplace(new(big.Rat).Quo(big.NewRat(4, 1), e), 1, 1),
			l.AddPure(new(big.Rat).Quo(e, big.NewRat(4, 1)), 1),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := l.Epsilon(1e-6)
		if d := l.Delta(epsilon / 2); err != nil || !(got >= 0 && got <= epsilon*(1+1e-6)+1e-6) || !(d >= 0 && d <= 1) {
			t.Errorf("epsilon %v: %v, %v, delta %v", epsilon, got, err, d)
		}
	}
	for _, variance := range []float64{1e-3, 1e-2, 1, 1e12} {
		var l Losses
		if err := l.AddGaussian(new(big.Rat).SetFloat64(variance), 1, 1); err != nil {
			t.Fatal(err)
		}
		got, err := l.Epsilon(1e-6)
		if most := zcdpEpsilon(1/(2*variance), 1e-6); err != nil || !(got > 0 && got <= most*1.02+1e-6) {
			t.Errorf("variance %v: %v, %v, zCDP says %v", variance, got, err, most)
		}
	}
}
