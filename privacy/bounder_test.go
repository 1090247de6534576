package privacy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"sort"
	"testing"

	"glovebox"
)

// unitData is one unit's records.
type unitData struct {
	token   [16]byte
	n       int
	records []byte
}

// reference adds units up the slow and obvious way: maps, big formulas, no
// tables. Key bytes to {units, sums}.
func reference(p *Plan, b *Bounder, units []unitData) map[string][]int64 {
	out := map[string][]int64{}
	for _, u := range units {
		records, left := u.records, p.maxRecords
		groups, order, ok := referenceGroups(p, u.n, u.records)
		if !ok {
			records = p.defaults
			groups, order, _ = referenceGroups(p, p.defaultN, p.defaults)
		}
		var kept []string
		for _, k := range order {
			if p.allowed(wordsOf(k)) {
				kept = append(kept, k)
			}
		}
		rank := referenceRank(b, u.token)
		sort.Slice(kept, func(i, j int) bool { return rank(kept[i]) < rank(kept[j]) })
		kept = kept[:min(len(kept), p.l0)]
		sizes := make([]int64, p.cells)
		for _, k := range kept {
			for j, v := range referenceSteps(p, groups[k]) {
				sizes[j] += max(v, -v)
			}
		}
		for _, k := range kept {
			c := out[k]
			if c == nil {
				c = make([]int64, 1+p.cells+p.slots)
				out[k] = c
			}
			c[0]++
			for j, v := range referenceSteps(p, groups[k]) {
				c[1+j] += referenceShare(p, j, v, sizes[j])
			}
			left -= referenceBins(p, b, u, records, k, left, c[1+p.cells:])
		}
	}
	return out
}

// referenceSteps is what a unit adds to the sums of a key.
func referenceSteps(p *Plan, values []float64) (out []int64) {
	for i := range p.metrics {
		m := &p.metrics[i]
		switch v := values[m.value : m.value+m.Values()]; m.Kind {
		case glovebox.Sum, glovebox.Mean:
			out = append(out, p.grids[m.grid].steps(v[0]))
		case glovebox.Variance:
			// Around the middle, 2: the value and its square less 8, half of 4^2.
			y := math.Min(math.Max(v[0], -2), 6) - 2
			if v[0] != v[0] {
				y = -4
			}
			out = append(out, p.grids[m.grid].steps(v[0]), p.grids[m.grid+1].steps(y*y-8))
		case glovebox.Vector:
			out = append(out, referenceVector(&p.grids[m.grid], v)...)
		}
	}
	return out
}

// referenceBins counts the records of key k, each a value, in bins, and returns
// how many it took of those left.
func referenceBins(p *Plan, b *Bounder, u unitData, records []byte, k string, left int, bins []int64) int {
	if p.slots == 0 {
		return 0
	}
	rank := referenceWord(b, u.token)
	var own []int
	for i := range len(records) / p.RecordBytes() {
		if string(records[i*p.RecordBytes():][:8*p.keyWords]) == k {
			own = append(own, i)
		}
	}
	sort.Slice(own, func(i, j int) bool { return rank(^uint64(own[i])) < rank(^uint64(own[j])) })
	take := min(len(own), p.perKey, left)
	for j := range p.bins {
		s := &p.bins[j]
		value := func(i int) float64 {
			at := i*p.RecordBytes() + 8*(p.keyWords+p.metrics[s.metric].value)
			return math.Float64frombits(binary.LittleEndian.Uint64(records[at:]))
		}
		if s.marks() {
			referenceMarks(b, s, own, value, rank, bins[s.base:][:s.n], min(p.perKey, left))
			continue
		}
		for _, i := range own[:take] {
			slot := 0
			for _, cut := range s.cuts {
				if value(i) >= cut {
					slot++
				}
			}
			bins[int(s.base)+slot]++
		}
	}
	return take
}

// referenceMarks marks the cells of the different values, limit at most.
func referenceMarks(b *Bounder, s *binSet, own []int, value func(int) float64, rank func(uint64) uint64, bins []int64, limit int) {
	found := map[uint64]bool{}
	for _, i := range own {
		h := b.values
		h.write(uint64(s.metric))
		h.write(math.Float64bits(value(i) + 0))
		cell := new(big.Int).Mul(new(big.Int).SetUint64(h.sum(2)), big.NewInt(int64(s.n)))
		found[cell.Rsh(cell, 64).Uint64()] = true
	}
	var cells []uint64
	for c := range found {
		cells = append(cells, c)
	}
	sort.Slice(cells, func(i, j int) bool { return rank(cells[i]) < rank(cells[j]) })
	for _, c := range cells[:min(limit, len(cells))] {
		bins[c] = 1
	}
}

