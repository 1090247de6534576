package privacy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// pile is a spill in memory.
type pile struct {
	records [][]byte
	closed  *int
}

func (p *pile) Append(b []byte) error {
	p.records = append(p.records, slices.Clone(b))
	return nil
}

func (p *pile) Each(f func([]byte) error) error {
	for _, b := range p.records {
		if err := f(b); err != nil {
			return err
		}
	}
	return nil
}

func (p *pile) Close() error { *p.closed++; return nil }

// spoolPlan has keys of two fields and every sort of cell. At its epsilon the
// selection and the noise of what is counted change something with a probability
// below 1e-9 in all tests here; a sum is off by 20 with less than 1e-100.
func spoolPlan(top *glovebox.Top) *Plan {
	return check.Must(NewPlan(glovebox.Output{
		Key:            []glovebox.KeyField{{Name: "n", Type: glovebox.Int64, Private: true}, {Name: "s", Type: glovebox.String, Width: 8, Private: true}},
		MaxKeysPerUnit: 3, MaxRecordsPerKey: 2, Top: top,
		Metrics: []glovebox.Metric{{Name: "units", Kind: glovebox.Count}, {Name: "cost", Kind: glovebox.Sum, Min: -5, Max: 5},
			{Name: "ages", Kind: glovebox.Histogram, Min: 0, Max: 10, Bins: 5}, {Name: "kinds", Kind: glovebox.Distinct, Bins: 64}},
	}, glovebox.ReleaseDef{Method: "dp", Epsilon: 1000, Delta: 0.01}, nil))
}

// spoolParts are the partials of n units in pieces of 100.
func spoolParts(p *Plan, n int) (parts []*Partial) {
	b := p.NewBounder([32]byte{1})
	for u := range n {
		var token [16]byte
		binary.BigEndian.PutUint64(token[:], uint64(u))
		var records []byte
		for k := range 3 {
			key := splitmix64(uint64(u/4*3+k)) % 400
			records = binary.LittleEndian.AppendUint64(records, key/20-10)
			records = append(records, 'a'+byte(key%20), 0, 0, 0, 0, 0, 0, 0)
			for _, v := range []float64{float64(u%11) - 5, float64(key % 10), float64(u % 7)} {
				records = binary.LittleEndian.AppendUint64(records, math.Float64bits(v))
			}
		}
		b.Unit(token, 3, records)
		if u%100 == 99 {
			parts = append(parts, b.Piece())
		}
	}
	return append(parts, check.Must(b.Partial()))
}

// TestSpool: a job whose keys do not fit in memory gives the table that it
// gives where they do, every key of it.
func TestSpool(t *testing.T) {
	p := spoolPlan(nil)
	whole := p.NewPartial()
	for _, part := range spoolParts(p, 3000) {
		if err := whole.Merge(part); err != nil {
			t.Fatal(err)
		}
	}
	want := check.Must(p.Release(whole, check.Must(mechanism.NewSource())))
	if len(want.Rows) < 300 {
		t.Fatalf("%d rows: the test is too small", len(want.Rows))
	}
	for _, limit := range []int64{1, 20_000, 1 << 40} {
		closed, made, largest := 0, 0, int64(0)
		s := p.NewSpool(&SpoolOptions{Bytes: limit, Create: func() (Spill, error) { made++; return &pile{closed: &closed}, nil }})
		for _, part := range spoolParts(p, 3000) {
			if err := s.Add(part); err != nil {
				t.Fatal(err)
			}
			largest = max(largest, s.total.bytes())
		}
		got, err := s.Release(check.Must(mechanism.NewSource()))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Rows) != len(want.Rows) {
			t.Fatalf("limit %d: %d rows, not %d", limit, len(got.Rows), len(want.Rows))
		}
		for i, w := range want.Rows {
			g := got.Rows[i]
			// The sum, the one figure whose noise is not zero, has a scale of 0.06.
			cost := slices.Index(want.Figures, Figure{Name: "cost", Metric: "cost"})
			if d := g.Cells[1].Value - w.Cells[1].Value; cost != 1 || math.Abs(d) > 20 {
				t.Fatalf("limit %d: row %d: the sum, figure %d, is off by %g", limit, i, cost, d)
			}
			g.Cells[1] = w.Cells[1]
			if !reflect.DeepEqual(g, w) {
				t.Fatalf("limit %d: row %d is %v, not %v", limit, i, g, w)
			}
		}
		// Some 400 keys: half of the spills get one with a probability above 1-1e-30.
		if spilled := limit < 1<<40; spilled != (made > 1) || made > spoolSpills || spilled && largest > max(limit, p.NewPartial().bytes()) {
			t.Fatalf("limit %d: %d spills, at most %d bytes", limit, made, largest)
		}
		if _, err := s.Release(check.Must(mechanism.NewSource())); glovebox.CodeOf(err) != glovebox.CodeConflict {
			t.Fatalf("released twice: %v", err)
		}
		if err := s.Close(); err != nil || closed != made {
			t.Fatalf("%d of %d spills closed: %v", closed, made, err)
		}
	}
}

