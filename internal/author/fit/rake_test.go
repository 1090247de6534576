package fit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

// skewed are counts of n units in three columns of 32, 33 and 20 bins: incomes,
// most of them low, an age that goes with them, and a place.
func skewed(l *Layout, n int) []uint64 {
	r := rand.New(rand.NewPCG(3, 5))
	counts := make([]uint64, l.size)
	for range n {
		income := min(31, int(math.Exp(1+0.9*r.NormFloat64())))
		age := min(31, max(0, income+int(6*r.NormFloat64())+8))
		if r.IntN(10) == 0 {
			age = 32
		}
		bins := []int{income, age, r.IntN(5) * r.IntN(5)}
		for i, b := range bins {
			counts[l.Columns[i].from+b]++
			for j := i + 1; j < len(bins); j++ {
				counts[l.pair(i, j)+b*l.Columns[j].Bins+bins[j]]++
			}
		}
	}
	return counts
}

func skewedLayout() *Layout {
	list := make([]string, 20)
	for i := range list {
		list[i] = fmt.Sprint(i)
	}
	return NewLayout(&glovebox.Dataset{Columns: []glovebox.Column{
		{Name: "income", Type: glovebox.Float64, Min: "0", Max: "800000"},
		{Name: "age", Type: glovebox.Int32, Min: "0", Max: "127", Nullable: true},
		{Name: "place", Type: glovebox.String, Values: list},
	}})
}

// drawnAs is the distribution that a drawer draws a column with, or a pair of
// columns that are neighbours in its tree: by its weights, not by drawing.
func drawnAs(d *Drawer) (single map[int][]float64, pairs map[[2]int][]float64) {
	single, pairs = map[int][]float64{}, map[[2]int][]float64{}
	share := func(w []int64) []float64 {
		total := 0.0
		for _, x := range w {
			total += float64(x)
		}
		out := make([]float64, len(w))
		for i, x := range w {
			out[i] = float64(x) / total
		}
		return out
	}
	for _, s := range d.steps {
		n := d.bins[s.column]
		if s.given < 0 {
			single[s.column] = share(s.weights)
			continue
		}
		of := make([]float64, n)
		table := make([]float64, n*d.bins[s.given])
		for a, p := range single[s.given] {
			w := s.weights[a*n : (a+1)*n]
			if slices.Max(w) == 0 {
				w = s.own
			}
			for b, q := range share(w) {
				of[b] += p * q
				if s.given < s.column {
					table[a*n+b] = p * q
				} else {
					table[b*d.bins[s.given]+a] = p * q
				}
			}
		}
		single[s.column] = of
		pairs[[2]int{min(s.given, s.column), max(s.given, s.column)}] = table
	}
	return single, pairs
}

// distance is the total variation between a distribution and counts.
func distance(p []float64, counts []uint64) float64 {
	total, sum := 0.0, 0.0
	for _, c := range counts {
		total += float64(c)
	}
	for i, c := range counts {
		sum += math.Abs(p[i]-float64(c)/total) / 2
	}
	return sum
}

// asTheyAre is how rows were drawn once: noisy counts, those below zero as none.
func asTheyAre(m *Model) *Drawer {
	d := &Drawer{}
	positive := func(counts []int64) []float64 {
		out := make([]float64, len(counts))
		for i, c := range counts {
			out[i] = math.Max(float64(c), 0)
		}
		return out
	}
	var single [][]float64
	for _, s := range m.Single {
		single, d.bins = append(single, positive(s)), append(d.bins, len(s))
	}
	d.steps = []step{{column: 0, given: -1, weights: weights(single[0])}}
	for _, like := range NewDrawer(m).steps[1:] {
		for _, e := range m.Tree {
			if e.I == min(like.column, like.given) && e.J == max(like.column, like.given) {
				d.steps = append(d.steps, conditional(like.column, like.given, positive(e.Pairs), single, like.given == e.I))
			}
		}
	}
	return d
}

