package fit

import (
	"strconv"
	"testing"

	"glovebox.example/glovebox"
)

// TestBinsOfEdges: a value written like the lower end of a bin is in that bin, and
// every whole number is in the bin whose range holds it.
func TestBinsOfEdges(t *testing.T) {
	number := func(i, places int) string {
		s := strconv.FormatInt(int64(i), 10)
		if places == 0 {
			return s
		}
		for len(s) < places+1 {
			s = "0" + s
		}
		return s[:len(s)-places] + "." + s[len(s)-places:]
	}
	for _, step := range []int{1, 7, 120, 365} {
		for places := range 4 {
			c, ok := newColumn(glovebox.Column{Type: glovebox.Float64, Min: "0", Max: glovebox.Bound(number(step*Ranges, places))})
			if !ok {
				t.Fatal("not fitted")
			}
			for b := range Ranges {
				v, err := strconv.ParseFloat(number(b*step, places), 64)
				if err != nil {
					t.Fatal(err)
				}
				if lo, _ := c.Range(b); lo != v || c.bin(v) != b {
					t.Fatalf("steps of %d/10^%d: %v is in bin %d, not %d, which begins at %v", step, places, v, c.bin(v), b, lo)
				}
			}
		}
	}
	for span := range 1000 {
		c, ok := newColumn(glovebox.Column{Type: glovebox.Int64, Min: "-31", Max: glovebox.Bound(strconv.Itoa(span - 31))})
		if !ok {
			t.Fatal("not fitted")
		}
		for x := -31; x <= span-31; x++ {
			if lo, hi := c.Range(c.bin(float64(x))); float64(x) < lo || float64(x) > hi {
				t.Fatalf("-31..%d: %d is in a bin of %v..%v", span-31, x, lo, hi)
			}
		}
	}
	if _, ok := newColumn(glovebox.Column{Type: glovebox.Int64, Min: "0", Max: "9007199254740993"}); ok {
		t.Error("numbers that a double cannot tell apart are fitted")
	}
}
