package privacy

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// tableBytes releases a partial with fixed noise.
func tableBytes(p *Plan, part *Partial) string {
	return string(check.Must(json.Marshal(check.Must(p.Release(part, mechanism.SeededSource([32]byte{3}))))))
}

// TestChannelKeyPresence: a guest that writes what it knows about one unit into
// a key of its own gets it out with a probability of delta at most, whatever
// selects keys.
func TestChannelKeyPresence(t *testing.T) {
	const n, delta = 50_000, 0.01
	for _, rel := range []glovebox.ReleaseDef{laplace(1, delta), gaussian(0.5, delta)} {
		for _, selects := range []string{OwnShare, "n", "a"} {
			p := check.Must(NewPlan(selecting(selects, output(1, keysOf(intKey), unitCount, amount)), rel, nil))
			if s := p.budget.keys; s != nil && (s.Probability(0) != 0 || s.Probability(1) > delta) {
				t.Errorf("one unit's key is kept with probability %v", s.Probability(1))
			}
			b := p.NewBounder([32]byte{1})
			for i := range n {
				b.Unit(token(i), 1, record(0, []any{i}, 1e300))
			}
			rows := check.Must(p.Release(check.Must(b.Partial()), check.Must(mechanism.NewSource()))).Rows
			check.Share(t, "keys of one unit each, selected by "+selects, len(rows), n, 0, delta)
			if len(rows) == 0 {
				t.Errorf("selected by %s: no key came out at all", selects)
			}
		}
	}
	// Public keys: what is not on the list never appears, what is always does.
	p := check.Must(NewPlan(output(1, keysOf(publicKey("k", 1, 2)), unitCount), laplace(1, 0), nil))
	b := p.NewBounder([32]byte{1})
	b.Unit(token(1), 1, record(0, []any{3}))
	if rows := check.Must(p.Release(check.Must(b.Partial()), check.Must(mechanism.NewSource()))).Rows; len(rows) != 2 || rows[0].Key[0] != int64(1) || rows[1].Key[0] != int64(2) {
		t.Errorf("rows %+v", rows)
	}
}

// TestChannelOutputOrder: the order of units and records and the split among
// workers leave no trace in the bytes.
func TestChannelOutputOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, p := range []*Plan{
		check.Must(NewPlan(output(3, keysOf(textKey, intKey), unitCount, unitSum, unitMean), laplace(30, 0.01), nil)),
		check.Must(NewPlan(everyKind(3), laplace(300, 0.01), nil)),
		check.Must(NewPlan(topOf(everyKind(20), 5, "n"), gaussian(1000, 0.01), nil)),
	} {
		units := randomUnits(p, r, 500)
		want := tableBytes(p, bound(p, units))
		if len(check.Must(p.Release(bound(p, units), mechanism.SeededSource([32]byte{3}))).Rows) < 5 {
			t.Fatalf("too little came out: %s", want)
		}
		for range 5 {
			r.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
			cut := r.IntN(len(units))
			a, b := bound(p, units[:cut]), bound(p, units[cut:])
			if err := b.Merge(a); err != nil {
				t.Fatal(err)
			}
			if got := tableBytes(p, b); got != want {
				t.Fatalf("another order gives other bytes:\n%s\n%s", got, want)
			}
		}
	}
}

// TestChannelFloatLowBits: what lies below the grid never gets out, and what
// gets out has a few decimal digits that the interval explains.
func TestChannelFloatLowBits(t *testing.T) {
	p := check.Must(NewPlan(output(1, keysOf(publicKey("k", 1, 2, 3)), unitSum, unitMean), laplace(2, 0), nil))
	filled := func(secret float64) *Partial {
		b := p.NewBounder([32]byte{1})
		for i := range 300 {
			v := float64(i%17)/16 + secret*math.Ldexp(1, -50)*float64(i%5)
			b.Unit(token(i), 1, record(0, []any{i%3 + 1}, v, v))
		}
		return check.Must(b.Partial())
	}
	if tableBytes(p, filled(0)) != tableBytes(p, filled(1)) {
		t.Error("low bits of the values reach the table")
	}
	for range 50 {
		for _, r := range check.Must(p.Release(filled(1), check.Must(mechanism.NewSource()))).Rows {
			for m, c := range r.Cells {
				half := (c.Hi - c.Lo) / 2
				for _, x := range []float64{c.Value, c.Lo, c.Hi} {
					if x == p.metrics[m].Min || x == p.metrics[m].Max {
						continue // clamped to what was declared
					}
					places := int(math.Ceil(-math.Log10(half/1000))) + 1
					if short, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'f', max(0, places), 64), 64); short != x {
						t.Fatalf("%v has more digits than an interval of +-%v warrants", x, half)
					}
				}
			}
		}
	}
}

// TestChannelNaNPayload: values that are no numbers carry nothing, whatever
// their bits, and no cell is one.
func TestChannelNaNPayload(t *testing.T) {
	out := output(1, nil, unitCount, unitSum, unitMean)
	out.Default = []glovebox.DefaultRecord{{Metrics: map[string]float64{"s": 1, "m": 5}}}
	p := check.Must(NewPlan(out, laplace(1, 0), nil))
	with := func(odd float64) *Partial {
		b := p.NewBounder([32]byte{1})
		for i := range 50 {
			v := float64(i) / 10
			if i%7 == 3 {
				v = odd
			}
			b.Unit(token(i), 2, append(record(0, nil, 0.5, 1), record(0, nil, v, 1)...))
		}
		return check.Must(b.Partial())
	}
	want := tableBytes(p, with(math.NaN()))
	for _, bits := range []uint64{0x7ff0000000000001, 0x7ff8dead00c0ffee, 0xfff8000000000000, 0xffffffffffffffff, 0x7ff0000000000000, 0xfff0000000000000} {
		if got := tableBytes(p, with(math.Float64frombits(bits))); got != want {
			t.Errorf("the bits %x show: %s, want %s", bits, got, want)
		}
	}
	for range 300 {
		for _, c := range check.Must(p.Release(with(math.Inf(1)), check.Must(mechanism.NewSource()))).Rows[0].Cells {
			for _, x := range []float64{c.Value, c.Lo, c.Hi} {
				if math.IsNaN(x) || math.IsInf(x, 0) || x == 0 && math.Signbit(x) {
					t.Fatalf("a cell %+v", c)
				}
			}
		}
	}
}