// TestFitKeepsSingleColumns: at prices where the noise on pairs drowns them, every
// column is drawn as its own noisy counts have it, off by what the noise on its n
// bins adds up to: a magnitude of less than sigma each, and 8 deviations of their
// sum, which chance exceeds with a probability below 1e-12. (Half of the sum is the
// total variation; bringing counts to their total can double it.) Pairs are nearer
// to the data than they were without estimation.
func TestFitKeepsSingleColumns(t *testing.T) {
	const units = 2000
	l := skewedLayout()
	counts := skewed(l, units)
	for _, rho := range []float64{0.05, 0.5} {
		loss := int64(rho * 1e9)
		m, err := privacy.NewMarginals(glovebox.LedgerZCDP, loss, len(l.Columns))
		if err != nil {
			t.Fatal(err)
		}
		sigma := math.Sqrt(3 / (2 * rho / 3)) // of three columns, for a third of the price
		model, err := New(l, counts, m, mechanism.SeededSource([32]byte{byte(100 * rho)}))
		if err != nil {
			t.Fatal(err)
		}
		single, pairs := drawnAs(NewDrawer(model))
		_, before := drawnAs(asTheyAre(model))
		for i, p := range single {
			n := float64(l.Columns[i].Bins)
			most := (n + 8*math.Sqrt(n)) * sigma / units
			if off := distance(p, counts[l.Columns[i].from:][:l.Columns[i].Bins]); off > most {
				t.Errorf("rho %v: %s is off by %.3f, the noise by %.3f at most", rho, l.Columns[i].Name, off, most)
			}
			if want := simplex(model.Single[i], model.units()); distanceOf(p, want) > 1e-3 {
				t.Errorf("rho %v: %s is not drawn as its own counts have it, off by %v", rho, l.Columns[i].Name, distanceOf(p, want))
			}
		}
		for at, p := range pairs {
			of := counts[l.pair(at[0], at[1]):][:l.Columns[at[0]].Bins*l.Columns[at[1]].Bins]
			if now, was := distance(p, of), distance(before[at], of); now > was {
				t.Errorf("rho %v: pair %v is off by %.3f, by %.3f without estimation", rho, at, now, was)
			} else {
				t.Logf("rho %v: pair %v is off by %.3f, by %.3f without estimation", rho, at, now, was)
			}
		}
	}
}

func distanceOf(p, q []float64) (sum float64) {
	total := 0.0
	for _, x := range q {
		total += x
	}
	for i := range p {
		sum += math.Abs(p[i]-q[i]/total) / 2
	}
	return sum
}

// TestFitMean: the mean income of what is drawn is near the data's, at a price
// where it was many times as high: few have high incomes, and noise on pairs put
// people into all bins alike.
func TestFitMean(t *testing.T) {
	l := skewedLayout()
	counts := skewed(l, 2000)
	mean := func(weight func(b int) float64) float64 {
		sum, all := 0.0, 0.0
		for b := range Ranges {
			sum, all = sum+weight(b)*(float64(b)+0.5), all+weight(b)
		}
		return sum / all
	}
	want := mean(func(b int) float64 { return float64(counts[b]) })
	m, err := privacy.NewMarginals(glovebox.LedgerZCDP, 5e7, len(l.Columns))
	if err != nil {
		t.Fatal(err)
	}
	model, err := New(l, counts, m, mechanism.SeededSource([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	for root := range 3 { // whichever column rows begin with
		perm := rooted(model, root)
		single, _ := drawnAs(NewDrawer(perm))
		at := slices.Index(perm.Columns, "income")
		if got := mean(func(b int) float64 { return single[at][b] }); math.Abs(got/want-1) > 0.35 {
			t.Errorf("from column %d: mean %.2f bins, the data %.2f", root, got, want)
		}
	}
}

// rooted puts another column of a model first.
func rooted(m *Model, root int) *Model {
	to := make([]int, len(m.Single)) // where column i goes
	for i := range to {
		to[i] = (i - root + len(to)) % len(to)
	}
	out := &Model{Columns: make([]string, len(to)), Single: make([][]int64, len(to))}
	for i := range to {
		out.Columns[to[i]], out.Single[to[i]] = m.Columns[i], m.Single[i]
	}
	for _, e := range m.Tree {
		f := Edge{to[e.I], to[e.J], e.Pairs}
		if f.I > f.J {
			n, k := len(m.Single[e.I]), len(m.Single[e.J])
			f = Edge{f.J, f.I, make([]int64, n*k)}
			for a := range n {
				for b := range k {
					f.Pairs[b*n+a] = e.Pairs[a*k+b]
				}
			}
		}
		out.Tree = append(out.Tree, f)
	}
	return out
}

// TestEstimateOfNothing: models of noise alone, and of counts as large as they can
// be, give distributions.
func TestEstimateOfNothing(t *testing.T) {
	for _, x := range []int64{-5, 0, math.MaxInt64, math.MinInt64} {
		m := &Model{Single: [][]int64{{x, x}, {x, 3, x}}, Tree: []Edge{{0, 1, []int64{x, x, x, x, 1, x}}}}
		single, pairs := m.estimate()
		for _, p := range append(single, pairs...) {
			sum := 0.0
			for _, v := range p {
				if !(v >= 0) || math.IsInf(v, 0) {
					t.Fatalf("%d: %v", x, p)
				}
				sum += v
			}
			if !(sum > 0) {
				t.Errorf("%d: %v", x, p)
			}
		}
		bins := make([]int, 2)
		NewDrawer(m).Draw(bins, func(n uint64) uint64 { return n - 1 })
	}
}
