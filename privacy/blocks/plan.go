package blocks

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/internal/decimal"
	"glovebox.example/glovebox/privacy/internal/declared"
	"glovebox.example/glovebox/privacy/mechanism"
	"glovebox.example/glovebox/text"
)

// Limits of a job of mode blocks.
const (
	MinCount      = 8
	MaxCount      = 1 << 16
	MaxVoteValues = 1000
	maxVoteBytes  = 64
)

// Bounds of AutoCount.
const (
	minAuto = 64
	maxAuto = 2048
)

// Plan is the declaration of a job of mode blocks, checked and priced:
// sample and aggregate (Nissim, Raskhodnikova and Smith 2007; GUPT, Mohan et
// al. 2012). Units are divided into a fixed, public number of blocks, each by
// its own token; untrusted code maps each block to one record; the records
// are combined.
//
// One unit, added or removed, changes the content of one block, and so one
// block's record in whatever way; the number of records stays. Every way of
// combining is differentially private for the replacement of one record, so it
// is for one unit, whatever the code is, as long as what it says about a block
// depends on that block's units and on public facts only.
//
// It is public and never changes.
type Plan struct {
	count   int
	metrics []metric
	bill    bill.Bill
	mark    [16]byte
	whole   func() *bill.Whole
}

// metric is a metric with its share of the price and its mechanisms.
type metric struct {
	glovebox.BlockMetric
	points   uint32 // of the grid, or candidates
	standIn  uint32 // the default's point
	price    *bill.Price
	loss     int64
	quantile [3]*mechanism.Quantile // median: the first; winsor: both quartiles
	vote     *mechanism.Argmax
	steps    []bill.Part
	sumLoss  int64 // mean, winsor: what the noise of the sum costs
}

// AutoCount is the number of blocks for about n units, where n is public: the
// power of two nearest to 2*n^0.4 (the nearest in ratio), at least 64 and at
// most 2048. More blocks make the median of their outputs more certain, fewer
// leave more units in each. n^0.4 is GUPT's choice, for a mean; a DP median
// gains more from blocks, hence twice as many.
func AutoCount(n int64) int {
	e := math.Round(1 + 0.4*math.Log2(float64(max(n, 1))))
	return min(max(1<<int(e), minAuto), maxAuto)
}

// Of is the block of a unit: the top bits of its token. Tokens are a keyed
// pseudo-random function of the unit's identifier, so a range of tokens is a
// pseudo-random choice of units, made for each by its own token alone. Count is
// a power of two.
func Of(token [16]byte, count int) int {
	return int(uint64(binary.BigEndian.Uint32(token[:4])) * uint64(count) >> 32)
}

// New checks what a job of mode blocks declares and prices it. The
// price is shared equally, in billionths, among the metrics; what does not
// divide goes to the first of them. Errors have the code
// CodeInvalid and a Field relative to the job file.
func New(b glovebox.Blocks, rel glovebox.ReleaseDef) (*Plan, error) {
	p := &Plan{count: b.Count}
	if b.Count < MinCount || b.Count > MaxCount || b.Count&(b.Count-1) != 0 {
		return nil, glovebox.Invalid("blocks.count", "%d is no power of two from %d to %d", b.Count, MinCount, MaxCount)
	}
	if len(b.Metrics) < 1 || len(b.Metrics) > declared.MaxMetrics {
		return nil, glovebox.Invalid("blocks.metrics", "%d metrics, 1..%d are possible", len(b.Metrics), declared.MaxMetrics)
	}
	price, err := bill.Read(rel, false)
	if err != nil {
		return nil, err
	}
	p.bill = bill.Bill{Price: price, L0: 1}
	share, rest := price.Amount.Loss/int64(len(b.Metrics)), price.Amount.Loss%int64(len(b.Metrics))
	names := map[string]bool{}
	for i, m := range b.Metrics {
		if err := declared.Name(m.Name, fmt.Sprintf("blocks.metrics[%d]", i), names); err != nil {
			return nil, err
		}
		loss := share
		if int64(i) < rest {
			loss++
		}
		c, err := newMetric(m, loss, &p.bill.Price)
		if err != nil {
			return nil, err
		}
		p.metrics = append(p.metrics, *c)
		p.bill.Noise = append(p.bill.Noise, c.steps...)
	}
	h := sha256.New()
	h.Write(fmt.Appendf(nil, "blocks %d %+v", b.Count, b.Metrics))
	copy(p.mark[:], h.Sum(nil))
	p.whole = sync.OnceValue(p.readings)
	return p, nil
}