// referenceShare brings down what a unit adds to sum j of a key, where what it
// adds to all keys, size, is more than declared.
func referenceShare(p *Plan, j int, v, size int64) int64 {
	for i := range p.grids {
		g := &p.grids[i]
		if most := int64(math.Ceil(g.most * g.inv)); g.cell == j && g.most > 0 && size > most {
			x := new(big.Int).Mul(big.NewInt(v), big.NewInt(most))
			return x.Quo(x, big.NewInt(size)).Int64()
		}
	}
	return v
}

// referenceVector snaps and shortens a vector in fractions of any size. The
// numbers come out the same but for a few roundings.
func referenceVector(g *grid, v []float64) []int64 {
	out := make([]int64, len(v))
	g.vector(out, v)
	steps, square := make([]*big.Float, len(v)), new(big.Float).SetPrec(4000)
	for i, x := range v {
		switch {
		case x != x:
			x = 0
		case math.IsInf(x, 0):
			x = math.Copysign(math.MaxFloat64, x)
		}
		steps[i] = new(big.Float).SetPrec(4000).SetMantExp(big.NewFloat(x), -g.exp)
		square.Add(square, new(big.Float).SetPrec(4000).Mul(steps[i], steps[i]))
	}
	norm, limit := new(big.Float).SetPrec(4000).Sqrt(square), big.NewFloat(float64(g.reach()))
	for i, s := range steps {
		if norm.Cmp(limit) > 0 {
			s.Mul(s, limit)
			s.Quo(s, norm)
		}
		// Half a step for the number, up to 2 for the norm (of three numbers, half a
		// step each, and rounded up), 1 for the shortened number.
		if d, _ := new(big.Float).Sub(s, big.NewFloat(float64(out[i]))).Float64(); math.Abs(d) > 3.5 {
			panic(fmt.Sprintf("number %d of a vector is off by %v steps", i, d))
		}
	}
	return out
}

// referenceWord is the rank of one word.
func referenceWord(b *Bounder, token [16]byte) func(w uint64) uint64 {
	rank := referenceRank(b, token)
	return func(w uint64) uint64 { return rank(string(binary.LittleEndian.AppendUint64(nil, w))) }
}

// referenceRank is the rank of a unit's keys by the formula: with h1 and h2 the
// SipHash of the token and of the token followed by the word 1, and fold(x) the
// exclusive or of the halves of a 128-bit number, the rank of one word w is
// fold((w ^ h1) * (h2 | 1)); for several, r = h1 and then for each word
// r = fold((w ^ r) * (h2 | 1)) ^ h1.
func referenceRank(b *Bounder, token [16]byte) func(k string) uint64 {
	words := wordsOf(string(token[:]))
	sip := func(words ...uint64) *big.Int {
		s := b.sip
		for _, w := range words {
			s.write(w)
		}
		return new(big.Int).SetUint64(s.sum(len(words)))
	}
	h1, h2 := sip(words...), sip(append(words, 1)...)
	h2.SetBit(h2, 0, 1)
	fold := func(w uint64, x *big.Int) *big.Int {
		p := new(big.Int).Mul(new(big.Int).Xor(new(big.Int).SetUint64(w), x), h2)
		return new(big.Int).Xor(new(big.Int).Rsh(p, 64), new(big.Int).And(p, new(big.Int).SetUint64(math.MaxUint64)))
	}
	return func(k string) uint64 {
		key := wordsOf(k)
		if len(key) == 1 {
			return fold(key[0], h1).Uint64()
		}
		r := h1
		for _, w := range key {
			r = new(big.Int).Xor(fold(w, r), h1)
		}
		return r.Uint64()
	}
}

func referenceGroups(p *Plan, n int, records []byte) (groups map[string][]float64, order []string, ok bool) {
	if len(records) != n*p.RecordBytes() {
		return nil, nil, false
	}
	groups = map[string][]float64{}
	for i := range n {
		r := records[i*p.RecordBytes() : (i+1)*p.RecordBytes()]
		k := string(r[:8*p.keyWords])
		if groups[k] == nil {
			groups[k] = make([]float64, p.values)
			order = append(order, k)
		}
		for j := range p.values {
			v := math.Float64frombits(binary.LittleEndian.Uint64(r[8*(p.keyWords+j):]))
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, nil, false
			}
			groups[k][j] += v
		}
	}
	return groups, order, true
}

func wordsOf(key string) (w []uint64) {
	for i := 0; i < len(key); i += 8 {
		w = append(w, binary.LittleEndian.Uint64([]byte(key[i:])))
	}
	return w
}

// content is what a partial holds, in the form of reference.
func content(t *Partial) map[string][]int64 {
	out := map[string][]int64{}
	for i := range t.n {
		var k []byte
		for _, w := range t.key(i) {
			k = binary.LittleEndian.AppendUint64(k, w)
		}
		c := []int64{int64(t.cell(i)[0])}
		for j := range t.plan.cells {
			s, _ := t.sum(i, j).Int64()
			c = append(c, s)
		}
		c = append(c, make([]int64, t.plan.slots)...)
		if t.bins != nil {
			for _, e := range t.bins.slots {
				if e.id != 0 && e.key() == i {
					c[1+t.plan.cells+int(e.slot())] = int64(e.count)
				}
			}
		}
		out[string(k)] = c
	}
	return out
}

