package console

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"glovebox.example/glovebox"
)

// Charts are drawn in SVG by templates; positions here are in its units.
const (
	chartWidth = 760.0
	keyWidth   = 170.0
	rowHeight  = 26.0
	maxPoints  = 40 // rows of one chart; the table beside it has all
)

// tick is a line of a scale with its label.
type tick struct {
	At    float64
	Label string
}

// point is one row of an interval chart.
type point struct {
	Key             string
	Value, Low, Top string // in words
	Y, X, X1, X2    float64
	// ClampedLow, ClampedTop: the interval ends where the declared range does.
	ClampedLow, ClampedTop bool
	v                      float64
}

// intervalChart shows a metric: a dot for each key, and how far the noise may have
// moved it.
type intervalChart struct {
	Metric, Title string
	W, H          float64
	Left, Right   float64
	Bottom        float64
	Points        []point
	Ticks         []tick
	Zero          float64 // where 0 is; below Left: not within
	More          int     // rows that are in the table alone
	Clamped       bool    // of some point
	Ranked        bool
}

// intervals lays a metric out, one row a key. from and to are the declared range.
func intervals(metric string, pts []reading, ranked bool) *intervalChart {
	c := &intervalChart{Metric: metric, W: chartWidth, Left: keyWidth, Right: chartWidth - 24, Ranked: ranked}
	if ranked {
		pts = slices.Clone(pts)
		slices.SortStableFunc(pts, func(a, b reading) int { return cmp.Compare(b.V, a.V) })
	}
	if len(pts) > maxPoints {
		c.More, pts = len(pts)-maxPoints, pts[:maxPoints]
	}
	if len(pts) == 0 {
		return nil
	}
	low, top := math.Inf(1), math.Inf(-1)
	for _, p := range pts {
		low, top = min(low, p.Low, p.V), max(top, p.Top, p.V)
	}
	if low > 0 && low < top/2 {
		low = 0
	}
	var from, to float64
	c.Ticks, from, to = scale(low, top)
	x := func(f float64) float64 { return round(c.Left + (f-from)/(to-from)*(c.Right-c.Left)) }
	for i := range c.Ticks {
		c.Ticks[i].At = x(c.Ticks[i].At)
	}
	c.Zero = -1
	if from <= 0 && to >= 0 {
		c.Zero = x(0)
	}
	for i, p := range pts {
		q := point{Key: p.Key, Value: number(p.V), Low: number(p.Low), Top: number(p.Top), Y: 20 + rowHeight*float64(i), X: x(p.V), X1: x(p.Low), X2: x(p.Top), ClampedLow: p.ClampedLow, ClampedTop: p.ClampedTop, v: p.V}
		c.Clamped = c.Clamped || p.ClampedLow || p.ClampedTop
		c.Points = append(c.Points, q)
	}
	c.Bottom = 20 + rowHeight*float64(len(pts)-1) + 16
	c.H = c.Bottom + 26
	return c
}

// reading is a released figure with its interval.
type reading struct {
	Key                    string
	V, Low, Top            float64
	ClampedLow, ClampedTop bool
}

// scale is a scale of round numbers that holds low and top.
func scale(low, top float64) (ticks []tick, from, to float64) {
	if top == low {
		top = low + 1
	}
	step := nice((top - low) / 6)
	from, to = math.Floor(low/step)*step, math.Ceil(top/step)*step
	for i := 0; i <= 20; i++ {
		at := from + float64(i)*step
		if at > to+step/2 {
			break
		}
		ticks = append(ticks, tick{at, number(math.Round(at/step) * step)})
	}
	return ticks, from, to
}

// nice is the next of 1, 2, 5, 10 times a power of ten.
func nice(f float64) float64 {
	if f <= 0 {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(f)))
	for _, m := range []float64{1, 2, 5} {
		if f <= m*p {
			return m * p
		}
	}
	return 10 * p
}

func round(f float64) float64 { return math.Round(f*10) / 10 }

// heat is a metric over two keys: a cell for each pair.
type heat struct {
	Metric string
	Across []string
	Rows   []heatRow
}

type heatRow struct {
	Key   string
	Cells []heatCell
}

type heatCell struct {
	Value, Half string // the figure, and half of its interval
	Level       int    // 0 to 5
	None        bool
}

// heatOf lays a metric out over two keys; nil where there are too many.
func heatOf(metric string, down, across []string, pts []reading) *heat {
	h := &heat{Metric: metric}
	rowsAt, colsAt := map[string]int{}, map[string]int{}
	low, top := math.Inf(1), math.Inf(-1)
	for i, p := range pts {
		if _, ok := rowsAt[down[i]]; !ok {
			rowsAt[down[i]] = len(h.Rows)
			h.Rows = append(h.Rows, heatRow{Key: down[i]})
		}
		if _, ok := colsAt[across[i]]; !ok {
			colsAt[across[i]] = len(h.Across)
			h.Across = append(h.Across, across[i])
		}
		low, top = min(low, p.V), max(top, p.V)
	}
	if len(h.Rows) > maxPoints || len(h.Across) > 12 {
		return nil
	}
	for i := range h.Rows {
		h.Rows[i].Cells = make([]heatCell, len(h.Across))
		for j := range h.Rows[i].Cells {
			h.Rows[i].Cells[j].None = true
		}
	}
	for i, p := range pts {
		level := 0
		if top > low {
			level = min(5, int((p.V-low)/(top-low)*6))
		}
		h.Rows[rowsAt[down[i]]].Cells[colsAt[across[i]]] = heatCell{number(p.V), number(round((p.Top - p.Low) / 2)), level, false}
	}
	return h
}

