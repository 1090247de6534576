package privacy

import (
	"fmt"
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// topOf declares a top beside an output.
func topOf(out glovebox.Output, k int, by string) glovebox.Output {
	out.Top = &glovebox.Top{K: k, By: by}
	return out
}

// ranked makes a partial whose key i has counts[i] units, and a sum of that many
// largest values.
func ranked(p *Plan, counts ...uint64) *Partial {
	t := p.NewPartial()
	for i, n := range counts {
		c := t.cell(t.add([]uint64{uint64(i)}))
		c[0] = n
		for j := range p.grids {
			s := mechanism.MulInt128(n, p.grids[j].hi)
			c[1+2*j], c[2+2*j] = s.Lo, uint64(s.Hi)
		}
	}
	return t
}

// TestTopFinds: keys far ahead of the others come out, largest first, by units
// and by a sum, chosen in rounds and cut from a table.
func TestTopFinds(t *testing.T) {
	capped := glovebox.Metric{Name: "s", Kind: glovebox.Sum, Max: 7}
	for _, rel := range []glovebox.ReleaseDef{laplace(3, 1e-6), gaussian(1, 1e-6)} {
		for _, l0 := range []int{2, 50} {
			for _, by := range []string{"n", "s"} {
				p := check.Must(NewPlan(topOf(output(l0, keysOf(intKey), unitCount, capped), 3, by), rel, nil))
				part := ranked(p, 100, 90000, 50, 40000, 60000, 200)
				table := check.Must(p.Release(part, check.Must(mechanism.NewSource())))
				var keys []any
				for _, r := range table.Rows {
					keys = append(keys, r.Key[0])
				}
				if fmt.Sprint(keys) != "[1 4 3]" {
					t.Errorf("%+v, L0 %d, by %s: keys %v", rel, l0, by, keys)
				}
				if rounds := table.Facts.Selection.Rounds; (l0 > 3) != (rounds == 3) {
					t.Errorf("%+v, L0 %d: %d rounds", rel, l0, rounds)
				}
			}
		}
	}
	// Public keys: the table is cut.
	p := check.Must(NewPlan(topOf(output(1, keysOf(keyRange(6)), unitCount), 2, "n"), laplace(1, 0), nil))
	rows := check.Must(p.Release(ranked(p, 0, 5000, 0, 0, 9000, 100), check.Must(mechanism.NewSource()))).Rows
	if len(rows) != 2 || rows[0].Key[0] != int64(4) || rows[1].Key[0] != int64(1) {
		t.Errorf("public keys: %+v", rows)
	}
}

// TestTopPrice: the price of figures grows with k and not with L0, that of a
// round not with L0 either.
func TestTopPrice(t *testing.T) {
	facts := func(l0, k int) Facts {
		return check.Must(NewPlan(topOf(output(l0, keysOf(intKey), unitCount, unitBins), k, "n"), laplace(3, 1e-6), nil)).Facts()
	}
	for _, l0 := range []int{100, 1000} {
		f := facts(l0, 5)
		if f.Noise[0].Parameter != "5" || f.Noise[1].Parameter != "5" { // 5 keys for an epsilon of 1
			t.Errorf("L0 %d: %+v", l0, f.Noise)
		}
		if e := f.Selection.Epsilon; e != "858993459/4294967296" { // 1/5, rounded down
			t.Errorf("L0 %d: epsilon %s of a round", l0, e)
		}
		// 1 + ln(5*L0/1e-6)*5, rounded up, and one more.
		if want := fmt.Sprint(2 + math.Ceil(5*math.Log(float64(5*l0)*1e6))); f.Selection.Threshold != want {
			t.Errorf("L0 %d: threshold %s, want %s", l0, f.Selection.Threshold, want)
		}
	}
	// Noise would not be half as large: the table is cut.
	if f := facts(9, 5); f.Selection.Mechanism != byReleased {
		t.Errorf("k near L0: %+v", f)
	}
	// Half of the price for k keys, or the whole for L0.
	for l0, rounds := range map[int]int{39: 0, 44: 5} {
		f := check.Must(NewPlan(topOf(output(l0, keysOf(intKey), unitCount), 5, "n"), gaussian(3, 1e-6), nil)).Facts()
		if f.Selection.Rounds != rounds {
			t.Errorf("Gaussian noise, L0 %d: %d rounds", l0, f.Selection.Rounds)
		}
	}
}

// TestTopHidesKeys: keys that one unit alone has come out with a probability of
// delta at most, all of the unit's keys and all rounds together, by units and by
// the largest sums there can be.
func TestTopHidesKeys(t *testing.T) {
	const n, delta = 20_000, 0.01
	capped := glovebox.Metric{Name: "s", Kind: glovebox.Sum, Max: 7}
	for _, rel := range []glovebox.ReleaseDef{laplace(4, delta), gaussian(4, delta)} {
		for _, by := range []string{"n", "s"} {
			p := check.Must(NewPlan(topOf(output(60, keysOf(intKey), unitCount, capped), 2, by), rel, nil))
			src, shown := check.Must(mechanism.NewSource()), 0
			part := ranked(p, 1, 1, 1, 1, 1, 1, 1, 1)
			for range n {
				if keys := check.Must(p.top.choose(p, part, src)); len(keys) > 0 {
					shown++
				}
			}
			check.Share(t, fmt.Sprintf("%+v, by %s: keys of one unit", rel, by), shown, n, 0, delta)
		}
	}
}

// TestTopIsPrivate compares the keys chosen with and without a unit that has all
// four keys, one of them alone: every outcome is at most e^epsilon times as
// likely, but for delta. The loss of the selection is 1, delta is 0.01.
func TestTopIsPrivate(t *testing.T) {
	const n, epsilon, delta = 60_000, 1.0, 0.01
	p := check.Must(NewPlan(topOf(output(100, keysOf(intKey), unitCount), 2, "n"), laplace(2, delta), nil))
	if loss := p.budget.keyLoss; loss != 1e9 {
		t.Fatalf("the selection has a loss of %d", loss)
	}
	src := check.Must(mechanism.NewSource())
	outcomes := func(counts ...uint64) map[string]int {
		out := map[string]int{}
		part := ranked(p, counts...)
		for range n {
			out[fmt.Sprint(check.Must(p.top.choose(p, part, src)))]++
		}
		return out
	}
	high := uint64(p.top.threshold)
	for _, c := range [][2][]uint64{
		{{high, high - 2, high + 3}, {high + 1, high - 1, high + 4, 1}},
		{{high + 9, high, 2}, {high + 9, high + 1, 3, 1}},
	} {
		a, b := outcomes(c[0]...), outcomes(c[1]...)
		for _, pair := range [][2]map[string]int{{a, b}, {b, a}} {
			// What one is likelier beyond e^epsilon adds up to delta at most. Each
			// term is off by six standard deviations of its two counts with a
			// probability below 1e-8; there are fewer than 50.
			beyond, slack := 0.0, 0.0
			for o, k := range pair[0] {
				x, y := float64(k)/n, float64(pair[1][o])/n
				beyond += math.Max(0, x-math.Exp(epsilon)*y)
				slack += 6 * math.Sqrt(x/n+math.Exp(2*epsilon)*math.Max(y, 1.0/n)/n)
			}
			if beyond > delta+slack {
				t.Errorf("%v: beyond e^epsilon by %v", c, beyond)
			}
		}
	}
}

// TestTopScores: a shifted sum is the sum, rounded down, for the largest there is.
func TestTopScores(t *testing.T) {
	p := check.Must(NewPlan(topOf(output(9, keysOf(intKey), glovebox.Metric{Name: "s", Kind: glovebox.Sum, Max: 7}), 2, "s"), laplace(4, 1e-6), nil))
	if p.top.shift == 0 {
		t.Fatal("the scores are not shifted")
	}
	part := ranked(p, 1<<40, 12345, 1, 0)
	for i := range part.n {
		want := part.sum(i, 0).Big()
		if got := p.top.score(p, part, i); got != want.Rsh(want, p.top.shift).Int64() || got < 0 {
			t.Errorf("key %d: score %d, want %v", i, got, want)
		}
	}
}
