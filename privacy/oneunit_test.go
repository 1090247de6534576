package privacy

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// jobs are plans of every shape of key.
func jobs() map[string]*Plan {
	plan := func(out glovebox.Output, delta float64) *Plan {
		return check.Must(NewPlan(out, laplace(1, delta), nil))
	}
	def := func(out glovebox.Output, r ...glovebox.DefaultRecord) glovebox.Output {
		out.Default = r
		return out
	}
	return map[string]*Plan{
		"no key":       plan(def(output(1, nil, unitCount, unitSum, unitMean), glovebox.DefaultRecord{Metrics: map[string]float64{"s": 9, "m": 4}}), 0),
		"no key total": plan(output(1, nil, unitCount, unitCapped), 0),
		"no key bins":  plan(records(output(1, nil, unitDeciles, unitDistinct, unitBins), 5, 0), 0),
		"no key few":   plan(records(output(1, nil, unitCount, unitMedian, unitDistinct), 5, 2), 0),
		"bare count":   plan(output(1, nil, unitCount), 0),
		"private int":  plan(def(output(3, keysOf(intKey), unitCount, unitSum), glovebox.DefaultRecord{Key: map[string]any{"k": 7}, Metrics: map[string]float64{"s": 1}}), 1e-6),
		"public int":   plan(output(2, keysOf(publicKey("k", 1, 2, 3, 4, 5)), unitSum), 0),
		"private text": plan(output(3, keysOf(textKey), unitCount, unitMean), 1e-6),
		"mixed": plan(def(output(4, keysOf(textKey, intKey), unitSum, unitMean),
			glovebox.DefaultRecord{Key: map[string]any{"k": 7, "t": "x"}, Metrics: map[string]float64{"s": 1, "m": 2}},
			glovebox.DefaultRecord{Key: map[string]any{"k": 8, "t": "x"}, Metrics: map[string]float64{"s": 1, "m": 2}}), 1e-6),
		"bins": plan(records(output(2, keysOf(intKey), unitBins, unitSum, unitEdges), 3, 0), 1e-6),
		"few bins": plan(def(records(output(4, keysOf(textKey, intKey), unitBins, unitMean), 3, 7),
			glovebox.DefaultRecord{Key: map[string]any{"k": 7, "t": "x"}, Metrics: map[string]float64{"h": 1, "m": 2}}), 1e-6),
		"quantiles": plan(records(output(2, keysOf(intKey), unitMedian, unitDeciles, unitDistinct), 4, 0), 1e-6),
		"distinct": plan(def(records(output(3, keysOf(textKey), unitDistinct, unitRange, unitCount), 4, 6),
			glovebox.DefaultRecord{Key: map[string]any{"t": "x"}, Metrics: map[string]float64{"d": 1, "r": -3}}), 1e-6),
		"public bins": plan(output(2, keysOf(publicKey("k", 1, 2, 3, 4, 5)), unitBins), 0),
		"every":       plan(topOf(everyKind(4), 2, "n"), 1e-6),
		"total":       plan(output(4, keysOf(intKey), unitSum, unitCapped), 1e-6),
		"vector":      plan(def(output(2, keysOf(intKey), unitSum, unitVector, unitCount, unitSpread), glovebox.DefaultRecord{Key: map[string]any{"k": 7}, Metrics: map[string]float64{"s": 1, "y": 3}}), 1e-6),
	}
}

// randomUnits makes units of up to 40 records with few distinct keys, some bad
// texts, odd values now and then and a malformed unit every so often.
func randomUnits(p *Plan, r *rand.Rand, n int) []unitData {
	texts := []string{"a", "bb", "", "乙", "ten bytes!", "\xff", "a\x00b", "x\n", "eleven byte"}
	units := make([]unitData, n)
	for i := range units {
		u := unitData{token: token(i), n: r.IntN(40)}
		for range u.n {
			var key []any
			for _, f := range p.fields {
				if f.text {
					key = append(key, texts[r.IntN(len(texts))])
				} else {
					key = append(key, r.IntN(9))
				}
			}
			var values []float64
			for range p.values {
				v := r.NormFloat64() * 3
				if r.IntN(20) == 0 {
					if v = oddValues[r.IntN(len(oddValues))]; r.IntN(4) > 0 && v-v != 0 {
						v = math.MaxFloat64
					}
				}
				values = append(values, v)
			}
			u.records = append(u.records, record(10, key, values...)...)
		}
		switch r.IntN(30) {
		case 0:
			u.n++
		case 1:
			u.records = append(u.records, 1)
		case 2:
			u.n = -1
		}
		units[i] = u
	}
	return units
}

