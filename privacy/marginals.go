package privacy

import (
	"math"
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Marginals measures how columns are distributed, alone and in pairs along a
// tree, for one price: the measurements of MST (McKenna, Miklau and Sheldon,
// "Winning the NIST Contest", 2021). A third of the price goes to the counts
// of every column's bins, a third to the choice of the tree's pairs, a third
// to the counts of their pairs of bins; what does not divide goes to the last.
// With one column all of it goes to its counts.
//
// Neighbours differ by one unit added or removed. A unit has to be in exactly
// one bin of each column. Then all three together are epsilon-differentially
// private (kind pure: discrete Laplace noise) or rho-zero-concentrated
// differentially private (kind zcdp: discrete Gaussian noise; a choice that is
// e-differentially private is (e^2/2)-zCDP, Bun and Steinke 2016).
type Marginals struct {
	columns        int
	single, paired mechanism.Sampler
	choice         *mechanism.Chooser
}

// NewMarginals shares out a price; loss is in billionths of epsilon or rho,
// columns is how many there are, at least 1.
func NewMarginals(kind glovebox.LedgerKind, loss int64, columns int) (*Marginals, error) {
	if columns < 1 || loss < int64(3*columns) || (kind != glovebox.LedgerPure && kind != glovebox.LedgerZCDP) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the price of a fit is not above 0, or is too small for %d columns", columns)
	}
	b := bill.Of(kind, loss)
	m := &Marginals{columns: columns}
	first := loss
	if columns > 1 {
		first = loss / 3
	}
	var err error
	if m.single, err = b.Noise(first, columns, 1); err != nil || columns == 1 {
		return m, err
	}
	// One choice for each pair of the tree.
	each := (loss / 3) / int64(columns-1)
	if b.Gaussian {
		// The largest whole number of billionths e with e^2/2 <= rho.
		square := new(big.Int).Mul(big.NewInt(2*each), big.NewInt(1e9))
		each = square.Sqrt(square).Int64()
	}
	// A unit more moves one count by one, and with it the distance of a pair of
	// columns from its estimate by at most one, up or down.
	if m.choice, err = mechanism.NewChooser(big.NewRat(each, 1e9), 1, false); err != nil {
		return nil, err
	}
	m.paired, err = b.Noise(loss-2*(loss/3), columns-1, 1)
	return m, err
}

// Single returns the counts of all columns' bins with noise.
func (m *Marginals) Single(counts []uint64, src *mechanism.Source) []int64 {
	return noisy(m.single, counts, src)
}

// Paired returns the counts of the tree's pairs of bins with noise.
func (m *Marginals) Paired(counts []uint64, src *mechanism.Source) []int64 {
	return noisy(m.paired, counts, src)
}

func noisy(s mechanism.Sampler, counts []uint64, src *mechanism.Source) []int64 {
	out := make([]int64, len(counts))
	for i, c := range counts {
		n := s.Draw(src).Add(mechanism.Int128{Lo: c})
		v, fits := n.Int64()
		if !fits {
			v = math.MaxInt64
			if n.Hi < 0 {
				v = math.MinInt64
			}
		}
		out[i] = v
	}
	return out
}

// Tree chooses pairs of columns that join all of them: in each round one of
// those that join what is not joined yet, by how far the pair's true counts
// lie from what its columns alone let expect. distance gives that for i < j as
// a whole number that one unit changes by at most 1.
func (m *Marginals) Tree(distance func(i, j int) int64, src *mechanism.Source) ([][2]int, error) {
	group := make([]int, m.columns)
	for i := range group {
		group[i] = i
	}
	var tree [][2]int
	for len(tree) < m.columns-1 {
		var pairs [][2]int
		var far []int64
		for i := range group {
			for j := i + 1; j < len(group); j++ {
				if group[i] != group[j] {
					pairs, far = append(pairs, [2]int{i, j}), append(far, distance(i, j))
				}
			}
		}
		n, err := m.choice.Choose(far, src)
		if err != nil {
			return nil, err
		}
		p := pairs[n]
		tree = append(tree, p)
		from, to := group[p[1]], group[p[0]]
		for i := range group {
			if group[i] == from {
				group[i] = to
			}
		}
	}
	return tree, nil
}