// TestSpoolFails: a disk that is full is an error, and no key is left out.
func TestSpoolFails(t *testing.T) {
	p := spoolPlan(nil)
	full := errors.New("full")
	s := p.NewSpool(&SpoolOptions{Bytes: 1, Create: func() (Spill, error) { return nil, full }})
	if err := s.Add(spoolParts(p, 100)[0]); !errors.Is(err, full) {
		t.Fatal(err)
	}
}

// TestSpoolTop: a top that is chosen in rounds among keys on the disk is that
// of the same keys in memory. At this epsilon a coin for a key that is not the
// best falls heads with a probability below 1e-20, and the sum is off by 20 with
// less than 1e-100.
func TestSpoolTop(t *testing.T) {
	p := check.Must(NewPlan(glovebox.Output{
		Key:            []glovebox.KeyField{{Name: "n", Type: glovebox.Int64, Private: true}},
		MaxKeysPerUnit: 200, Top: &glovebox.Top{K: 3, By: "cost"},
		Metrics: []glovebox.Metric{{Name: "units", Kind: glovebox.Count}, {Name: "cost", Kind: glovebox.Sum, Max: 5}, {Name: "ages", Kind: glovebox.Histogram, Max: 10, Bins: 5}},
	}, glovebox.ReleaseDef{Method: "dp", Epsilon: 1000, Delta: 0.01}, nil))
	if !p.top.rounds {
		t.Fatal("the plan's top is not chosen in rounds")
	}
	parts := func() (list []*Partial) {
		b := p.NewBounder([32]byte{1})
		for u := range 500 {
			var records []byte
			keys := []uint64{uint64(1000 + u)} // its own
			for k := range 19 {                // key k has 500/(k+1) units
				if u%(k+1) == 0 {
					keys = append(keys, uint64(k))
				}
			}
			for _, key := range keys {
				records = binary.LittleEndian.AppendUint64(records, key)
				for _, v := range []float64{5, float64(key % 10)} {
					records = binary.LittleEndian.AppendUint64(records, math.Float64bits(v))
				}
			}
			b.Unit(token(u), len(keys), records)
			if u%50 == 49 {
				list = append(list, b.Piece())
			}
		}
		return append(list, check.Must(b.Partial()))
	}
	release := func(limit int64) (*Table, int) {
		closed, made := 0, 0
		s := p.NewSpool(&SpoolOptions{Bytes: limit, Create: func() (Spill, error) { made++; return &pile{closed: &closed}, nil }})
		for _, part := range parts() {
			if err := s.Add(part); err != nil {
				t.Fatal(err)
			}
		}
		table := check.Must(s.Release(check.Must(mechanism.NewSource())))
		if err := s.Close(); err != nil || closed != made {
			t.Fatalf("%d of %d spills closed: %v", closed, made, err)
		}
		return table, made
	}
	want, made := release(1 << 40)
	if made != 0 || len(want.Rows) != 3 || want.Rows[2].Key[0] != int64(2) {
		t.Fatalf("%d spills, %d rows", made, len(want.Rows))
	}
	for _, limit := range []int64{1, 20_000} {
		got, made := release(limit)
		if made < 2 || len(got.Rows) != len(want.Rows) {
			t.Fatalf("limit %d: %d spills, %d rows", limit, made, len(got.Rows))
		}
		for i, w := range want.Rows {
			g := got.Rows[i]
			if !reflect.DeepEqual(g.Key, w.Key) || !reflect.DeepEqual(g.Cells[2:], w.Cells[2:]) || math.Abs(g.Cells[1].Value-w.Cells[1].Value) > 20 {
				t.Errorf("limit %d: row %d is %+v, not %+v", limit, i, g, w)
			}
		}
	}
}