func newMetric(m glovebox.BlockMetric, loss int64, price *bill.Price) (*metric, error) {
	c := &metric{BlockMetric: m, loss: loss, price: price}
	path := "blocks.metrics." + m.Name
	if m.Combine == glovebox.Vote {
		if err := c.candidates(path); err != nil {
			return nil, err
		}
	} else if err := c.grid(path); err != nil {
		return nil, err
	}
	if loss < 4 { // a billionth for each step of the most that there are
		return nil, glovebox.Invalid("release", "the price is too small to be shared by the metrics")
	}
	return c, c.mechanisms(path)
}

func (c *metric) grid(path string) error {
	if err := declared.Range(c.Min, c.Max, path); err != nil {
		return err
	}
	switch {
	case !(c.Max/2-c.Min/2 > 0):
		return glovebox.Invalid(path+".max", "is too close to min")
	case c.Points < 2 || c.Points > mechanism.MaxQuantilePoints:
		return glovebox.Invalid(path+".points", "%d is outside 2..%d", c.Points, mechanism.MaxQuantilePoints)
	case c.Spacing != glovebox.Linear && c.Spacing != glovebox.Log:
		return glovebox.Invalid(path+".spacing", "is neither linear nor log")
	case c.Spacing == glovebox.Log && !(c.Min > 0):
		return glovebox.Invalid(path+".spacing", "log needs a min above 0")
	case c.Spacing == glovebox.Log && c.Combine != glovebox.Median:
		return glovebox.Invalid(path+".spacing", "log is for combine: median only").WithFix("leave it out")
	case len(c.Values) > 0:
		return glovebox.Invalid(path+".values", "are for combine: vote only").WithFix("remove them")
	case !(c.Default >= c.Min && c.Default <= c.Max):
		return glovebox.Invalid(path+".default", "is outside the metric's range")
	}
	c.points = uint32(c.Points)
	c.standIn = c.snap(c.Default)
	return nil
}

func (c *metric) candidates(path string) error {
	if n := len(c.Values); n < 2 || n > MaxVoteValues {
		return glovebox.Invalid(path+".values", "%d candidates, 2..%d are possible", n, MaxVoteValues)
	}
	if c.Min != 0 || c.Max != 0 || c.Points != 0 || c.Spacing != "" {
		return glovebox.Invalid(path, "a vote takes no range and no grid").WithFix("remove min, max, points and spacing")
	}
	seen := map[string]bool{}
	for i, v := range c.Values {
		if v == "" || len(v) > maxVoteBytes || seen[v] {
			return glovebox.Invalid(fmt.Sprintf("%s.values[%d]", path, i), "is empty, longer than %d bytes, or there twice", maxVoteBytes)
		}
		if wrong := text.Name(v); wrong != "" {
			return glovebox.Invalid(fmt.Sprintf("%s.values[%d]", path, i), "the candidate %s", wrong).WithFix(text.Advice)
		}
		seen[v] = true
	}
	c.points = uint32(len(c.Values))
	c.standIn = c.snap(c.Default)
	if c.standIn == noPoint {
		return glovebox.Invalid(path+".default", "is the number of no candidate")
	}
	return nil
}

// noPoint is what is not on the grid.
const noPoint = math.MaxUint32

