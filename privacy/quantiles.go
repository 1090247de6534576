package privacy

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// quantileBins checks a quantile and gives it its bins. One fraction is found
// among the edges, each a point that a value near it counts at; several are found
// in a tree whose leaves are the bins.
func (p *Plan) quantileBins(b *binSet, m *glovebox.Metric, path string) error {
	if len(m.At) < 1 || len(m.At) > MaxQuantiles {
		return invalid(path+".at", "%d fractions, 1..%d are possible", len(m.At), MaxQuantiles).WithFix("write at: [0.5] for the median")
	}
	for i, q := range m.At {
		part := math.Round(q * fractions)
		switch {
		case !(part >= 1 && part < fractions) || part/fractions != q:
			return invalid(path+".at["+strconv.Itoa(i)+"]", "is not a multiple of 1/%d between 0 and 1", fractions)
		case i > 0 && q <= m.At[i-1]:
			return invalid(path+".at["+strconv.Itoa(i)+"]", "is not above the one before")
		}
		b.parts = append(b.parts, uint64(part))
		name := strings.ReplaceAll(strconv.FormatFloat(part/(fractions/100), 'f', -1, 64), ".", "_")
		p.figure(m.Name+".p"+name, m.Name, false)
	}
	edges, err := edgesOf(m, MaxQuantileBins, DefaultQuantileBins, path)
	if err != nil {
		return err
	}
	if len(m.At) == 1 {
		b.points(edges, m.Edges == nil)
	} else {
		b.cells(edges, m.Edges == nil)
	}
	return nil
}

// newQuantile makes the mechanism of a quantile, from its part of the price.
func (p *Plan) newQuantile(b *binSet, loss int64) (m binMechanism, err error) {
	l1, square := p.change()
	if len(b.parts) > 1 {
		height := 1
		for leaves := mechanism.DefaultBranching; leaves < b.n; leaves *= mechanism.DefaultBranching {
			height++
		}
		levels := big.NewInt(int64(height))
		if m.noise, err = p.budget.noiseOf(loss, l1.Mul(l1, levels), square.Mul(square, levels), false); err != nil {
			return m, err
		}
		m.tree, err = mechanism.NewTree(mechanism.DefaultBranching, height, m.noise)
		return m, err
	}
	// A choice for one key of R values that is epsilon'-DP is epsilon'*r/R-DP for
	// one of r values: over all keys of a unit that is epsilon'*T/R at most, or
	// epsilon'^2/(2*R^2) times the sum of the squares. Rounded down to a multiple
	// of 2^-32.
	each := big.NewInt(int64(p.perKey))
	x := new(big.Int).Mul(big.NewInt(loss), each)
	if p.budget.gaussian {
		x.Mul(x, each).Lsh(x, 65)
		x.Sqrt(x.Quo(x, square.Mul(square, big.NewInt(1e9))))
	} else {
		x.Lsh(x, 32)
		x.Quo(x, l1.Mul(l1, big.NewInt(1e9)))
	}
	if x.Sign() == 0 {
		return m, invalid(p.budget.field(), "is too small for a quantile over so many keys and records")
	}
	m.epsilon = new(big.Rat).SetFrac(x, new(big.Int).Lsh(big.NewInt(1), 32))
	m.quantile, err = mechanism.NewQuantile(new(big.Rat).SetFrac64(int64(b.parts[0]), fractions), m.epsilon, uint64(p.perKey))
	return m, err
}

// quantile appends the quantiles of key number i.
func (r *releaser) quantile(cells []Cell, j, i int) ([]Cell, error) {
	b, m := &r.Plan.bins[j], &r.budget.bins[j]
	least, most := b.edges[0], b.edges[len(b.edges)-1]
	counts := r.countsOf(j, i)
	if m.tree == nil && m.still {
		v := b.edges[b.exact(counts)] + 0
		return append(cells, Cell{v, v, v}), nil
	}
	if m.tree == nil {
		at, err := m.quantile.Find(counts, r.src)
		if err != nil {
			return nil, err
		}
		return append(cells, Cell{Value: b.edges[at] + 0, Lo: least + 0, Hi: most + 0}), nil
	}
	at := make([]float64, len(b.parts))
	for k, q := range b.parts {
		at[k] = float64(q) / fractions
	}
	leaves := append(make([]uint64, 0, m.tree.Leaves()), counts...)
	answers, err := m.tree.Intervals(leaves[:m.tree.Leaves()], b.n, at, r.src)
	if err != nil {
		return nil, err
	}
	for _, a := range answers {
		cells = append(cells, cell(b.at(a[0]), b.at(math.Floor(a[1])), b.at(math.Ceil(a[2])), least, most))
	}
	return cells, nil
}

// exact returns the point that holds the one quantile of counts.
func (b *binSet) exact(counts []uint64) int {
	total, upTo := uint64(0), uint64(0)
	for _, n := range counts {
		total += n
	}
	for k, n := range counts {
		if upTo += n; upTo > 0 && upTo*fractions >= total*b.parts[0] {
			return k
		}
	}
	return len(counts) / 2
}

// at returns the value at a position on the cells.
func (b *binSet) at(position float64) float64 {
	if position >= float64(b.n) { // leaves that fill up the tree
		return b.edges[b.n]
	}
	i := int(math.Max(position, 0))
	f := position - float64(i)
	return b.edges[i]*(1-f) + b.edges[i+1]*f
}

// quantileError is how many values an answer may lie off the wanted rank, with 95
// % confidence.
func (p *Plan) quantileError(j int) Error {
	b, m := &p.bins[j], &p.budget.bins[j]
	if m.tree != nil {
		return Error{Ranks: m.tree.RankRadius()}
	}
	e, _ := m.epsilon.Float64()
	q := float64(b.parts[0]) / fractions
	return Error{Ranks: math.Log(float64(b.n)/alpha) * math.Max(q, 1-q) * 2 * float64(p.perKey) / e}
}
