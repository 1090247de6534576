package mechanism

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// exactTree is a tree whose noise is too small to occur: scale 1/500 is zero but
// for a chance of 2*exp(-500).
func exactTree(branching, height int) *Tree {
	return check.Must(NewLaplaceTree(branching, height, new(big.Rat).SetInt64(int64(500*height)), 1, 1))
}

// TestTreeWithoutNoise: with noise that does not occur, the answers are the
// quantiles themselves.
func TestTreeWithoutNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	s := check.Must(NewSource())
	for _, shape := range [][2]int{{2, 6}, {4, 3}, {16, 2}, {256, 1}, {3, 4}} {
		tree := exactTree(shape[0], shape[1])
		counts := make([]uint64, tree.Leaves())
		n := 0
		for range 500 {
			i := r.IntN(len(counts)) * r.IntN(2)
			counts[i]++
			n++
		}
		for _, q := range []float64{0, 0.01, 0.25, 0.5, 0.77, 0.999, 1} {
			got := check.Must(tree.Quantiles(counts, []float64{q}, s))[0]
			low, rank := 0.0, q*float64(n)
			for i, c := range counts {
				if c > 0 && (rank <= low+float64(c) || low+float64(c) == float64(n)) {
					if want := float64(i) + (rank-low)/float64(c); math.Abs(got-want) > 1e-6 {
						t.Errorf("%v: quantile %v is %v, want %v", shape, q, got, want)
					}
					break
				}
				low += float64(c)
			}
		}
	}
}

// TestTreeIsMonotone: whatever the noise, a higher fraction has no lower answer,
// and answers lie in the range.
func TestTreeIsMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 44))
	s := check.Must(NewSource())
	for i := range 300 {
		tree := check.Must(NewLaplaceTree(2+r.IntN(6), 3, big.NewRat(1, 1+r.Int64N(20)), 1, 1))
		if i%2 == 1 {
			tree = check.Must(NewTree(2+r.IntN(6), 3, check.Must(NewGaussian(big.NewRat(1+r.Int64N(10_000), 1)))))
		}
		counts := make([]uint64, tree.Leaves())
		for j := range counts {
			counts[j] = r.Uint64N(1 + r.Uint64N(20))
		}
		at := make([]float64, 40)
		for j := range at {
			at[j] = r.Float64()
		}
		at[0], at[1] = 0, 1
		got := check.Must(tree.Quantiles(counts, at, s))
		order := make([]int, len(at))
		for j := range order {
			order[j] = j
		}
		slices.SortFunc(order, func(a, b int) int {
			if at[a] < at[b] {
				return -1
			}
			return 1
		})
		last := 0.0
		for _, j := range order {
			if !(got[j] >= last-1e-9 && got[j] <= float64(tree.Leaves())) {
				t.Fatalf("at %v: %v after %v of %d leaves", at[j], got[j], last, tree.Leaves())
			}
			last = got[j]
		}
	}
}

// TestTreeNoise holds the noise of a node to what one unit can change: keys
// trees of height levels, values on each.
func TestTreeNoise(t *testing.T) {
	l := check.Must(NewLaplaceTree(16, 4, big.NewRat(1, 2), 3, 5))
	if got := l.noise.(*Laplace).Scale(); got.Cmp(big.NewRat(3*4*5*2, 1)) != 0 {
		t.Errorf("scale %v", got)
	}
	// Two values on different leaves change every level by at most 2.
	a, b := make([]uint64, 81), make([]uint64, 81)
	b[3], b[80] = 1, 1
	for span := 27; span >= 1; span /= 3 {
		change := uint64(0)
		for at := 0; at < 81; at += span {
			for i := at; i < at+span; i++ {
				change += b[i] - a[i]
			}
		}
		if change != 2 {
			t.Errorf("nodes of %d leaves change by %d", span, change)
		}
	}
}

// TestTreeAccuracy: the rank of an answer is off by less than a bound that the
// noise exceeds with a chance far below 1e-9: every level adds the noise of at
// most 16 nodes, each shifted and pooled, of scale 4; 4 levels of 16 draws of
// at most 40 scales each.
func TestTreeAccuracy(t *testing.T) {
	s := check.Must(NewSource())
	tree := check.Must(NewLaplaceTree(DefaultBranching, DefaultHeight, big.NewRat(1, 1), 1, 1))
	counts := make([]uint64, tree.Leaves())
	for i := range counts {
		counts[i] = 10
	}
	n := 10 * float64(tree.Leaves())
	for range 20 {
		at := []float64{0.1, 0.5, 0.9}
		for i, x := range check.Must(tree.Quantiles(counts, at, s)) {
			if off := math.Abs(x*10 - at[i]*n); off > 4*16*4*40 {
				t.Errorf("quantile %v is off by %v ranks of %v", at[i], off, n)
			}
		}
	}
}

func TestIsotonic(t *testing.T) {
	for _, c := range [][2][]float64{
		{{1, 2, 3}, {1, 2, 3}},
		{{3, 1}, {2, 2}},
		{{1, 5, 3, 1, 7}, {1, 3, 3, 3, 7}},
		{{4, 3, 2, 1}, {2.5, 2.5, 2.5, 2.5}},
		{nil, nil},
	} {
		v := append([]float64(nil), c[0]...)
		if isotonic(v); !slices.Equal(v, c[1]) {
			t.Errorf("%v became %v, want %v", c[0], v, c[1])
		}
	}
}

func TestTreeParameters(t *testing.T) {
	one := big.NewRat(1, 1)
	for _, f := range []func() (*Tree, error){
		func() (*Tree, error) { return NewLaplaceTree(1, 4, one, 1, 1) },
		func() (*Tree, error) { return NewLaplaceTree(16, 0, one, 1, 1) },
		func() (*Tree, error) { return NewLaplaceTree(16, 6, one, 1, 1) },
		func() (*Tree, error) { return NewLaplaceTree(16, 4, new(big.Rat), 1, 1) },
		func() (*Tree, error) { return NewLaplaceTree(16, 4, nil, 1, 1) },
		func() (*Tree, error) { return NewLaplaceTree(16, 4, one, 0, 1) },
		func() (*Tree, error) { return NewLaplaceTree(16, 4, one, 1, MaxChanged+1) },
	} {
		_, err := f()
		check.Code(t, "tree", err, glovebox.CodeInvalid)
	}
	tree := exactTree(2, 2)
	s := check.Must(NewSource())
	_, err := tree.Quantiles(make([]uint64, 3), []float64{0.5}, s)
	check.Code(t, "counts", err, glovebox.CodeInternal)
	_, err = tree.Quantiles(make([]uint64, 4), []float64{math.NaN()}, s)
	check.Code(t, "fraction", err, glovebox.CodeInvalid)
}