// TestTopPicks: what is chosen over scores that are read again for each round
// is chosen as Chooser.Choose does it among those that are left. Both are drawn
// 40,000 times; shares differ by 0.025 with a probability below 1e-8 an outcome.
func TestTopPicks(t *testing.T) {
	p := check.Must(NewPlan(topOf(output(100, keysOf(intKey), unitCount), 2, "n"), laplace(2, 0.01), nil))
	src, list := check.Must(mechanism.NewSource()), []int64{p.top.threshold + 2, p.top.threshold - 1, p.top.threshold + 2, 3}
	const draws = 40_000
	got, want := map[string]float64{}, map[string]float64{}
	for range draws {
		chosen := check.Must(p.top.pick(func(f func(int64)) error {
			for _, s := range list {
				f(s)
			}
			return nil
		}, src))
		got[fmt.Sprint(chosen)] += 1. / draws
		var plain []int
		left, number := append([]int64{p.top.threshold}, list...), []int{-1, 0, 1, 2, 3}
		for range 2 {
			i := check.Must(p.top.choice.Choose(left, src))
			if number[i] < 0 {
				break
			}
			plain = append(plain, number[i])
			left, number = slices.Delete(left, i, i+1), slices.Delete(number, i, i+1)
		}
		slices.Sort(plain)
		want[fmt.Sprint(plain)] += 1. / draws
	}
	if len(want) < 6 {
		t.Fatalf("%v: the test sees little", want)
	}
	for k := range want {
		if math.Abs(got[k]-want[k]) > 0.025 {
			t.Errorf("%s: %g, want %g", k, got[k], want[k])
		}
	}
	for k := range got {
		if want[k] == 0 && got[k] > 0.025 {
			t.Errorf("%s: %g, want none", k, got[k])
		}
	}
}

// TestSpoolMost: what has to be in memory as a whole is bounded, and what goes
// beyond ends the job; public keys are as many as they are.
func TestSpoolMost(t *testing.T) {
	closed := 0
	create := func() (Spill, error) { return &pile{closed: &closed}, nil }
	run := func(p *Plan, parts []*Partial, o SpoolOptions) error {
		s := p.NewSpool(&o)
		defer s.Close()
		for _, part := range parts {
			if err := s.Add(part); err != nil {
				return err
			}
		}
		_, err := s.Release(check.Must(mechanism.NewSource()))
		return err
	}
	top, all := spoolPlan(&glovebox.Top{K: 1, By: "units"}), spoolPlan(nil)
	public := check.Must(NewPlan(glovebox.Output{Key: []glovebox.KeyField{{Name: "n", Type: glovebox.Int64, Public: []any{int64(1)}}}, MaxKeysPerUnit: 1,
		Metrics: []glovebox.Metric{{Name: "units", Kind: glovebox.Count}}}, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, PublicKeys{}))
	for name, c := range map[string]struct {
		plan  *Plan
		parts []*Partial
		o     SpoolOptions
		fails bool
	}{
		"a top of few keys":     {top, spoolParts(top, 300), SpoolOptions{Create: create}, false},
		"a top of many":         {top, spoolParts(top, 300), SpoolOptions{Create: create, Bytes: 1, Most: 100}, true},
		"few keys on the disk":  {all, spoolParts(all, 300), SpoolOptions{Create: create, Bytes: 1}, false},
		"many on the disk":      {all, spoolParts(all, 300), SpoolOptions{Create: create, Bytes: 1, Most: 100}, true},
		"many in memory alone":  {all, spoolParts(all, 300), SpoolOptions{Most: 1000}, true},
		"public keys, whatever": {public, []*Partial{public.NewPartial()}, SpoolOptions{Most: 1}, false},
	} {
		if err := run(c.plan, c.parts, c.o); (err != nil) != c.fails || err != nil && glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
