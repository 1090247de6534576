package main

import (
	"fmt"
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

// selectionTable tells from how many units on a key is kept at least every other
// time, by both kinds of selection.
func selectionTable() (*table, error) {
	t := newTable("price", "delta", "keys per unit", "optimal selection of each key", "Gaussian threshold", "taken")
	for _, c := range []struct {
		eps, rho float64
		l0       int64
	}{{1, 0, 1}, {1, 0, 3}, {1, 0, 10}, {1, 0, 100}, {0, 0.1, 1}, {0, 0.1, 10}, {0, 0.1, 100}} {
		const delta = 1e-6
		each := big.NewRat(1, 1e6*c.l0)
		eps := big.NewRat(1, c.l0)
		price := fmt.Sprintf("epsilon %v", c.eps)
		var variance *big.Rat
		if c.rho > 0 {
			price = fmt.Sprintf("rho %v", c.rho)
			x := new(big.Int).Lsh(big.NewInt(int64(2*c.rho*1000)), 64)
			x.Sqrt(x.Quo(x, big.NewInt(1000*c.l0)))
			eps = new(big.Rat).SetFrac(x, new(big.Int).Lsh(big.NewInt(1), 32))
			variance = new(big.Rat).Quo(big.NewRat(c.l0, 2), new(big.Rat).SetFloat64(c.rho))
		} else {
			g, err := mechanism.CalibrateGaussian(big.NewRat(1, 1), big.NewRat(1, 2e6), big.NewInt(c.l0), int(c.l0))
			if err != nil {
				return nil, err
			}
			variance = g.Variance()
		}
		optimal, err := mechanism.NewSelection(eps, each)
		if err != nil {
			return nil, err
		}
		if c.rho == 0 {
			each.Quo(each, big.NewRat(2, 1))
		}
		gauss, err := mechanism.NewGaussianSelection(variance, each)
		if err != nil {
			return nil, err
		}
		taken := "optimal"
		if gauss.Even() < optimal.Even() && (c.rho > 0 || c.l0 > 1) {
			taken = "Gaussian"
		}
		t.add(price, fmt.Sprintf("%.0e", delta), c.l0, optimal.Even(), gauss.Even(), taken)
	}
	return t, nil
}

// wholeTable tells what jobs cost: their price, and the readings of the whole.
func wholeTable() (*table, error) {
	t := newTable("job", "keys per unit", "price", "epsilon of the whole", "at delta", "rho on a zcdp ledger", "epsilon^2/2")
	two := []glovebox.Metric{{Name: "n", Kind: glovebox.Count}, {Name: "s", Kind: glovebox.Sum, Min: 0, Max: 10}}
	four := append(two[:2:2], glovebox.Metric{Name: "a", Kind: glovebox.Sum, Min: 0, Max: 1}, glovebox.Metric{Name: "b", Kind: glovebox.Sum, Min: -5, Max: 5})
	for _, c := range []struct {
		name    string
		metrics []glovebox.Metric
		l0      int
		rel     glovebox.ReleaseDef
	}{
		{"count and sum", two, 1, glovebox.ReleaseDef{Epsilon: 1}},
		{"count and sum", two, 10, glovebox.ReleaseDef{Epsilon: 1}},
		{"count and sum", two, 100, glovebox.ReleaseDef{Epsilon: 1}},
		{"count and three sums", four, 10, glovebox.ReleaseDef{Epsilon: 2}},
		{"count and sum, private keys", two, 10, glovebox.ReleaseDef{Epsilon: 1, Delta: 1e-7}},
		{"count and sum", two, 10, glovebox.ReleaseDef{Rho: 0.1}},
		{"count and sum, private keys", two, 10, glovebox.ReleaseDef{Rho: 0.1, Delta: 1e-7}},
	} {
		c.rel.Method = "dp"
		key := glovebox.KeyField{Name: "k", Type: glovebox.Int64, Private: c.rel.Delta > 0}
		if !key.Private {
			var list []any
			for i := range 100 {
				list = append(list, i)
			}
			key.Public = list
		}
		p, err := privacy.NewPlan(glovebox.Output{Key: []glovebox.KeyField{key}, MaxKeysPerUnit: c.l0, Metrics: c.metrics}, c.rel, nil)
		if err != nil {
			return nil, err
		}
		w := p.Facts().Whole
		if w == nil {
			return nil, fmt.Errorf("%s has no reading", c.name)
		}
		price, square := fmt.Sprintf("epsilon %v", c.rel.Epsilon), short(c.rel.Epsilon*c.rel.Epsilon/2)
		if c.rel.Rho > 0 {
			price, square = fmt.Sprintf("rho %v", c.rel.Rho), "-"
		}
		t.add(c.name, c.l0, price, w.Epsilon, fmt.Sprintf("%.0e", w.Delta), float64(w.Rho)/1e9, square)
	}
	return t, nil
}
