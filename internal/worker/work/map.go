package work

import (
	"context"
	"math"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// Map is mode map: the guest sees one unit at a time, what it says is bounded,
// and the sums get noise.
type Map struct{ *privacy.Plan }

// NewMap prices what a job of mode map declares. It fails as privacy.NewPlan.
func NewMap(out glovebox.Output, rel glovebox.ReleaseDef, public privacy.PublicKeys) (*Map, error) {
	p, err := privacy.NewPlan(out, rel, public)
	if err != nil {
		return nil, err
	}
	return &Map{p}, nil
}

// MostWork is one call a unit.
func (m *Map) MostWork(module *sandbox.Module, _ *abi.Function, units int64, call func(fuel int64) float64) float64 {
	return float64(units) * call(module.Manifest().Fuel)
}

// Bytes are those of the public keys' table, and of its figures' names with
// three columns each.
func (m *Map) Bytes() (rows, columns int64) {
	for _, f := range m.Figures() {
		columns += 3 * int64(len(f.Name)+40)
	}
	return m.TableBytes(), columns
}

// Repeats is false: nothing of a run that was cut short is seen.
func (m *Map) Repeats() bool { return false }

func (m *Map) check(j *Job) error       { return j.module.CheckOutput(j.spec.Function, &j.spec.Output) }
func (m *Map) parts(int) int            { return 1 }
func (m *Map) maxRows(declared int) int { return declared }
func (m *Map) together() *int           { return nil }
func (m *Map) round() any               { return m.Plan }
func (m *Map) hand(w *Worker) hand      { return &unitHand{w, m.Plan} }
func (m *Map) course(j *Job, _ [32]byte) Course {
	return &mapCourse{once: once{job: j}, plan: m.Plan}
}

func declareMap(s *Spec, f *abi.Function) {
	s.Output = glovebox.Output{MaxKeysPerUnit: 1}
	for _, k := range f.Output.Key {
		s.Output.Key = append(s.Output.Key, glovebox.KeyField{Name: k.Name, Type: k.Type, Width: k.Width, Private: true})
		s.Release.Delta = 1e-6
	}
	for _, m := range f.Output.Metrics {
		def := glovebox.Metric{Name: m, Kind: glovebox.Sum, Min: 0, Max: 1}
		if n := f.Output.Size(m); n > 1 {
			def = glovebox.Metric{Name: m, Kind: glovebox.Vector, Size: n, Clip: 1}
		}
		s.Output.Metrics = append(s.Output.Metrics, def)
	}
	if len(f.Output.Metrics) == 0 {
		s.Output.Metrics = append(s.Output.Metrics, glovebox.Metric{Name: "units", Kind: glovebox.Count})
	}
}

// unitHand hands units to the guest, one at a time, and bounds what it says.
type unitHand struct {
	w    *Worker
	plan *privacy.Plan
}

func (h *unitHand) close() {}

func (h *unitHand) part(ctx context.Context, _, _ int, readers []array.RecordReader, piece func([]byte) error) ([]byte, error) {
	b := h.plan.NewBounder(h.w.r.spec.Secret)
	err := engine.Units(readers, func(token [engine.TokenBytes]byte, rows [][]engine.Span) error {
		if err := h.unit(ctx, b, token, rows); err != nil || piece == nil || b.Bytes() < h.w.pieceBytes {
			return err
		}
		data, err := b.Piece().MarshalBinary()
		if err != nil {
			return err
		}
		return piece(data)
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

// unit runs the guest on one unit and bounds what it says.
func (h *unitHand) unit(ctx context.Context, b *privacy.Bounder, token [engine.TokenBytes]byte, rows [][]engine.Span) error {
	h.w.move()
	if h.w.watch != nil {
		return h.watched(ctx, b, token, rows)
	}
	var res sandbox.Result
	if err := h.w.guest.Run(ctx, rows, &res); err != nil {
		return err
	}
	if err := plantTrap(res.Outcome); err != nil {
		return err
	}
	bound(b, token, &res)
	return nil
}

// bound takes what the guest said about a unit, or the default where it failed.
func bound(b *privacy.Bounder, token [engine.TokenBytes]byte, res *sandbox.Result) {
	if res.Outcome != sandbox.OK {
		b.UnitDefault(token)
		return
	}
	b.Unit(token, res.N, res.Records)
}

// mapCourse is the one round of mode map.
type mapCourse struct {
	once
	plan  *privacy.Plan
	table *privacy.Table
}

func (c *mapCourse) Total(o *privacy.SpoolOptions) Total {
	return &sums{c.plan, c.plan.NewSpool(o)}
}

func (c *mapCourse) Release(t Total, src *mechanism.Source) (_ *Update, err error) {
	c.table, err = t.(*sums).spool.Release(src)
	c.done = true
	return nil, err
}

func (c *mapCourse) Answer() *Answer { return layTable(c.table) }

// sums add up what bounders gave.
type sums struct {
	plan  *privacy.Plan
	spool *privacy.Spool
}

func (s *sums) decode(data []byte) (*privacy.Partial, error) {
	one := s.plan.NewPartial()
	if one.UnmarshalBinary(data) != nil {
		return nil, ErrPartial
	}
	return one, nil
}

func (s *sums) Check(piece []byte) error {
	_, err := s.decode(piece)
	return err
}

func (s *sums) Add(_, _ int, answer []byte) error {
	one, err := s.decode(answer)
	if err != nil {
		return err
	}
	return s.spool.Add(one)
}

func (s *sums) Close() error { return s.spool.Close() }

// layTable lays a table out: key fields, then for every figure its value and
// the bounds of its 95 % confidence interval; of one that was chosen by its rank,
// how many ranks it may be off.
func layTable(t *privacy.Table) *Answer {
	a := &Answer{Rows: make([][]any, 0, len(t.Rows)), Facts: t.Facts}
	for _, k := range t.Keys {
		a.Columns = append(a.Columns, release.Column{Name: k.Name, Type: k.Type})
	}
	for _, f := range t.Figures {
		typ := glovebox.Float64
		if f.Whole {
			typ = glovebox.Int64
		}
		if f.Ranks > 0 {
			a.Columns = append(a.Columns, release.Column{Name: f.Name, Type: typ}, release.Column{Name: f.Name + privacy.RanksSuffix, Type: typ})
			continue
		}
		for _, suffix := range []string{"", privacy.LowSuffix, privacy.HighSuffix} {
			a.Columns = append(a.Columns, release.Column{Name: f.Name + suffix, Type: typ})
		}
	}
	for _, row := range t.Rows {
		out := append([]any{}, row.Key...)
		for i, cell := range row.Cells {
			if ranks := t.Figures[i].Ranks; ranks > 0 {
				out = append(out, cell.Value, ranks)
				continue
			}
			if t.Figures[i].Whole {
				out = append(out, int64(cell.Value), int64(math.Floor(cell.Lo)), int64(math.Ceil(cell.Hi)))
				continue
			}
			out = append(out, cell.Value, cell.Lo, cell.Hi)
		}
		a.Rows = append(a.Rows, out)
	}
	return a
}
