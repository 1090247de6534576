package privacy

import (
	"fmt"
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestEveryKindTogether: metrics of all kinds over a composite key are one job of
// one price, whose parts make it up; each row has the declared figures, each
// within its interval and finite, and every noisy number is in the facts.
func TestEveryKindTogether(t *testing.T) {
	for _, out := range []glovebox.Output{everyKind(3), topOf(everyKind(9), 4, "n")} {
		for _, rel := range []glovebox.ReleaseDef{laplace(50, 1e-3), gaussian(50, 1e-3)} {
			p := check.Must(NewPlan(out, rel, nil))
			f := p.Facts()
			total, of := f.Selection.Loss, ""
			for _, n := range f.Noise {
				total += n.Loss
				of += n.Of + " "
			}
			if want := "units s m y y squared v c h q qs d r "; total != f.Price.Loss || of != want {
				t.Errorf("noise of %s: %d of %d", of, total, f.Price.Loss)
			}
			names := ""
			for _, g := range p.Figures() {
				names += g.Name + " "
				if _, ok := f.Errors[g.Name]; !ok && f.Errors[g.Metric] == (Error{}) {
					t.Errorf("figure %s has no declared error", g.Name)
				}
			}
			if want := "n s m y y.mean v.0 v.1 v.2 h.0 h.1 h.2 h.3 h.4 h.5 h.6 h.7 h.8 h.9 q.p50 qs.p10 qs.p50 qs.p99_9 d r.min r.max c "; names != want {
				t.Errorf("figures %s, want %s", names, want)
			}
			units := make([]unitData, 0, 4000)
			for i := range 4000 {
				v := float64(i%7) - 3
				r := record(10, []any{fmt.Sprint("t", i%3), i % 2}, v, v+3, v, v, 1, 0, v, v, v, v, v, v)
				units = append(units, unitData{token(i), 1, r})
			}
			rows := check.Must(p.Release(bound(p, units), check.Must(mechanism.NewSource()))).Rows
			if len(rows) != 6 && (out.Top == nil || len(rows) != 4) {
				t.Errorf("%d rows", len(rows))
			}
			for _, r := range rows {
				if len(r.Cells) != len(p.Figures()) {
					t.Fatalf("%d cells for %d figures", len(r.Cells), len(p.Figures()))
				}
				for i, c := range r.Cells {
					g := p.Figures()[i]
					ordered := c.Lo <= c.Value && c.Value <= c.Hi || g.Metric == "r" // a bound is an end of its bin, or 0
					if !ordered || math.IsNaN(c.Value) || math.IsInf(c.Lo, 0) || math.IsInf(c.Hi, 0) || g.Whole && c.Value != math.Trunc(c.Value) {
						t.Errorf("%s: %+v", g.Name, c)
					}
				}
			}
		}
	}
}

// TestHostileRecords: ten thousand records of one unit, at the ends of what can
// be said, add no more than the bounds.
func TestHostileRecords(t *testing.T) {
	p := check.Must(NewPlan(records(output(2, keysOf(intKey), unitBins, unitDistinct, unitVector, unitCapped), 3, 4), laplace(1, 1e-6), nil))
	var r []byte
	for i := range 10_000 {
		v := []float64{math.MaxFloat64, -math.MaxFloat64, 1e-300, float64(i)}[i%4]
		r = append(r, record(0, []any{i % 50}, v, v, v, -v, v, v)...)
	}
	part := bound(p, []unitData{{token(1), 10_000, r}})
	if part.Len() != 2 {
		t.Fatalf("%d keys", part.Len())
	}
	values, marks, total := 0, 0, int64(0)
	for _, c := range content(part) {
		checkReach(t, p, "the unit", func(j int) int64 { return c[1+j] })
		values += checkBins(t, p, "the unit", func(j int) int64 { return c[1+j] })
		for k := range 64 {
			marks += int(c[1+p.cells+10+k])
		}
		x := c[p.cells]
		total += max(x, -x)
	}
	if values != 4 || marks > 4 || marks < 2 || total > p.grids[1].total(2) {
		t.Errorf("%d values, %d marks, %d steps", values, marks, total)
	}
}

// TestEveryKindDoesSomething: each kind that a document can name is one that this
// package knows, and takes the numbers that its fields promise.
func TestEveryKindDoesSomething(t *testing.T) {
	for _, k := range glovebox.MetricKinds {
		if aggregateOf(k) == nil {
			t.Errorf("nothing is done for %s", k)
		}
		if _, counts := aggregateOf(k).(binned); counts != (&glovebox.Metric{Kind: k}).EachRecord() {
			t.Errorf("%s takes each record as a value: %v", k, counts)
		}
	}
	if aggregateOf("mode") != nil {
		t.Error("a kind that there is not does something")
	}
}
