package work

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/sandbox"
)

// Tune is mode tune: the guest sees one unit at a time, as in mode map, and the
// host counts units by what their records would take of the job's limits. Each
// unit adds one record of the host's own, bounded and paid for as any other.
type Tune struct {
	*Map
	of    *privacy.Plan // of the job that is tuned: its limits, not its price
	clips []clipOf      // in the order of the figures
}

// clipOf is one metric's end of range.
type clipOf struct {
	metric int
	above  bool
}

// NewTune prices what measuring a job of mode map costs. It fails as
// privacy.NewPlan; a delta buys nothing.
func NewTune(out glovebox.Output, rel glovebox.ReleaseDef, public privacy.PublicKeys) (*Tune, error) {
	of, err := privacy.NewPlan(out, limits(out), public)
	if err != nil {
		return nil, err
	}
	t := &Tune{of: of}
	shape := glovebox.Output{MaxKeysPerUnit: 1, Metrics: []glovebox.Metric{
		{Name: glovebox.TuneUnits, Kind: glovebox.Count},
		{Name: glovebox.TuneKeys, Kind: glovebox.Histogram, Edges: TuneEdges(out.MaxKeysPerUnit)},
		{Name: glovebox.TuneRecords, Kind: glovebox.Histogram, Edges: TuneEdges(max(1, out.MaxRecordsPerKey))},
		yes(glovebox.TuneRows), yes(glovebox.TuneFailed),
	}}
	for i, m := range out.Metrics {
		below, above := of.Clamps(i)
		if below {
			shape.Metrics, t.clips = append(shape.Metrics, yes(TuneFigure(i, m.Name, glovebox.TuneBelow))), append(t.clips, clipOf{i, false})
		}
		if above {
			shape.Metrics, t.clips = append(shape.Metrics, yes(TuneFigure(i, m.Name, glovebox.TuneAbove))), append(t.clips, clipOf{i, true})
		}
	}
	t.Map, err = NewMap(shape, rel, nil)
	return t, err
}

// TuneFigure is what the figure about one end of the range of a job's i-th metric
// is called.
func TuneFigure(i int, metric, suffix string) string {
	const longest = 50 // so that the name of a bound is still one of a column
	if len(metric) > longest {
		metric = fmt.Sprintf("metric%d", i+1)
	}
	return metric + suffix
}

// yes is the number of units of which something is true.
func yes(name string) glovebox.Metric {
	return glovebox.Metric{Name: name, Kind: glovebox.Sum, Min: 0, Max: 1}
}

// limits is a price for a plan whose noise nobody asks for.
func limits(out glovebox.Output) glovebox.ReleaseDef {
	r := glovebox.ReleaseDef{Method: "dp", Epsilon: privacyMost}
	if slices.ContainsFunc(out.Key, func(k glovebox.KeyField) bool { return k.Private }) {
		r.Delta = 1e-6
	}
	return r
}

const privacyMost = 1000 // largest epsilon

// TuneEdges are the ends of the bins of a histogram of whole numbers: each number
// up to 6, then ever wider ones, and one that begins above the job's limit.
func TuneEdges(limit int) []float64 {
	edges := []float64{0, 1, 2, 3, 4, 5, 6}
	for n := 8; n <= privacy.MaxKeysPerUnit; n += n / 4 {
		edges = append(edges, float64(n))
	}
	edges = append(edges, float64(limit+1), privacy.MaxKeysPerUnit+2)
	slices.Sort(edges)
	return slices.Compact(edges)
}

func (m *Tune) hand(w *Worker) hand {
	return &tuneHand{unitHand: unitHand{w, m.Plan}, mode: m, gauge: m.of.NewGauge()}
}

// round is what the guest's records are of: neither a plan to fill nor one that a
// trial could show.
func (m *Tune) round() any { return m.Plan }

// tuneHand measures what the guest says about units.
type tuneHand struct {
	unitHand
	mode  *Tune
	gauge *privacy.Gauge
	rec   []byte
}

func (h *tuneHand) part(ctx context.Context, _, _ int, readers []array.RecordReader, piece func([]byte) error) ([]byte, error) {
	b := h.plan.NewBounder(h.w.r.spec.Secret)
	err := engine.Units(readers, func(token [engine.TokenBytes]byte, rows [][]engine.Span) error {
		h.w.move()
		var res sandbox.Result
		if err := h.w.guest.Run(ctx, rows, &res); err != nil {
			return err
		}
		if err := plantTrap(res.Outcome); err != nil {
			return err
		}
		h.measure(&res, rows)
		b.Unit(token, 1, h.rec)
		return nil
	})
	if err != nil {
		return nil, err
	}
	p, err := b.Partial()
	if err != nil {
		return nil, err
	}
	return p.MarshalBinary()
}

// measure makes the unit's record: a value for each metric of the mode's plan but
// the count, in their order.
func (h *tuneHand) measure(res *sandbox.Result, rows [][]engine.Span) {
	h.rec = h.rec[:0]
	add := func(v float64) { h.rec = binary.LittleEndian.AppendUint64(h.rec, math.Float64bits(v)) }
	is := func(b bool) {
		add(map[bool]float64{true: 1}[b])
	}
	r, ok := &privacy.Reach{}, false
	if res.Outcome == sandbox.OK {
		r, ok = h.gauge.Measure(res.N, res.Records)
	}
	if !ok {
		r = &privacy.Reach{}
	}
	add(float64(r.Keys))
	add(float64(r.Records))
	is(h.full(rows))
	is(!ok)
	for _, c := range h.mode.clips {
		switch {
		case !ok:
			is(false)
		case c.above:
			is(r.Above[c.metric])
		default:
			is(r.Below[c.metric])
		}
	}
}

// full says whether the unit has all the rows of some input that a module sees at
// most: there may be more.
func (h *tuneHand) full(rows [][]engine.Span) bool {
	for i, spans := range rows {
		n := 0
		for _, s := range spans {
			n += s.To - s.From
		}
		if n >= h.w.r.spec.Inputs[i].MaxRows {
			return true
		}
	}
	return false
}
