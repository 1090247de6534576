package privacy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// asText is what the rows of a table take as JSON, each key and each figure with
// its bounds.
func asText(t *testing.T, table *Table) int64 {
	t.Helper()
	rows := [][]any{}
	for _, r := range table.Rows {
		row := append([]any{}, r.Key...)
		for i, c := range r.Cells {
			if table.Figures[i].Whole {
				row = append(row, int64(c.Value), int64(c.Lo), int64(c.Hi))
			} else {
				row = append(row, c.Value, c.Lo, c.Hi)
			}
		}
		rows = append(rows, row)
	}
	b, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return int64(len(b)) - 2 // the outer brackets
}

// TestTableBytes: no table takes more than its plan says, with every kind of
// metric, keys that need escapes, and noise that makes all numbers long.
func TestTableBytes(t *testing.T) {
	long := []any{`"<&>"`, "区", strings.Repeat("<", 10), "a"}
	for _, m := range []glovebox.Metric{unitCount, unitSum, amount, unitMean, unitBins, unitEdges, unitMedian, unitDeciles, unitDistinct, unitRange, unitCapped, unitSpread, unitVector,
		{Name: "w", Kind: glovebox.Sum, Min: -1e100, Max: 1e100}, {Name: "x", Kind: glovebox.Mean, Min: -1e-9, Max: 1e-9}} {
		for _, top := range []*glovebox.Top{nil, {K: 3, By: "units"}} {
			p := check.Must(NewPlan(glovebox.Output{MaxKeysPerUnit: 1, Top: top,
				Key:     []glovebox.KeyField{{Name: "i", Type: glovebox.Int64, Public: []any{int64(-1 << 63), int64(7)}}, {Name: "k", Type: glovebox.String, Width: 10, Public: long}},
				Metrics: []glovebox.Metric{{Name: "units", Kind: glovebox.Count}, m}}, glovebox.ReleaseDef{Method: "dp", Epsilon: 1e-6}, nil))
			table, err := p.Release(p.NewPartial(), check.Must(mechanism.NewSource()))
			if err != nil {
				t.Fatal(err)
			}
			if got, most := asText(t, table), p.TableBytes(); got > most || most > 40*got {
				t.Errorf("%s, top %v: %d bytes, bounded by %d", m.Kind, top != nil, got, most)
			}
		}
	}
}

// TestMostFigures: a table that no memory holds is refused by its declaration.
func TestMostFigures(t *testing.T) {
	var keys []any
	for i := range 5000 {
		keys = append(keys, int64(i))
	}
	out := glovebox.Output{MaxKeysPerUnit: 1, Key: []glovebox.KeyField{{Name: "i", Type: glovebox.Int64, Public: keys}}, Top: &glovebox.Top{K: 1, By: "units"},
		Metrics: []glovebox.Metric{{Name: "units", Kind: glovebox.Count}, {Name: "v", Kind: glovebox.Vector, Size: 4000, Clip: 1}}}
	_, err := NewPlan(out, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, nil)
	if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(fmt.Sprint(err), "figures") {
		t.Errorf("20 million figures: %v", err)
	}
}

// TestTableOfPrivateKeys: a table of private keys ends where a bundle does, the
// same with keys in memory and on the disk.
func TestTableOfPrivateKeys(t *testing.T) {
	closed := 0
	create := func() (Spill, error) { return &pile{closed: &closed}, nil }
	p := spoolPlan(nil)
	whole := int64(0)
	for _, bytes := range []int64{0, 1} {
		for _, part := range []int64{0, 2, -2} {
			s := p.NewSpool(&SpoolOptions{Bytes: bytes, Create: create, Table: whole + whole/4*part})
			for _, x := range spoolParts(p, 300) {
				if err := s.Add(x); err != nil {
					t.Fatal(err)
				}
			}
			table, err := s.Release(check.Must(mechanism.NewSource()))
			if part >= 0 {
				if err != nil {
					t.Fatal(err)
				}
				if whole == 0 { // no bound yet: what the rows take
					for _, r := range table.Rows {
						whole += p.figureBytes()
						for _, v := range r.Key {
							whole += keyBytes(v)
						}
					}
					if got := asText(t, table); got > whole || len(table.Rows) < 10 {
						t.Errorf("%d rows take %d bytes, bounded by %d", len(table.Rows), got, whole)
					}
				}
			} else if glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Errorf("spool of %d bytes: half the room of the rows: %v", bytes, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
