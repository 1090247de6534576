package pipeline

import (
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
)

// TestPricesAreLookedForOnAGrid: the grid ascends, each number has at most three
// digits, and it ends with the largest price of a job.
func TestPricesAreLookedForOnAGrid(t *testing.T) {
	for i := 2; i <= last; i++ {
		n := grid(i)
		for n%10 == 0 {
			n /= 10
		}
		if grid(i) <= grid(i-1) || n > 999 {
			t.Fatalf("number %d is %d after %d", i, grid(i), grid(i-1))
		}
	}
	if grid(last) != 1e12 {
		t.Fatalf("the grid ends with %d", grid(last))
	}
}

// TestWantFindsTheLeastPrice: at the price that is offered what is wanted holds,
// and at the next lower one it does not, in every mode, for every kind of error.
func TestWantFindsTheLeastPrice(t *testing.T) {
	for name, x := range map[string]struct {
		make  func() (*domain.Domain, string)
		wants []string
	}{
		"map":    {func() (*domain.Domain, string) { return pumsDomain(t) }, []string{"people=±20@95%", "people=3", "income=±900@95%/500"}},
		"blocks": {func() (*domain.Domain, string) { return blocksDomain(t) }, []string{"median_income=5", "per_step=9"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, file := x.make()
			p := New(d, nil)
			r, err := p.prepare(t.Context(), submit(file), user(t, d, "wang"))
			if err != nil {
				t.Fatal(err)
			}
			defer r.close()
			for _, text := range x.wants {
				wants, err := ParseWants(text)
				if err != nil {
					t.Fatal(err)
				}
				rep, err := p.Check(t.Context(), submit(file), user(t, d, "wang").User, wants...)
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				w := rep.Wanted
				if w.Least == nil || w.Least.Errors[0].Within > wants[0].Within {
					t.Fatalf("%s: %+v", text, w.Least)
				}
				loss, err := glovebox.CeilLoss(max(w.Least.Epsilon, w.Least.Rho))
				if err != nil {
					t.Fatal(err)
				}
				below, err := p.offer(t.Context(), r, grid(sortedBy(func(i int) bool { return grid(i) >= loss }, last+1)-1), wants)
				if err != nil || below.Errors[0].Within <= wants[0].Within {
					t.Errorf("%s: a lower price does: %+v %v", text, below, err)
				}
				if w.Least.Fits != (w.Most == nil) {
					t.Errorf("%s: it fits: %v, and the most is %+v", text, w.Least.Fits, w.Most)
				}
			}
			if got := balance(t, d, r.Codes()[0]).Spent; got != (glovebox.Amount{}) {
				t.Errorf("it cost %v", got)
			}
		})
	}
}

// TestWantBeyondTheBudget: where the ledger does not hold the price, the most that
// it holds is said, and a run at that price goes well and leaves next to nothing.
func TestWantBeyondTheBudget(t *testing.T) {
	d, file := pumsDomain(t)
	p := New(d, nil)
	wants, err := ParseWants("people=±0.7")
	if err != nil {
		t.Fatal(err)
	}
	rep, err := p.Check(t.Context(), submit(file), user(t, d, "wang").User, wants...)
	if err != nil {
		t.Fatal(err)
	}
	w := rep.Wanted
	if w.Least == nil || w.Least.Fits || w.Most == nil || !w.Most.Fits || w.Most.Errors[0].Within <= 0.7 {
		t.Fatalf("%+v %+v", w.Least, w.Most)
	}
	r, err := p.prepare(t.Context(), submit(file), user(t, d, "wang"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	loss, err := glovebox.CeilLoss(max(w.Most.Epsilon, w.Most.Rho))
	if err != nil {
		t.Fatal(err)
	}
	if above, err := p.offer(t.Context(), r, grid(sortedBy(func(i int) bool { return grid(i) > loss }, last+1)), wants); err != nil || above.Fits {
		t.Errorf("a higher price fits, too: %+v %v", above, err)
	}
}

// TestWantsThatCannotBe: each is refused with what can be wanted.
func TestWantsThatCannotBe(t *testing.T) {
	for _, text := range []string{"people", "=3", "people=0", "people=-3", "people=nan", "people=inf", "people=3@90%", "people=3/0", "people=3/x", strings.Repeat("people=3\n", 65)} {
		if _, err := ParseWants(text); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	d, file := pumsDomain(t)
	p := New(d, nil)
	for text, says := range map[string]string{"persons=3": "has no figure", "income=3": "depends on how many units", "people=3/20": "does not depend"} {
		wants, err := ParseWants(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Check(t.Context(), submit(file), user(t, d, "wang").User, wants...); glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
