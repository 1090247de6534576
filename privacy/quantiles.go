package privacy

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// quantile is quantiles of the values, read off a tree of noisy counts or chosen.
type quantile struct{ counted }

// declare gives a quantile its bins, those of a choice among its edges until a way
// of finding it is taken.
func (quantile) declare(l *layout, m *metric, path string) error {
	var b binSet
	if len(m.At) < 1 || len(m.At) > MaxQuantiles {
		return glovebox.Invalid(path+".at", "%d fractions, 1..%d are possible", len(m.At), MaxQuantiles).WithFix("write at: [0.5] for the median")
	}
	for i, q := range m.At {
		part := math.Round(q * fractions)
		switch {
		case !(part >= 1 && part < fractions) || part/fractions != q:
			return glovebox.Invalid(path+".at["+strconv.Itoa(i)+"]", "is not a multiple of 1/%d between 0 and 1", fractions)
		case i > 0 && q <= m.At[i-1]:
			return glovebox.Invalid(path+".at["+strconv.Itoa(i)+"]", "is not above the one before")
		}
		b.parts = append(b.parts, uint64(part))
		name := strings.ReplaceAll(strconv.FormatFloat(part/(fractions/100), 'f', -1, 64), ".", "_")
		l.figure(m.Name+".p"+name, m.Name, false)
	}
	edges, err := edgesOf(&m.Metric, MaxQuantileBins, DefaultQuantileBins, path)
	if err != nil {
		return err
	}
	b.equal = m.Edges == nil
	b.points(edges, b.equal)
	l.addBins(m, b)
	return nil
}

// mechanism makes the mechanism of a quantile, from its part of the price.
func (quantile) mechanism(p *Plan, b *binSet, loss int64) (m binMechanism, err error) {
	l1, square := p.change()
	if b.way == byTree {
		levels := big.NewInt(int64(treeHeight(b.n)))
		if m.noise, err = p.budget.NoiseOf(loss, l1.Mul(l1, levels), square.Mul(square, levels), false); err != nil {
			return m, err
		}
		if m.tree, err = mechanism.NewTree(mechanism.DefaultBranching, treeHeight(b.n), m.noise); err == nil {
			m.ranks = treeRanks(m.noise.StdDev(), treeHeight(b.n))
		}
		return m, err
	}
	// A choice for one key of R values that is epsilon'-DP is epsilon'*r/R-DP for
	// one of r values: over all keys of a unit that is epsilon'*T/R at most, or
	// epsilon'^2/(2*R^2) times the sum of the squares, by the exponential mechanism
	// epsilon'^2/(8*R^2). There is one such choice on each level. Rounded down to a
	// multiple of 2^-32.
	m.levels = b.way.levels(len(b.parts))
	each := big.NewInt(int64(p.perKey))
	x := new(big.Int).Mul(big.NewInt(loss), each)
	by := big.NewInt(1e9 * int64(m.levels))
	if p.budget.Gaussian {
		shift := uint(65)
		if b.way.exponential(true) {
			shift += 2
		}
		x.Mul(x, each).Lsh(x, shift)
		x.Sqrt(x.Quo(x, square.Mul(square, by)))
	} else {
		x.Lsh(x, 32)
		x.Quo(x, l1.Mul(l1, by))
	}
	if x.Sign() == 0 {
		return m, glovebox.Invalid(p.budget.Field(), "is too small for a quantile over so many keys and records")
	}
	m.epsilon = new(big.Rat).SetFrac(x, new(big.Int).Lsh(big.NewInt(1), 32))
	m.exponential = b.way.exponential(p.budget.Gaussian)
	e, _ := m.epsilon.Float64()
	m.ranks = b.way.ranks(b.parts, float64(p.perKey)/e)
	return m, m.choices(b, uint64(p.perKey))
}

// choices makes the choices of a quantile for units of so many values of a key.
func (m *binMechanism) choices(b *binSet, values uint64) error {
	if b.way == bySplits {
		s, err := mechanism.NewSplits(b.parts, fractions, m.epsilon, values, b.n)
		m.splits = append(m.splits, s)
		return err
	}
	for i, part := range b.parts {
		if m.exponential {
			s, err := mechanism.NewSplits(b.parts[i:i+1], fractions, m.epsilon, values, b.n)
			if err != nil {
				return err
			}
			m.splits = append(m.splits, s)
			continue
		}
		q, err := mechanism.NewQuantile(new(big.Rat).SetFrac64(int64(part), fractions), m.epsilon, values)
		if err != nil {
			return err
		}
		m.quantiles = append(m.quantiles, q)
	}
	return nil
}

// find makes the choices: the points of all fractions, which do not fall.
func (m *binMechanism) find(counts []uint64, src *mechanism.Source) (points []int, err error) {
	for _, s := range m.splits {
		some, err := s.Find(counts, src)
		if err != nil {
			return nil, err
		}
		points = append(points, some...)
	}
	for _, q := range m.quantiles {
		at, err := q.Find(counts, src)
		if err != nil {
			return nil, err
		}
		points = append(points, at)
	}
	slices.Sort(points) // of choices on their own; a function of what they gave
	return points, nil
}

// figures appends the quantiles of key number i. Those that were chosen have no
// interval: see Figure.Ranks.
func (quantile) figures(r *releaser, x *metric, cells []Cell, i int) ([]Cell, error) {
	j := x.bins
	b, m := &r.Plan.bins[j], &r.budget.bins[j]
	least, most := b.edges[0], b.edges[len(b.edges)-1]
	counts := r.countsOf(j, i)
	if m.tree == nil {
		points := b.exact(counts)
		if !m.still {
			var err error
			if points, err = m.find(counts, r.src); err != nil {
				return nil, err
			}
		}
		for _, at := range points {
			v := b.edges[at] + 0
			cells = append(cells, Cell{v, v, v})
		}
		return cells, nil
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

// exact returns the points that hold the quantiles of counts.
func (b *binSet) exact(counts []uint64) (points []int) {
	total := uint64(0)
	for _, n := range counts {
		total += n
	}
	for _, part := range b.parts {
		at, upTo := len(counts)/2, uint64(0)
		for k, n := range counts {
			if upTo += n; upTo > 0 && upTo*fractions >= total*part {
				at = k
				break
			}
		}
		points = append(points, at)
	}
	return points
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

// errors says how many values an answer may lie off the wanted rank, with 95 %
// confidence; of several the one that may lie off most.
func (quantile) errors(p *Plan, m *metric, all map[string]Error) {
	if tree := p.budget.bins[m.bins].tree; tree != nil {
		all[m.Name] = Error{Ranks: tree.RankRadius()}
		return
	}
	all[m.Name] = Error{Ranks: slices.Max(p.quantileRanks(m.bins))}
}

// quantileRanks says that of each fraction, where they are chosen.
func (p *Plan) quantileRanks(j int) []float64 {
	e, _ := p.budget.bins[j].epsilon.Float64()
	return p.bins[j].way.bounds(&p.bins[j], float64(p.perKey)/e)
}

// markRanks says of the figures that are chosen how many ranks they may be off.
func (p *Plan) markRanks() {
	for j := range p.bins {
		if len(p.bins[j].parts) == 0 || p.budget.bins[j].tree != nil {
			continue
		}
		first := p.metrics[p.bins[j].metric].first
		for k, ranks := range p.quantileRanks(j) {
			p.figures[first+k].Ranks = math.Ceil(ranks)
		}
	}
}