// lineChart is what a ledger spent over time, with its total and where the pace
// of late leads.
type lineChart struct {
	W, H                     float64
	Left, Right, Top, Bottom float64
	Area, Line, Ahead        string // paths
	Limit                    float64
	LimitLabel               string
	X, Y                     []tick
	Ends                     string // the day on which the total is spent at the pace of late; "": not within a hundred years
	Spent, Total             string
}

// spending draws the charges of a ledger; nil: there is none.
func (v *view) spending(b *budget, account string) *lineChart {
	var bal *glovebox.Balance
	for i := range b.Balances {
		if b.Balances[i].Dataset == account || b.Balances[i].Space == account {
			bal = &b.Balances[i]
		}
	}
	if bal == nil {
		return nil
	}
	var at []time.Time
	var sums []float64
	sum, delta := 0.0, []int64{}
	for _, c := range b.Charges {
		if c.Dataset != bal.Dataset || c.Space != bal.Space {
			continue
		}
		t, err := time.Parse(time.RFC3339, c.At)
		if err != nil {
			continue
		}
		sum += float64(c.Amount.Loss) * glovebox.LossUnit
		at, sums, delta = append(at, t), append(sums, sum), append(delta, c.Amount.Delta)
	}
	now := v.c.o.Now()
	c := &lineChart{W: chartWidth, H: 240, Left: 64, Right: chartWidth - 48, Top: 16, Bottom: 200, Spent: loss(bal.Spent.Loss), Total: loss(bal.Total.Loss)}
	first := now.AddDate(0, 0, -30)
	if len(at) > 0 && at[0].Before(first) {
		first = at[0]
	}
	last := now.AddDate(0, 0, 30)
	total := float64(bal.Total.Loss) * glovebox.LossUnit
	ends, pace := ahead(bal, at, sums, delta, now)
	for _, o := range b.Outlooks { // the core's own word goes before
		if o.Space == bal.Space && bal.Space != "" {
			ends, _ = time.ParseInLocation(time.DateOnly, o.Ends, beijing)
		}
	}
	if !ends.IsZero() {
		c.Ends = ends.In(beijing).Format(time.DateOnly)
		if ends.After(last) && ends.Before(now.AddDate(2, 0, 0)) {
			last = ends
		}
	}
	var from, to float64
	c.Y, from, to = scale(0, max(total, sum)*1.04)
	x := func(t time.Time) float64 {
		return round(c.Left + float64(t.Sub(first))/float64(last.Sub(first))*(c.Right-c.Left))
	}
	y := func(f float64) float64 { return round(c.Bottom - (f-from)/(to-from)*(c.Bottom-c.Top)) }
	for i := range c.Y {
		c.Y[i].At = y(c.Y[i].At)
	}
	for i := range 5 {
		t := first.Add(last.Sub(first) / 4 * time.Duration(i))
		c.X = append(c.X, tick{x(t), t.In(beijing).Format("2006-01-02")})
	}
	c.Limit, c.LimitLabel = y(total), loss(bal.Total.Loss)
	path := fmt.Sprintf("M%s %s", px(x(first)), px(y(0)))
	before := 0.0
	for i, t := range at {
		if i+1 < len(at) && x(at[i+1])-x(t) < 2 && int(x(t)) == int(x(at[i+1])) {
			continue // the next one is drawn at the same place
		}
		path += fmt.Sprintf("L%s %sL%s %s", px(x(t)), px(y(before)), px(x(t)), px(y(sums[i])))
		before = sums[i]
	}
	c.Line = path + fmt.Sprintf("L%s %s", px(x(now)), px(y(before)))
	c.Area = c.Line + fmt.Sprintf("L%s %sZ", px(x(now)), px(y(0)))
	if pace > 0 && before < total {
		t, f := last, before+pace*last.Sub(now).Hours()
		if !ends.IsZero() && !ends.After(last) {
			t, f = ends, total
		}
		c.Ahead = fmt.Sprintf("M%s %sL%s %s", px(x(now)), px(y(before)), px(x(t)), px(y(min(f, total))))
	}
	return c
}

// ahead says where a ledger's charges lead: the pace is what was charged in the
// last 90 days, or since the first charge if that is less, in loss an hour; ends is
// when the total of loss or of delta is spent at it, zero where that is not within a
// hundred years. at, sums and delta are the charges, oldest first: when, the loss
// added up, the delta of each. Where charges do not add up to what is spent, since
// each value of a column pays for itself, nothing is said.
func ahead(bal *glovebox.Balance, at []time.Time, sums []float64, delta []int64, now time.Time) (ends time.Time, pace float64) {
	const far = 100 * 365 * 24
	spent := float64(bal.Spent.Loss) * glovebox.LossUnit
	if len(at) == 0 || math.Abs(sums[len(sums)-1]-spent) > 1e-6 {
		return ends, 0
	}
	hours := min(90*24, max(24, now.Sub(at[0]).Hours()))
	since, before, deltas := now.Add(-time.Duration(hours*float64(time.Hour))), 0.0, 0.0
	for i, t := range at {
		if t.Before(since) {
			before = sums[i]
		} else {
			deltas += float64(delta[i])
		}
	}
	pace = (spent - before) / hours
	lasts := float64(far)
	if pace > 0 {
		lasts = min(lasts, (float64(bal.Total.Loss)*glovebox.LossUnit-spent)/pace)
	}
	if deltas > 0 {
		lasts = min(lasts, float64(bal.Total.Delta-bal.Spent.Delta)*hours/deltas)
	}
	if lasts < far {
		ends = now.Add(time.Duration(max(0, lasts) * float64(time.Hour)))
	}
	return ends, pace
}

func px(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// digits is a number as forms and files have it.
func digits(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// loss is an amount of a ledger in words: epsilon or rho.
func loss(n int64) string { return number(float64(n) * glovebox.LossUnit) }
