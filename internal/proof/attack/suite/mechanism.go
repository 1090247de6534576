package main

import (
	"errors"
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/proof/attack"
	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/mechanism"
)

// noise is a distribution of integers.
type noise interface {
	Draw(*mechanism.Source) mechanism.Int128
}

// drawn is a mechanism that needs nothing but randomness.
func drawn(name string, c attack.Claim, least float64, samples int, draw func(side int, src *mechanism.Source) (attack.Output, error)) target {
	return target{name: name, claim: c, least: least, samples: samples, start: func() (attack.Draw, func() error, error) {
		src, err := mechanism.NewSource()
		return func(side int) (attack.Output, error) { return draw(side, src) }, func() error { return nil }, err
	}}
}

// shifted is a mechanism that adds noise to a number, which is 0 or shift.
// Figures are in units of scale.
func shifted(name string, c attack.Claim, least float64, samples int, n noise, shift int64, scale float64) target {
	return drawn(name, c, least, samples, func(side int, src *mechanism.Source) (attack.Output, error) {
		x := n.Draw(src)
		if side == 1 {
			x = x.Add(mechanism.Int128{Lo: uint64(shift)})
		}
		return attack.Output{x.Float64() / scale}, nil
	})
}

// laplace adds discrete Laplace noise of scale shift/epsilon.
func laplace(name string, epsilon *big.Rat, shift int64, least float64, samples int) (target, error) {
	scale := new(big.Rat).Quo(new(big.Rat).SetInt64(shift), epsilon)
	l, err := mechanism.NewLaplace(scale)
	e, _ := epsilon.Float64()
	return shifted(name, attack.Claim{Epsilon: e}, least, samples, l, shift, float64(shift)), err
}

// gaussian adds discrete Gaussian noise of variance shift^2/(2*rho). The claim
// is that of rho at a large delta, where events are frequent enough to be seen.
func gaussian(name string, rho float64, shift int64, least float64, samples int) (target, error) {
	r, _ := new(big.Rat).SetString(big.NewFloat(2*rho).Text('g', -1))
	v := new(big.Rat).SetInt64(shift)
	v.Quo(v.Mul(v, v), r)
	g, err := mechanism.NewGaussian(v)
	if err != nil {
		return target{}, err
	}
	c, err := claimOf(rho)
	return shifted(name, c, least, samples, g, shift, float64(shift)), err
}

// gaussianDelta is where the claims of rho are read off.
const gaussianDelta = 0.05

func claimOf(rho float64) (attack.Claim, error) {
	loss, err := glovebox.CeilLoss(rho)
	if err != nil {
		return attack.Claim{}, err
	}
	e, err := accounting.EpsilonAt(glovebox.LedgerZCDP, glovebox.Amount{Loss: loss}, gaussianDelta)
	return attack.Claim{Epsilon: e, Delta: gaussianDelta}, err
}

// kept says whether a selection keeps a key of n or n+1 units.
func kept(name string, c attack.Claim, least float64, samples int, s *mechanism.Selection, n uint64) target {
	return drawn(name, c, least, samples, func(side int, src *mechanism.Source) (attack.Output, error) {
		if s.Keep(n+uint64(side), src) {
			return attack.Output{1}, nil
		}
		return attack.Output{0}, nil
	})
}

// selection is the optimal one.
func selection(name string, epsilon, delta *big.Rat, n uint64, least float64, samples int) (target, error) {
	s, err := mechanism.NewSelection(epsilon, delta)
	e, _ := epsilon.Float64()
	d, _ := delta.Float64()
	return kept(name, attack.Claim{Epsilon: e, Delta: d}, least, samples, s, n), err
}

// mechanisms are those of package privacy.
func mechanisms(samples int) (list []target, err error) {
	add := func(t target, e error) {
		if list = append(list, t); err == nil {
			err = e
		}
	}
	add(laplace("discrete Laplace", big.NewRat(1, 1), 1, 0.95, samples))
	add(laplace("discrete Laplace, epsilon 0.3", big.NewRat(3, 10), 1, 0.9, samples))
	add(laplace("discrete Laplace, epsilon 3", big.NewRat(3, 1), 1, 0.95, samples))
	add(laplace("discrete Laplace, steps of 2^-40", big.NewRat(1, 1), 1<<40, 0.95, samples))
	add(laplace("discrete Laplace, 128 bits", big.NewRat(1, 4), 1<<62, 0.5, samples/10))
	add(gaussian("discrete Gaussian", 0.5, 1, 0.6, samples))
	add(gaussian("discrete Gaussian, steps of 2^-40", 0.5, 1<<40, 0.6, samples))
	add(selection("optimal selection, few units", big.NewRat(1, 1), big.NewRat(1, 100), 2, 0.9, samples))
	add(selection("optimal selection, many units", big.NewRat(1, 1), big.NewRat(1, 100), 5, 0.9, samples))
	more, e := chosen(samples)
	return append(list, more...), errors.Join(err, e)
}
