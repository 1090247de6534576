package privacy

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"sort"
	"testing"

	"glovebox.example/glovebox"
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