// jobs are plans of every shape of key.
func jobs() map[string]*Plan {
	plan := func(out glovebox.Output, delta float64) *Plan { return must(NewPlan(out, laplace(1, delta), nil)) }
	def := func(out glovebox.Output, r ...glovebox.DefaultRecord) glovebox.Output {
		out.Default = r
		return out
	}
	return map[string]*Plan{
		"no key":       plan(def(output(1, nil, unitCount, unitSum, unitMean), glovebox.DefaultRecord{Metrics: map[string]float64{"s": 9, "m": 4}}), 0),
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
	return must(b.Partial())
}

// TestBoundingAgainstReference compares with the slow way, for every shape.
func TestBoundingAgainstReference(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for name, p := range jobs() {
		units := randomUnits(p, r, 400)
		got, want := content(bound(p, units)), reference(p, p.NewBounder([32]byte{42}), units)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the partial differs from the reference:\n%v\n%v", name, got, want)
		}
		if len(got) == 0 {
			t.Errorf("%s: nothing was counted", name)
		}
	}
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

// TestSumIsExact is the pair of data sets on which a sum of floats exceeds its
// sensitivity, in the small: 4,096 ones, then 5,000 values that a float sum of
// 4,096 rounds up to twice what a float sum of 4,095 makes of them. In integers
// the difference is one unit's value, to the last step, and the order of the
// units does not matter.
func TestSumIsExact(t *testing.T) {
	p := must(NewPlan(output(1, nil, glovebox.Metric{Name: "s", Kind: glovebox.Sum, Max: 1}), laplace(1, 0), nil))
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
	p := must(NewPlan(output(5, keysOf(intKey), unitCount), laplace(1, 1e-6), nil))
	var forward, backward []byte
	for k := range 50 {
		forward = append(forward, record(0, []any{k})...)
		backward = append(backward, record(0, []any{49 - k})...)
	}
	chosen := func(secret byte, unit int, records []byte) *Partial {
		b := p.NewBounder([32]byte{secret})
		b.Unit(token(unit), 50, records)
		return must(b.Partial())
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
		checkShare(t, fmt.Sprintf("key %x", k), c, n, 0.1, 0.1)
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
		if got, want := fmt.Sprint(content(must(b.Partial()))), fmt.Sprint(map[string][]int64{string(record(0, []any{7})): {1, p.grids[0].steps(1)}}); got != want {
			t.Errorf("%s: %s, want the default %s", what, got, want)
		}
	}
	b := p.NewBounder([32]byte{})
	b.Unit(token(1), 0, nil)
	if must(b.Partial()).Len() != 0 {
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
	wantCode(t, "a unit twice", err, glovebox.CodeInternal)

	b = p.NewBounder([32]byte{})
	b.Unit([16]byte{}, 3, nil)
	part := must(b.Partial())
	_, err = b.Partial()
	wantCode(t, "partial twice", err, glovebox.CodeConflict)
	b.Unit(token(2), 1, nil)
	b.UnitDefault(token(3))
	if got := content(part)[""]; len(got) != 1 || got[0] != 1 {
		t.Errorf("units after the end, or records instead of units, are counted: %v", got)
	}
}

// TestMerge: any split among workers gives the same bytes.
func TestMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for name, p := range jobs() {
		units := randomUnits(p, r, 300)
		want := must(bound(p, units).MarshalBinary())
		r.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
		merged := p.NewPartial()
		for len(units) > 0 {
			n := min(len(units), r.IntN(120))
			part := bound(p, units[:n])
			if err := merged.Merge(part); err != nil {
				t.Fatal(err)
			}
			wantCode(t, "merged twice", merged.Merge(part), glovebox.CodeConflict)
			units = units[n:]
		}
		if got := must(merged.MarshalBinary()); !bytes.Equal(got, want) {
			t.Errorf("%s: merging gives other bytes", name)
		}
	}
	a, b := jobs()["private int"].NewPartial(), jobs()["public int"].NewPartial()
	wantCode(t, "two jobs", a.Merge(b), glovebox.CodeConflict)
	wantCode(t, "itself", a.Merge(a), glovebox.CodeInternal)
	wantCode(t, "none", a.Merge(nil), glovebox.CodeInternal)
	wantCode(t, "an empty value", a.Merge(&Partial{}), glovebox.CodeInternal)

	// The bound on units holds for merged partials, too.
	p := jobs()["private int"]
	big := func() *Partial {
		x := p.NewPartial()
		x.cell(x.add([]uint64{5}))[0] = maxUnits/2 + 1
		return x
	}
	x := big()
	wantCode(t, "too many units", x.Merge(big()), glovebox.CodeInvalid)
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
