package fit

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

// format names the form of encoded models.
const format = "glovebox-fit/1"

// MaxModel is the largest encoded model, in bytes.
const MaxModel = 64 << 20

// Model is a fit: noisy counts, which may be shown to anybody.
type Model struct {
	Format  string    `json:"format"`
	Columns []string  `json:"columns"`
	Single  [][]int64 `json:"single"` // by column: of its bins
	Tree    []Edge    `json:"tree"`
}

// Edge is a pair of columns of the tree.
type Edge struct {
	I     int     `json:"i"` // numbers of the columns, i < j
	J     int     `json:"j"`
	Pairs []int64 `json:"pairs"` // of bin a of i and b of j at a*bins(j)+b
}

// New measures counts, which Add made, for the price that m shares out.
func New(l *Layout, counts []uint64, m *privacy.Marginals, src *mechanism.Source) (*Model, error) {
	if len(counts) != l.size {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the counts are of another layout")
	}
	n := len(l.Columns)
	out := &Model{Format: format, Columns: l.Names(), Tree: []Edge{}}
	noisy := m.Single(counts[:singles(l)], src)
	for i := range l.Columns {
		c := &l.Columns[i]
		out.Single = append(out.Single, noisy[c.from:c.from+c.Bins])
	}
	if n == 1 {
		return out, nil
	}
	tree, err := m.Tree(func(i, j int) int64 { return out.distance(l, counts, i, j) }, src)
	if err != nil {
		return nil, err
	}
	var all []uint64
	for _, p := range tree {
		at := l.pair(p[0], p[1])
		all = append(all, counts[at:at+l.Columns[p[0]].Bins*l.Columns[p[1]].Bins]...)
	}
	pairs := m.Paired(all, src)
	for _, p := range tree {
		k := l.Columns[p[0]].Bins * l.Columns[p[1]].Bins
		out.Tree = append(out.Tree, Edge{p[0], p[1], pairs[:k:k]})
		pairs = pairs[k:]
	}
	return out, nil
}

// singles is how many counts are of single columns.
func singles(l *Layout) int {
	last := l.Columns[len(l.Columns)-1]
	return last.from + last.Bins
}

// distance is how far the counts of a pair lie from what the noisy counts of
// its columns let expect, in whole units: the sum of absolute differences. One
// unit changes one count of the pair by one, and nothing else of this, for the
// rest is noisy already.
func (m *Model) distance(l *Layout, counts []uint64, i, j int) int64 {
	total := m.total(i)
	at, sum := l.pair(i, j), int64(0)
	for a := range m.Single[i] {
		for b := range m.Single[j] {
			expect := int64(0)
			if total > 0 {
				expect = int64(float64(max(0, m.Single[i][a])) / float64(total) * float64(max(0, m.Single[j][b])))
			}
			d := int64(counts[at+a*len(m.Single[j])+b]) - expect
			sum += max(d, -d)
		}
	}
	return sum
}

// total is the sum of a column's counts that are above zero.
func (m *Model) total(i int) (n int64) {
	for _, c := range m.Single[i] {
		n += max(0, c)
	}
	return n
}

// Encode returns a model's bytes.
func (m *Model) Encode() ([]byte, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a fit cannot be encoded")
	}
	return b, nil
}

// Decode reads a model of a record's layout.
func Decode(p []byte, l *Layout) (*Model, error) {
	var m Model
	d := json.NewDecoder(bytes.NewReader(p))
	d.DisallowUnknownFields()
	bad := func() (*Model, error) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "this is no fit of this record")
	}
	if len(p) > MaxModel || d.Decode(&m) != nil || m.Format != format || !slices.Equal(m.Columns, l.Names()) || len(m.Columns) == 0 {
		return bad()
	}
	if _, err := d.Token(); err != io.EOF {
		return bad()
	}
	n := len(l.Columns)
	if len(m.Single) != n || len(m.Tree) != n-1 {
		return bad()
	}
	joined := map[int]int{}
	for i := range n {
		joined[i] = i
		if len(m.Single[i]) != l.Columns[i].Bins {
			return bad()
		}
	}
	for _, e := range m.Tree {
		if e.I < 0 || e.J <= e.I || e.J >= n || joined[e.I] == joined[e.J] || len(e.Pairs) != l.Columns[e.I].Bins*l.Columns[e.J].Bins {
			return bad()
		}
		from, to := joined[e.J], joined[e.I]
		for i, g := range joined {
			if g == from {
				joined[i] = to
			}
		}
	}
	return &m, nil
}
