package sandbox

import (
	"testing"

	"glovebox.example/glovebox"
)

// TestRatesCount: the bound counts each page that a unit can touch and put back,
// the stack that its fuel can grow, and a load for each fuel; TestEvilSuite
// holds modules to it.
func TestRatesCount(t *testing.T) {
	pages, loads := Rates{Page: 1}, Rates{Load: 1}
	if got := pages.Unit(0, 64) - pages.Unit(0, 0); got != 64*16*touchesOfPage {
		t.Errorf("64 pages of memory count as %v touches", got)
	}
	if got := pages.Unit(1<<40, 0) - pages.Unit(0, 0); got != stackPages*touchesOfPage {
		t.Errorf("the deepest stack counts as %v touches", got)
	}
	if got := loads.Unit(1000, 64); got != 1000*loadsPerFuel {
		t.Errorf("1,000 fuel count as %v loads", got)
	}
	r, err := MeasureRates(4)
	if err != nil || r.Load <= 0 || r.Page <= 0 {
		t.Errorf("%+v %v", r, err)
	}
	for _, n := range []int{0, -1, 1025} {
		if _, err := MeasureRates(n); glovebox.CodeOf(err) != glovebox.CodeInternal {
			t.Errorf("%d pages: %v", n, err)
		}
	}
}
