package console

import (
	"math"
	"net/http"
	"time"

	"glovebox.example/glovebox"
)

// galleryPage is every part of the design in every state, with made-up figures:
// what designers and tests look at.
type galleryPage struct {
	Tones    []string
	States   []string
	Interval *intervalChart
	Ranked   *intervalChart
	Heat     *heat
	Line     *lineChart
}

func gallery(v *view) error {
	p := &galleryPage{Tones: []string{"", "good", "wait", "bad", "brand"}, States: []string{"proposed", "granted", "refused", "charged", "running", "done", "pending", "approved", "exported", "active", "suspended", "withdrawn", "revoked"}}
	var pts, grid []reading
	var down, across []string
	towns := []string{"东岳路街道", "金湖街道", "还地桥镇", "保安镇", "刘仁八镇", "茗山乡"}
	for i, k := range towns {
		x := 10 + 14*float64(i)*math.Abs(math.Sin(float64(i)+1))
		pts = append(pts, reading{Key: k, V: round(x), Low: math.Max(0, round(x-9)), Top: round(x + 9), ClampedLow: x < 9})
		for j, a := range []string{"60–69", "70–79", "80+"} {
			down, across = append(down, k), append(across, a)
			grid = append(grid, reading{V: round(x + 5*float64(j)), Low: x, Top: x + 8})
		}
	}
	pts[1].Low, pts[1].ClampedLow = 0, true
	p.Interval, p.Ranked, p.Heat = intervals("people", pts, false), intervals("people", pts, true), heatOf("people", down, across, grid)
	now := v.c.o.Now()
	b := &budget{Balances: []glovebox.Balance{{Space: "s", Kind: glovebox.LedgerPure, Total: glovebox.Amount{Loss: 8e9}, Spent: glovebox.Amount{Loss: 5e9}}}}
	for i := range 5 {
		b.Charges = append(b.Charges, charge{Space: "s", Amount: glovebox.Amount{Loss: 1e9}, At: now.AddDate(0, 0, -60+12*i).UTC().Format(time.RFC3339)})
	}
	p.Line = v.spending(b, "s")
	v.Section = "gallery"
	v.show(http.StatusOK, "gallery", v.T("Gallery"), p)
	return nil
}
