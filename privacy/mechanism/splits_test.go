package mechanism

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"glovebox.example/glovebox/privacy/internal/check"
)

// splitLaw is the law of all answers for values on places, by the definition of the
// documentation.
func splitLaw(s *Splits, places []uint64) map[string]float64 {
	law := map[string]float64{}
	answers := make([]int, len(s.nodes))
	type task struct{ node, from, to int }
	var walk func(p float64, todo []task)
	walk = func(p float64, todo []task) {
		if len(todo) == 0 {
			law[fmt.Sprint(answers)] += p
			return
		}
		k, rest := todo[0], todo[1:]
		n := &s.nodes[k.node]
		next := func(p float64, at int) {
			answers[n.answer] = at / s.places
			more := append([]task(nil), rest...)
			if n.left > 0 {
				more = append(more, task{n.left, k.from, at + 1})
			}
			if n.right > 0 {
				more = append(more, task{n.right, at + 1, k.to})
			}
			walk(p, more)
		}
		if k.from >= k.to {
			next(p, min(k.from, len(places)-1))
			return
		}
		rate, _ := n.Rate().Float64()
		total, below := 0.0, 0.0
		for _, c := range places[k.from:k.to] {
			total += float64(c)
		}
		weights, sum := make([]float64, k.to-k.from), 0.0
		for i, c := range places[k.from:k.to] {
			want := float64(n.a) * total
			low, high := float64(n.b)*below, float64(n.b)*(below+float64(c))
			weights[i] = math.Exp(rate * math.Min(want-low, high-want))
			sum += weights[i]
			below += float64(c)
		}
		for i, w := range weights {
			next(p*w/sum, k.from+i)
		}
	}
	walk(1, []task{{0, 0, len(places)}})
	return law
}

// scattered is the law where each value falls on one of its point's places.
func scattered(s *Splits, counts []uint64) map[string]float64 {
	law := map[string]float64{}
	places := make([]uint64, len(counts)*s.places)
	var put func(p float64, point int, left uint64)
	put = func(p float64, point int, left uint64) {
		switch {
		case left == 0 && point+1 == len(counts):
			for a, q := range splitLaw(s, places) {
				law[a] += p * q
			}
		case left == 0:
			put(p, point+1, counts[point+1])
		default:
			for k := range s.places {
				places[point*s.places+k]++
				put(p/float64(s.places), point, left-1)
				places[point*s.places+k]--
			}
		}
	}
	put(1, 0, counts[0])
	return law
}

// TestSplitsArePrivate computes the probabilities of all answers for every table
// of up to three values on three points and each of its neighbours, with one place
// for each point and with two: no quotient exceeds e to the epsilon of all levels,
// and some come within a quarter of it. Of a single choice, quotients of any two
// answers lie within one epsilon of one another, which is what its price in rho
// rests on.
func TestSplitsArePrivate(t *testing.T) {
	for _, parts := range [][]uint64{{5}, {2, 7}, {1, 5, 9}, {2, 4, 6, 8}} {
		for _, places := range []int{1, 2} {
			s := check.Must(NewSplits(parts, 10, big.NewRat(1, 2), 1, 3))
			s.places = places
			most, worst, widest := 0.5*float64(s.Levels()), 0.0, 0.0
			tables(3, 3, func(counts []uint64) {
				law := scattered(s, counts)
				for i := range counts {
					more := append([]uint64(nil), counts...)
					more[i]++
					other := scattered(s, more)
					low, high := math.Inf(1), math.Inf(-1)
					for a, p := range law {
						loss := math.Log(p / other[a])
						low, high = math.Min(low, loss), math.Max(high, loss)
					}
					worst, widest = math.Max(worst, math.Max(high, -low)), math.Max(widest, high-low)
				}
			})
			if worst > most*(1+1e-9) || worst < most/4 || len(parts) == 1 && widest > most*(1+1e-9) {
				t.Errorf("%v of 10, %d places: the worst loss is %v, losses are %v apart, %v is paid for", parts, places, worst, widest, most)
			}
		}
	}
}

// TestSplitsLaw compares 200,000 answers with their law. (Each of some 60 counts is
// missed by more than 6 deviations with a probability below 2e-9.)
func TestSplitsLaw(t *testing.T) {
	const draws = 200_000
	for _, places := range []int{1, 3} {
		s := check.Must(NewSplits([]uint64{3, 5, 8}, 10, big.NewRat(1, 1), 1, 4))
		s.places = places
		counts := []uint64{2, 0, 1, 1}
		law, src := scattered(s, counts), check.Must(NewSource())
		got := map[string]int{}
		for range draws {
			got[fmt.Sprint(check.Must(s.Find(counts, src)))]++
		}
		for a, n := range got {
			if law[a] == 0 {
				t.Fatalf("answer %s has no probability, and came %d times", a, n)
			}
		}
		for a, p := range law {
			if off := math.Abs(float64(got[a]) - p*draws); off > 6*math.Sqrt(p*draws)+6 {
				t.Errorf("%d places: answer %s came %d times of %d, its probability is %v", places, a, got[a], draws, p)
			}
		}
	}
}

// TestSplitsOfEqualValues: where half of the values are equal, those above get
// their own ranks. 40 quartiles of 100,000 values at epsilon 1 a level are off by
// more than 300 of them, or by one in 1024 of the equal ones, with a probability
// below 1e-9.
func TestSplitsOfEqualValues(t *testing.T) {
	counts := make([]uint64, 101)
	counts[0] = 50_000
	for i := 1; i <= 100; i++ {
		counts[i] = 500
	}
	s, src := check.Must(NewSplits([]uint64{25, 50, 75}, 100, big.NewRat(1, 1), 1, 101)), check.Must(NewSource())
	for range 40 {
		if got := check.Must(s.Find(counts, src)); got[0] != 0 || got[1] > 1 || got[2] < 49 || got[2] > 51 {
			t.Fatalf("quartiles %v, not 0, 0 and 50", got)
		}
	}
}

// TestSplitsRefuse: what is out of range, and counts of another grid.
func TestSplitsRefuse(t *testing.T) {
	one := big.NewRat(1, 1)
	for _, c := range []struct {
		parts  []uint64
		whole  uint64
		values uint64
		points int
	}{{nil, 10, 1, 5}, {[]uint64{0}, 10, 1, 5}, {[]uint64{10}, 10, 1, 5}, {[]uint64{5, 5}, 10, 1, 5}, {[]uint64{5}, 10, 0, 5}, {[]uint64{5}, 10, 1, 0}, {[]uint64{5}, 1 << 20, 1, 5}} {
		if _, err := NewSplits(c.parts, c.whole, one, c.values, c.points); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	s, src := check.Must(NewSplits([]uint64{5}, 10, one, 1, 3)), check.Must(NewSource())
	for _, counts := range [][]uint64{{1, 2}, {1 << 46, 0, 0}} {
		if _, err := s.Find(counts, src); err == nil {
			t.Errorf("%v are accepted", counts)
		}
	}
	for _, counts := range [][]uint64{{0, 0, 0}, {0, 0, 1 << 44}} { // and these end
		if got := check.Must(s.Find(counts, src)); got[0] < 0 || got[0] > 2 {
			t.Errorf("%v", got)
		}
	}
}