func bound(p *Plan, units []unitData) *Partial {
	b := p.NewBounder([32]byte{42})
	for _, u := range units {
		b.Unit(u.token, u.n, u.records)
	}
	return check.Must(b.Partial())
}

// TestOneUnitOnly: leaving out one unit changes at most L0 keys, each count by
// exactly one and each sum by at most the reach, whatever the records hold.
func TestOneUnitOnly(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for name, p := range jobs() {
		units := randomUnits(p, r, 60)
		all := content(bound(p, units))
		for i := range units {
			rest := append(append([]unitData(nil), units[:i]...), units[i+1:]...)
			changed, values := 0, 0
			sizes := make([]int64, p.cells)
			less := content(bound(p, rest))
			for k, c := range all {
				d := less[k]
				if d == nil {
					d = make([]int64, len(c))
				}
				if fmt.Sprint(c) == fmt.Sprint(d) {
					continue
				}
				changed++
				if c[0]-d[0] != 1 {
					t.Fatalf("%s: unit %d changes a count by %d", name, i, c[0]-d[0])
				}
				checkReach(t, p, fmt.Sprintf("%s: unit %d", name, i), func(j int) int64 { return c[1+j] - d[1+j] })
				for j := range sizes {
					sizes[j] += max(c[1+j]-d[1+j], d[1+j]-c[1+j])
				}
				values += checkBins(t, p, fmt.Sprintf("%s: unit %d", name, i), func(j int) int64 { return c[1+j] - d[1+j] })
			}
			for _, g := range p.grids {
				if g.most > 0 && sizes[g.cell] > g.total(p.l0) {
					t.Fatalf("%s: unit %d adds %d steps in all, more than %d", name, i, sizes[g.cell], g.total(p.l0))
				}
			}
			if values > p.maxRecords {
				t.Fatalf("%s: unit %d has %d values, more than %d", name, i, values, p.maxRecords)
			}
			if changed > p.L0() || len(less) > len(all) {
				t.Fatalf("%s: unit %d changes %d keys, L0 is %d", name, i, changed, p.L0())
			}
		}
	}
}

// checkBins fails if a change of one key's bins is more than one unit can make,
// and returns the most values that one metric has.
func checkBins(t *testing.T, p *Plan, what string, change func(j int) int64) (most int) {
	t.Helper()
	for _, b := range p.bins {
		total := 0
		for k := range b.n {
			n := int(change(p.cells + int(b.base) + k))
			if total += n; n < 0 || b.marks() && n > 1 {
				t.Fatalf("%s changes a bin by %d", what, n)
			}
		}
		if most = max(most, total); total > p.perKey {
			t.Fatalf("%s has %d values for one key, more than %d", what, total, p.perKey)
		}
	}
	return most
}

// checkReach fails if a change of one key's sums is more than one unit can make.
func checkReach(t *testing.T, p *Plan, what string, change func(j int) int64) {
	t.Helper()
	for i := range p.grids {
		g := &p.grids[i]
		square := new(big.Int)
		for j := range g.cells {
			x := big.NewInt(change(g.cell + j))
			square.Add(square, x.Mul(x, x))
		}
		if r := big.NewInt(g.reach()); square.Cmp(r.Mul(r, r)) > 0 {
			t.Fatalf("%s changes the sums of %s by more than the reach, %d", what, g.of, g.reach())
		}
	}
}

// FuzzUnit hands in any bytes: nothing breaks, and the contribution is bounded.
func FuzzUnit(f *testing.F) {
	f.Add(1, record(10, []any{"a", 1}, 1, 2))
	f.Add(2, append(record(10, []any{"a", 1}, 1, 2), record(10, []any{"a", 1}, math.Inf(1), 2)...))
	f.Add(0, []byte{})
	f.Add(3, []byte{1, 2, 3})
	plans := jobs()
	f.Fuzz(func(t *testing.T, n int, records []byte) {
		for name, p := range plans {
			if p.RecordBytes() == 0 && n > 1000 {
				continue
			}
			got := content(bound(p, []unitData{{token(1), n, records}}))
			if len(got) > p.L0() {
				t.Fatalf("%s: %d keys", name, len(got))
			}
			for _, c := range got {
				if c[0] != 1 {
					t.Fatalf("%s: counts as %d units", name, c[0])
				}
				checkReach(t, p, name+": a unit", func(j int) int64 { return c[1+j] })
				checkBins(t, p, name+": a unit", func(j int) int64 { return c[1+j] })
			}
		}
	})
}
