package privacy

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// TestSumIsExact is the pair of data sets on which a sum of floats exceeds its
// sensitivity, in the small: 4,096 ones, then 5,000 values that a float sum of
// 4,096 rounds up to twice what a float sum of 4,095 makes of them. In integers
// the difference is one unit's value, to the last step, and the order of the
// units does not matter.
func TestSumIsExact(t *testing.T) {
	p := check.Must(NewPlan(output(1, nil, glovebox.Metric{Name: "s", Kind: glovebox.Sum, Max: 1}), laplace(1, 0), nil))
	const ones = 1 << 12
	small := 0x1p-41 * (1 + 0x1p-20)
	var units []unitData
	floats := [2]float64{ones, ones - 1}
	for i := range ones + 5000 {
		v := 1.0
		if i >= ones {
			v = small
			floats[0] += v
			floats[1] += v
		}
		units = append(units, unitData{token: token(i), n: 1, records: record(0, nil, v)})
	}
	if floats[0]-floats[1] <= 1 {
		t.Fatal("the pair does not trouble float sums")
	}
	sum := func(u []unitData) int64 { return content(bound(p, u))[""][1] }
	all := sum(units)
	if d := all - sum(units[1:]); d != p.grids[0].reach() {
		t.Errorf("one unit of value 1 makes a difference of %d steps, want %d", d, p.grids[0].reach())
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
	if sum(units) != all {
		t.Error("the sum depends on the order of units")
	}
}

// TestKeyChoice: the L0 keys kept of many are spread evenly, are the same
// whatever the order of records, and change with secret and unit.
func TestKeyChoice(t *testing.T) {
	p := check.Must(NewPlan(output(5, keysOf(intKey), unitCount), laplace(1, 1e-6), nil))
	var forward, backward []byte
	for k := range 50 {
		forward = append(forward, record(0, []any{k})...)
		backward = append(backward, record(0, []any{49 - k})...)
	}
	chosen := func(secret byte, unit int, records []byte) *Partial {
		b := p.NewBounder([32]byte{secret})
		b.Unit(token(unit), 50, records)
		return check.Must(b.Partial())
	}
	const n = 20_000
	times := map[string]int{}
	same := 0
	for unit := range n {
		c := content(chosen(1, unit, forward))
		if len(c) != 5 {
			t.Fatalf("%d keys are kept", len(c))
		}
		for k := range c {
			if times[k]++; c[k][0] != 1 {
				t.Fatalf("a unit counts %d times", c[k][0])
			}
		}
		if unit < 200 {
			if fmt.Sprint(c) != fmt.Sprint(content(chosen(1, unit, backward))) {
				t.Fatal("the choice depends on the order of records")
			}
			if fmt.Sprint(c) == fmt.Sprint(content(chosen(2, unit, forward))) {
				same++
			}
		}
	}
	for k, c := range times {
		check.Share(t, fmt.Sprintf("key %x", k), c, n, 0.1, 0.1)
	}
	if same > 10 { // by chance one in two million each
		t.Errorf("%d of 200 choices are the same with another secret", same)
	}
}

// TestUnitDefault: a default is a contribution like any other, and comes in for
// every kind of malformed unit.
func TestUnitDefault(t *testing.T) {
	p := jobs()["private int"]
	good := record(0, []any{1}, 2)
	for what, add := range map[string]func(*Bounder){
		"asked for":      func(b *Bounder) { b.UnitDefault(token(1)) },
		"short":          func(b *Bounder) { b.Unit(token(1), 1, good[:15]) },
		"long":           func(b *Bounder) { b.Unit(token(1), 1, append(good[:16:16], 0)) },
		"too few":        func(b *Bounder) { b.Unit(token(1), 2, good) },
		"negative":       func(b *Bounder) { b.Unit(token(1), -1, nil) },
		"huge number":    func(b *Bounder) { b.Unit(token(1), math.MaxInt, good) },
		"not a number":   func(b *Bounder) { b.Unit(token(1), 2, append(good[:16:16], record(0, []any{2}, math.NaN())...)) },
		"infinite":       func(b *Bounder) { b.Unit(token(1), 1, record(0, []any{1}, math.Inf(-1))) },
		"absurdly many ": func(b *Bounder) { b.Unit(token(1), maxRecords+1, nil) },
	} {
		b := p.NewBounder([32]byte{})
		add(b)
		if got, want := fmt.Sprint(content(check.Must(b.Partial()))), fmt.Sprint(map[string][]int64{string(record(0, []any{7})): {1, p.grids[0].steps(1)}}); got != want {
			t.Errorf("%s: %s, want the default %s", what, got, want)
		}
	}
	b := p.NewBounder([32]byte{})
	b.Unit(token(1), 0, nil)
	if check.Must(b.Partial()).Len() != 0 {
		t.Error("a unit without records counts")
	}
}

// TestBounderMisuse: a unit handed in twice in a row is a bug that must show.
func TestBounderMisuse(t *testing.T) {
	p := jobs()["bare count"]
	b := p.NewBounder([32]byte{})
	b.Unit(token(1), 1, nil)
	b.Unit(token(1), 1, nil)
	_, err := b.Partial()
	check.Code(t, "a unit twice", err, glovebox.CodeInternal)

	b = p.NewBounder([32]byte{})
	b.Unit([16]byte{}, 3, nil)
	part := check.Must(b.Partial())
	_, err = b.Partial()
	check.Code(t, "partial twice", err, glovebox.CodeConflict)
	if got := content(part)[""]; len(got) != 1 || got[0] != 1 {
		t.Errorf("records are counted instead of units: %v", got)
	}
}

// TestUnitsAfterTheEnd: whatever the job bounds, units after the end are not
// counted, nor is the unit before them once more.
func TestUnitsAfterTheEnd(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for name, p := range jobs() {
		units := randomUnits(p, r, 20)
		b := p.NewBounder([32]byte{42})
		for _, u := range units {
			b.Unit(u.token, u.n, u.records)
		}
		part := check.Must(b.Partial())
		want := fmt.Sprint(content(part))
		b.Unit(token(100), units[0].n, units[0].records)
		b.UnitDefault(token(101))
		if got := fmt.Sprint(content(part)); got != want || b.Piece() != nil {
			t.Errorf("%s: units after the end are counted: %s, want %s", name, got, want)
		}
		b = p.NewBounder([32]byte{42})
		b.Unit(token(1), units[0].n, units[0].records)
		want = fmt.Sprint(content(b.part))
		b.Unit(token(1), units[0].n, units[0].records)
		if got := fmt.Sprint(content(b.part)); got != want {
			t.Errorf("%s: a unit counts twice: %s, want %s", name, got, want)
		}
	}
}

// TestMerge: any split among workers gives the same bytes.
func TestMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for name, p := range jobs() {
		units := randomUnits(p, r, 300)
		want := check.Must(bound(p, units).MarshalBinary())
		r.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
		merged := p.NewPartial()
		for len(units) > 0 {
			n := min(len(units), r.IntN(120))
			part := bound(p, units[:n])
			if err := merged.Merge(part); err != nil {
				t.Fatal(err)
			}
			check.Code(t, "merged twice", merged.Merge(part), glovebox.CodeConflict)
			units = units[n:]
		}
		if got := check.Must(merged.MarshalBinary()); !bytes.Equal(got, want) {
			t.Errorf("%s: merging gives other bytes", name)
		}
	}
	a, b := jobs()["private int"].NewPartial(), jobs()["public int"].NewPartial()
	check.Code(t, "two jobs", a.Merge(b), glovebox.CodeConflict)
	check.Code(t, "itself", a.Merge(a), glovebox.CodeInternal)
	check.Code(t, "none", a.Merge(nil), glovebox.CodeInternal)
	check.Code(t, "an empty value", a.Merge(&Partial{}), glovebox.CodeInternal)

	// The bound on units holds for merged partials, too.
	p := jobs()["private int"]
	big := func() *Partial {
		x := p.NewPartial()
		x.cell(x.add([]uint64{5}))[0] = maxUnits/2 + 1
		return x
	}
	x := big()
	check.Code(t, "too many units", x.Merge(big()), glovebox.CodeInvalid)
}

// TestPiecesDoNotDependOnSpareMemory: where a partial is cut into pieces follows
// from what it holds, not from how much more the runtime set aside.
func TestPiecesDoNotDependOnSpareMemory(t *testing.T) {
	p := check.Must(NewPlan(output(1, nil, glovebox.Metric{Name: "s", Kind: glovebox.Sum, Max: 1}), laplace(1, 0), nil))
	b := p.NewBounder([32]byte{1})
	for i := range 100 {
		b.UnitDefault([16]byte{byte(i)})
	}
	before := b.Bytes()
	b.part.keys, b.part.cells = slices.Grow(b.part.keys, 1000), slices.Grow(b.part.cells, 1000)
	if after := b.Bytes(); after != before {
		t.Errorf("%d bytes, then %d", before, after)
	}
}
