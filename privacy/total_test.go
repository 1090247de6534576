package privacy

import (
	"fmt"
	"math/big"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// TestTotalPrice: a bound over all keys makes the noise that it warrants, by
// hand: values up to 3, at most 4.5 in all, up to 4 keys. On the grid 3 is D, and
// 4.5 is D + D/2.
func TestTotalPrice(t *testing.T) {
	for _, c := range []struct {
		rel  glovebox.ReleaseDef
		want func(d *big.Rat) *big.Rat
	}{
		{laplace(2, 0), func(d *big.Rat) *big.Rat { return d.Mul(d, big.NewRat(3, 4)) }},              // 1.5*D/2
		{gaussian(0.5, 0), func(d *big.Rat) *big.Rat { return d.Mul(d, d).Mul(d, big.NewRat(5, 4)) }}, // (1 + 1/4)*D^2/(2*0.5)
	} {
		p := check.Must(NewPlan(output(4, keysOf(keyRange(9)), unitCapped), c.rel, nil))
		n := p.Facts().Noise[0]
		want := c.want(new(big.Rat).SetInt64(p.grids[0].reach()))
		got, _ := new(big.Rat).SetString(n.Parameter)
		ratio, _ := new(big.Rat).Quo(got, want).Float64()
		if got.Cmp(want) < 0 || ratio > 1+1e-9 || n.Total != p.grids[0].reach()*3/2 {
			t.Errorf("%+v: parameter %v and total %d, want %v", c.rel, got, n.Total, want)
		}
	}
	// A bound that bounds nothing changes no noise.
	loose := unitCapped
	loose.MaxTotal = 100
	plain := unitCapped
	plain.MaxTotal = 0
	for _, rel := range []glovebox.ReleaseDef{laplace(2, 0), gaussian(0.5, 0)} {
		var got []string
		for _, m := range []glovebox.Metric{loose, plain} {
			got = append(got, check.Must(NewPlan(output(4, keysOf(keyRange(9)), m), rel, nil)).Facts().Noise[0].Parameter)
		}
		if got[0] != got[1] {
			t.Errorf("%+v: parameters %v", rel, got)
		}
	}
}

// TestWeights: parts of the price are as the weights, and make it up.
func TestWeights(t *testing.T) {
	count, sum, spread, median := unitCount, unitSum, unitSpread, unitMedian
	count.Weight, sum.Weight, median.Weight = 2, 10, 4
	for _, rel := range []glovebox.ReleaseDef{laplace(0.7, 1e-6), gaussian(0.7, 1e-6)} {
		f := check.Must(NewPlan(selecting(OwnShare, output(3, keysOf(intKey), sum, count, spread, median)), rel, nil)).Facts()
		got, total := "", f.Selection.Loss
		for _, n := range f.Noise {
			got += fmt.Sprintf("%s %d; ", n.Of, n.Loss)
			total += n.Loss
		}
		// 19 parts of 36,842,105 5/19: what is left over is 2.
		if want := "units 73684211; s 368421053; y 36842105; y squared 36842105; q 147368421; "; got != want || total != f.Price.Loss {
			t.Errorf("%+v: %s%d of %d, want %s", rel, got, total, f.Price.Loss, want)
		}
	}
	m := unitSum
	m.Weight = MaxWeight
	_, err := NewPlan(output(1, nil, m, unitBins), laplace(1e-8, 0), nil)
	check.Code(t, "a part that is too small", err, glovebox.CodeInvalid)
}

// TestTotalBelowMin: values that are brought down may lie below min; their frame
// is a good one.
func TestTotalBelowMin(t *testing.T) {
	m := glovebox.Metric{Name: "s", Kind: glovebox.Sum, Min: 2, Max: 3, MaxTotal: 3}
	p := check.Must(NewPlan(output(5, keysOf(intKey), m), laplace(1, 1e-6), nil))
	var r []byte
	for k := range 5 {
		r = append(r, record(0, []any{k}, 3)...)
	}
	part := bound(p, []unitData{{token(1), 5, r}})
	total := int64(0)
	for _, c := range content(part) {
		total += c[1]
	}
	if most := p.grids[0].total(5); total > most || total < most-5 {
		t.Errorf("%d steps in all, want %d but for roundings", total, most)
	}
	if err := p.NewPartial().UnmarshalBinary(check.Must(part.MarshalBinary())); err != nil {
		t.Error(err)
	}
}
