package fit

import (
	"math"
	"slices"
)

// Rounds of the two iterations, at most.
const (
	maxProjections = 200
	maxRakings     = 200
)

// estimate makes distributions of a model's noisy counts, which is free: counts of
// single columns that are none below zero and add up to the same total for every
// column, and counts of pairs that agree with those of their columns. It is the
// inference of private-PGM (McKenna, Sheldon and Miklau, "Graphical-Model Based
// Estimation and Inference for Differential Privacy", 2019) in two steps: columns
// first, which have the less noise, then each pair by itself, for along a tree pairs
// depend on one another through their columns alone.
func (m *Model) estimate() (single, pairs [][]float64) {
	total := m.units()
	for _, counts := range m.Single {
		single = append(single, simplex(counts, total))
	}
	for i := range m.Tree {
		e := &m.Tree[i]
		pairs = append(pairs, joined(e.Pairs, single[e.I], single[e.J]))
	}
	return single, pairs
}

// count is a noisy count, brought within what floats tell apart by one.
func count(c int64) float64 { return float64(min(max(c, -1<<50), 1<<50)) }

// units estimates how many units there are: the mean of the columns' totals, each
// weighed by how much noise adds up in it.
func (m *Model) units() float64 {
	sum, weight := 0.0, 0.0
	for _, counts := range m.Single {
		total, w := 0.0, 1/float64(len(counts))
		for _, c := range counts {
			total += count(c)
		}
		part := w * total
		sum, weight = sum+part, weight+w
	}
	return math.Max(sum/weight, 1)
}

// simplex returns the numbers that are nearest to counts, in squares, of those that
// are not below zero and add up to a total: all counts less one and the same number,
// where that is above zero. Noise alone then leaves nothing where nobody is, but for
// the largest of it.
func simplex(counts []int64, total float64) []float64 {
	sorted := make([]float64, len(counts))
	for i, c := range counts {
		sorted[i] = count(c)
	}
	slices.SortFunc(sorted, func(a, b float64) int {
		if a > b {
			return -1
		}
		if a < b {
			return 1
		}
		return 0
	})
	sum, less := 0.0, math.Inf(-1)
	for i, v := range sorted {
		sum += v
		if t := (sum - total) / float64(i+1); v > t {
			less = t
		}
	}
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = math.Max(count(c)-less, 0)
	}
	return out
}

// joined returns a table that agrees with its rows' and columns' totals, near the
// noisy one: the nearest in squares without cells below zero (by Dykstra's
// alternating projections), raked until its totals are right to a millionth
// (iterative proportional fitting).
func joined(noisy []int64, rows, columns []float64) []float64 {
	n, k := len(rows), len(columns)
	t := &cross{cells: make([]float64, n*k), rows: rows, columns: columns, inRow: make([]float64, n), inColumn: make([]float64, k)}
	total := 0.0
	for _, r := range rows {
		total += r
	}
	left := make([]float64, n*k)
	for i, c := range noisy {
		t.cells[i] = count(c)
	}
	for range maxProjections {
		t.sum()
		if t.off() < total*1e-4 && !slices.ContainsFunc(t.cells, func(x float64) bool { return x < 0 }) {
			break
		}
		t.meet()
		for i, x := range t.cells {
			y := x + left[i]
			t.cells[i] = math.Max(y, 0)
			left[i] = y - t.cells[i]
		}
	}
	// A row or a column that has units keeps some in each cell, or it could not be
	// raked to them.
	for i, r := range rows {
		for j, c := range columns {
			some := 1e-6 * r / total * c
			t.cells[i*k+j] = math.Max(t.cells[i*k+j], some)
		}
	}
	for range maxRakings {
		t.sum()
		if t.off() < total*1e-6 {
			break
		}
		t.scale(true)
		t.sum()
		t.scale(false)
	}
	return t.cells
}

// cross is a table of two columns' bins.
type cross struct {
	cells           []float64
	rows, columns   []float64 // what cells are to add up to
	inRow, inColumn []float64 // what they do
}

// sum adds the cells up.
func (t *cross) sum() {
	clear(t.inRow)
	clear(t.inColumn)
	k := len(t.columns)
	for i := range t.rows {
		for j := range t.columns {
			x := t.cells[i*k+j]
			t.inRow[i] += x
			t.inColumn[j] += x
		}
	}
}

// off is by how much the totals of rows and columns are wrong together.
func (t *cross) off() (sum float64) {
	for i, r := range t.rows {
		sum += math.Abs(r - t.inRow[i])
	}
	for j, c := range t.columns {
		sum += math.Abs(c - t.inColumn[j])
	}
	return sum
}

// meet goes to the nearest table, in squares, whose totals are right.
func (t *cross) meet() {
	n, k := float64(len(t.rows)), float64(len(t.columns))
	all := 0.0
	for i, r := range t.rows {
		all += r - t.inRow[i]
	}
	for i, r := range t.rows {
		row := (r - t.inRow[i]) / k
		for j, c := range t.columns {
			column := (c - t.inColumn[j]) / n
			t.cells[i*len(t.columns)+j] += row + column - all/n/k
		}
	}
}

// scale multiplies rows, or columns, so that their totals are right.
func (t *cross) scale(rows bool) {
	k := len(t.columns)
	for i, r := range t.rows {
		for j, c := range t.columns {
			want, is := c, t.inColumn[j]
			if rows {
				want, is = r, t.inRow[i]
			}
			if is > 0 {
				factor := want / is
				t.cells[i*k+j] *= factor
			}
		}
	}
}