// snap clamps a finite value and finds its point. A vote for what is no
// candidate has none. It depends on nothing but the value and the declaration,
// so that its rounding decides nothing about privacy.
func (c *metric) snap(v float64) uint32 {
	if c.Combine == glovebox.Vote {
		if i := math.RoundToEven(v); i >= 0 && i < float64(c.points) {
			return uint32(i)
		}
		return noPoint
	}
	if !(v > c.Min) {
		v = c.Min
	}
	if v > c.Max {
		v = c.Max
	}
	at := (v/2 - c.Min/2) / (c.Max/2 - c.Min/2)
	if c.Spacing == glovebox.Log {
		at = (math.Log(v) - math.Log(c.Min)) / c.logSpan()
	}
	at *= float64(c.points - 1)
	i := math.RoundToEven(at)
	if below := math.Floor(at); c.Spacing == glovebox.Linear && math.Abs(at-below-0.5) < nearMiddle {
		if i = below; v >= c.middle(int(below)) {
			i++
		}
	}
	return uint32(math.Min(math.Max(i, 0), float64(c.points-1)))
}

// nearMiddle is how far a place that is reckoned in floats may lie from the
// middle between two points and be on the wrong side of it, with room to spare.
const nearMiddle = 1e-6

// middle is the least value that is nearer to point i+1 than to point i.
func (c *metric) middle(i int) float64 {
	halves := glovebox.NewSplit(c.Min, c.Max, 2*int(c.points-1))
	return halves.Edge(2*i + 1)
}

// logSpan is the length of the range on a logarithmic scale. It is finite also
// where the quotient of the bounds is not.
func (c *metric) logSpan() float64 { return math.Log(c.Max) - math.Log(c.Min) }

// value is the place of a point. What lies between two, and a point on a
// logarithmic scale, is rounded to a decimal place that the grid can tell apart.
func (c *metric) value(i float64) float64 {
	if whole := int(i); c.Spacing == glovebox.Linear && float64(whole) == i {
		split := glovebox.NewSplit(c.Min, c.Max, int(c.points-1))
		return split.Edge(whole)
	}
	at := i / float64(c.points-1)
	v, next := c.Min+at*c.Max-at*c.Min, (c.Max/2-c.Min/2)/float64(c.points-1)*2
	if c.Spacing == glovebox.Log {
		v = math.Exp(math.Log(c.Min) + at*c.logSpan())
		next = v * math.Expm1(c.logSpan()/float64(c.points-1))
	}
	if place, ok := decimal.Exponent(next / 10); ok {
		v = decimal.Round(v, place, math.RoundToEven)
	}
	return math.Min(math.Max(v, c.Min), c.Max) + 0 // no negative zero
}

// Count is the number of blocks.
func (p *Plan) Count() int { return p.count }

// Metrics returns the metrics in declared order.
func (p *Plan) Metrics() []glovebox.BlockMetric {
	out := make([]glovebox.BlockMetric, len(p.metrics))
	for i := range p.metrics {
		out[i] = p.metrics[i].BlockMetric
	}
	return out
}

// Cost is what the job takes from a ledger of the given kind: the price as
// declared, in rho the sum of what its steps cost, epsilon^2/2 each, rounded up.
// A choice by permute-and-flip has no bounded range, so the epsilon^2/8 of the
// exponential mechanism (Cesar and Rogers, "Bounding, Concentrating, and
// Truncating: Unifying Privacy Loss Composition for Data Analytics", 2021) would
// be too little: two candidates that tie come close to epsilon^2/2.
func (p *Plan) Cost(kind glovebox.LedgerKind) (glovebox.Amount, error) { return p.bill.Cost(kind) }

// readings are what all steps cost together: each is a mechanism for one replaced
// output. Where one cannot be composed, rho alone is read.
func (p *Plan) readings() *bill.Whole {
	l, err := p.bill.Losses()
	if err != nil {
		l = nil
	}
	return p.bill.Read(l)
}
