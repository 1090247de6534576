package privacy

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// filled returns a plan over keys 0..n-1 and a partial in which every key has
// the given units, and sums of that many values of half a step less than max.
func filled(l0, n int, rel glovebox.ReleaseDef, units uint64, metrics ...glovebox.Metric) (*Plan, *Partial) {
	key := intKey
	if rel.Delta == 0 {
		list := make([]any, n)
		for i := range list {
			list[i] = i
		}
		key = publicKey("k", list...)
	}
	p := check.Must(NewPlan(output(l0, keysOf(key), metrics...), rel, nil))
	part := p.NewPartial()
	for i := range n {
		c := part.cell(part.add([]uint64{uint64(i)}))
		c[0] = units
		for j := range p.grids {
			s := mechanism.MulInt128(units, p.grids[j].hi/2)
			c[1+2*j], c[2+2*j] = s.Lo, uint64(s.Hi)
		}
	}
	return p, part
}

// TestReleaseErrors compares the errors of 200,000 cells per metric with what
// Facts declares: the standard deviation of counts and sums (2 % is eight
// standard errors of the estimate: a chance of about 1e-15), and how often
// confidence intervals hold the true value.
func TestReleaseErrors(t *testing.T) {
	const n, units = 200_000, 1 << 20
	for _, rel := range []glovebox.ReleaseDef{laplace(0.6, 0), gaussian(0.06, 0), laplace(6, 0)} {
		p, part := filled(4, n, rel, units, unitCount, unitSum, unitMean)
		table := check.Must(p.Release(part, check.Must(mechanism.NewSource())))
		if len(table.Rows) != n {
			t.Fatalf("%d rows", len(table.Rows))
		}
		truth := []float64{units, units * p.grids[0].value(float64(p.grids[0].hi/2)), p.grids[1].mid + p.grids[1].value(float64(p.grids[1].hi/2))}
		for m, metric := range p.metrics {
			sq, hit := 0.0, 0
			for _, r := range table.Rows {
				c := r.Cells[m]
				sq += (c.Value - truth[m]) * (c.Value - truth[m])
				if c.Lo <= truth[m] && truth[m] <= c.Hi {
					hit++
				}
				if !(c.Lo <= c.Value && c.Value <= c.Hi) {
					t.Fatalf("%s: %+v", metric.Name, c)
				}
			}
			e := table.Facts.Errors[metric.Name]
			if metric.Kind != glovebox.Mean {
				if ratio := math.Sqrt(sq/n) / e.StdDev; math.Abs(ratio-1) > 0.02 {
					t.Errorf("%+v, %s: the error is %.4f of what was declared", rel, metric.Name, ratio)
				}
				// Whole numbers of units make the interval of a count wider than needed.
				check.Share(t, metric.Name+" within its interval", hit, n, 0.95, 0.975)
				continue
			}
			// The noise of the number of units weighs as much as the mean is off
			// the middle; the declared error takes the end of the range.
			off := p.grids[1].value(float64(p.grids[1].hi / 2))
			want := math.Hypot(p.grids[1].value(p.budget.sums[1].StdDev()), off*p.budget.units.StdDev()) / units
			if ratio := math.Sqrt(sq/n) / want; math.Abs(ratio-1) > 0.02 || want > e.StdDev/units {
				t.Errorf("%+v, %s: the error is %.4f of what it should be", rel, metric.Name, ratio)
			}
			check.Share(t, metric.Name+" within its interval", hit, n, 0.95, 1)
		}
	}
}

// TestReleaseSelects compares the share of private keys that come out with the
// probability of their number of units, and their counts with at least one.
func TestReleaseSelects(t *testing.T) {
	const n = 40_000
	for _, units := range []uint64{1, 8, 12, 14, 30} {
		for _, rel := range []glovebox.ReleaseDef{laplace(2, 0.001), gaussian(1, 0.001)} {
			p, part := filled(1, n, rel, units, unitCount)
			table := check.Must(p.Release(part, check.Must(mechanism.NewSource())))
			want := keepChance(p, units)
			check.Share(t, fmt.Sprintf("%+v, keys of %d units", rel, units), len(table.Rows), n, want*(1-1e-9), math.Min(1, want*(1+1e-9)))
			last := int64(-1)
			for _, r := range table.Rows {
				if k := r.Key[0].(int64); k <= last || r.Cells[0].Value < 1 {
					t.Fatalf("row %+v after key %d", r, last)
				} else {
					last = k
				}
			}
		}
	}
}

// TestReleaseTruth: where the price is so high that noise all but vanishes
// (a count's with a probability below 1e-100), tables show the truth, for
// every kind of key.
func TestReleaseTruth(t *testing.T) {
	town := glovebox.KeyField{Name: "t", Type: glovebox.String, Width: 10, Public: []string{"north", "south", "乙"}}
	for name, c := range map[string]struct {
		keys  []glovebox.KeyField
		delta float64
		rows  int
	}{
		"public":  {keysOf(town, publicKey("k", 0, 1, 2, 3)), 0, 12},
		"private": {keysOf(textKey, intKey), 0.01, 6},
	} {
		p := check.Must(NewPlan(output(1, c.keys, unitCount, unitSum, unitMean), laplace(1000, c.delta), nil))
		b := p.NewBounder([32]byte{1})
		want := map[string][3]float64{}
		for i := range 1200 {
			town, k, v := []string{"north", "乙"}[i%2], i%3, float64(i%9)
			b.Unit(token(i), 1, record(10, []any{town, k}, v, v))
			w := want[fmt.Sprint(town, k)]
			want[fmt.Sprint(town, k)] = [3]float64{w[0] + 1, w[1] + math.Min(v, 3), w[2] + v}
		}
		table := check.Must(p.Release(check.Must(b.Partial()), check.Must(mechanism.NewSource())))
		if len(table.Rows) != c.rows {
			t.Fatalf("%s: %d rows", name, len(table.Rows))
		}
		for _, r := range table.Rows {
			w, there := want[fmt.Sprint(r.Key...)]
			switch {
			case r.Cells[0].Value != w[0]:
				t.Errorf("%s, %v: count %v, want %v", name, r.Key, r.Cells[0], w[0])
			case math.Abs(r.Cells[1].Value-w[1]) > 1:
				t.Errorf("%s, %v: sum %v, want %v", name, r.Key, r.Cells[1], w[1])
			case there && math.Abs(r.Cells[2].Value-w[2]/w[0]) > 0.01:
				t.Errorf("%s, %v: mean %v, want %v", name, r.Key, r.Cells[2], w[2]/w[0])
			case !there && r.Cells[2] != Cell{Value: 5, Hi: 10}:
				t.Errorf("%s, %v: mean of nobody %v", name, r.Key, r.Cells[2])
			}
		}
	}
}

// TestReleaseOnce: a partial makes one table, and only of its own job.
func TestReleaseOnce(t *testing.T) {
	src := check.Must(mechanism.NewSource())
	p, part := filled(1, 3, laplace(1, 0), 5, unitCount)
	other, _ := filled(1, 4, laplace(1, 0), 5, unitCount)
	_, err := other.Release(part, src)
	check.Code(t, "another job's partial", err, glovebox.CodeConflict)
	check.Must(p.Release(part, src))
	_, err = p.Release(part, src)
	check.Code(t, "twice", err, glovebox.CodeConflict)
	_, err = part.MarshalBinary()
	check.Code(t, "a copy after the release", err, glovebox.CodeConflict)
	check.Code(t, "a merge after the release", p.NewPartial().Merge(part), glovebox.CodeConflict)
	_, err = p.Release(nil, src)
	check.Code(t, "no partial", err, glovebox.CodeInternal)
	_, err = p.Release(p.NewPartial(), nil)
	check.Code(t, "no source", err, glovebox.CodeInternal)
}

// TestReleaseRowsAreThere: public keys all appear, nobody's too; no key gives
// one row; no private key gives an empty table that is a table.
func TestReleaseRowsAreThere(t *testing.T) {
	release := func(out glovebox.Output, delta float64) *Table {
		p := check.Must(NewPlan(out, laplace(1, delta), nil))
		return check.Must(p.Release(p.NewPartial(), check.Must(mechanism.NewSource())))
	}
	if n := len(release(output(2, keysOf(publicKey("a", 3, 1, 2), publicKey("b", -1, 1)), unitCount), 0).Rows); n != 6 {
		t.Errorf("%d rows of 6 public keys", n)
	}
	if n := len(release(output(1, nil, unitSum), 0).Rows); n != 1 {
		t.Errorf("%d rows without a key", n)
	}
	text := string(check.Must(json.Marshal(release(output(1, keysOf(intKey), unitCount), 1e-6).Rows)))
	if text != "[]" {
		t.Errorf("no private key: rows %s", text)
	}
}

// TestReleaseClamps: what cannot be is not shown, for keys that nobody has.
func TestReleaseClamps(t *testing.T) {
	list := make([]any, 2000)
	for i := range list {
		list[i] = i
	}
	p := check.Must(NewPlan(output(1, keysOf(publicKey("k", list...)), unitCount, unitMean,
		glovebox.Metric{Name: "up", Kind: glovebox.Sum, Min: 1, Max: 2}, glovebox.Metric{Name: "down", Kind: glovebox.Sum, Min: -2, Max: 0},
		glovebox.Metric{Name: "both", Kind: glovebox.Sum, Min: -2, Max: 1}), laplace(1, 0), nil))
	below := 0
	for _, r := range check.Must(p.Release(p.NewPartial(), check.Must(mechanism.NewSource()))).Rows {
		n, m, up, down, both := r.Cells[0], r.Cells[1], r.Cells[2], r.Cells[3], r.Cells[4]
		if n.Lo < 0 || n.Value != math.Trunc(n.Value) || m.Lo < 0 || m.Hi > 10 || up.Lo < 0 || down.Hi > 0 {
			t.Fatalf("%+v", r)
		}
		if both.Value < 0 {
			below++
		}
	}
	check.Share(t, "sums of either sign below zero", below, 2000, 0.49, 0.5)
}

// TestReleaseBytes fixes the bytes of small tables under fixed noise. They
// change only if a mechanism, the order of draws or the rounding changes, and
// such a change belongs in the release notes.
func TestReleaseBytes(t *testing.T) {
	for _, c := range []struct {
		rel     glovebox.ReleaseDef
		selects string
		want    string
	}{
		{laplace(1, 0), "", `[{"key":[0],"cells":[{"value":28,"lo":10,"hi":46},{"value":73.7,"lo":19.7,"hi":127.6},{"value":6.5,"lo":0,"hi":10}]},{"key":[1],"cells":[{"value":38,"lo":20,"hi":56},{"value":93,"lo":39,"hi":147},{"value":9.06,"lo":5.72,"hi":10}]},{"key":[2],"cells":[{"value":37,"lo":19,"hi":55},{"value":43.7,"lo":-10.3,"hi":97.7},{"value":6.06,"lo":0.22,"hi":10}]}]`},
		{gaussian(0.1, 0), "", `[{"key":[0],"cells":[{"value":46,"lo":35,"hi":57},{"value":71.5,"lo":39.3,"hi":103.8},{"value":6.82,"lo":5.38,"hi":9.27}]},{"key":[1],"cells":[{"value":32,"lo":21,"hi":43},{"value":54.5,"lo":22.2,"hi":86.8},{"value":9.25,"lo":6.69,"hi":10}]},{"key":[2],"cells":[{"value":40,"lo":29,"hi":51},{"value":44.3,"lo":12,"hi":76.6},{"value":7.32,"lo":5.6,"hi":10}]}]`},
		{laplace(3, 1e-6), "", `[{"key":[0],"cells":[{"value":36,"lo":30,"hi":42},{"value":64.6,"lo":46.5,"hi":82.6},{"value":7.23,"lo":6.01,"hi":9.05}]},{"key":[1],"cells":[{"value":42,"lo":36,"hi":48},{"value":58.6,"lo":40.6,"hi":76.6},{"value":7.26,"lo":6.18,"hi":8.77}]},{"key":[2],"cells":[{"value":40,"lo":34,"hi":46},{"value":70.8,"lo":52.8,"hi":88.9},{"value":7.34,"lo":6.2,"hi":8.95}]}]`},
		{laplace(3, 1e-6), OwnShare, `[{"key":[0],"cells":[{"value":39,"lo":31,"hi":47},{"value":66.1,"lo":42.1,"hi":90.1},{"value":6.89,"lo":5.5,"hi":9.24}]},{"key":[1],"cells":[{"value":37,"lo":29,"hi":45},{"value":74.7,"lo":50.6,"hi":98.7},{"value":8.35,"lo":6.59,"hi":10}]},{"key":[2],"cells":[{"value":38,"lo":30,"hi":46},{"value":56.2,"lo":32.2,"hi":80.2},{"value":7.63,"lo":6.05,"hi":10}]}]`},
	} {
		p, part := filled(2, 3, c.rel, 40, unitCount, unitSum, unitMean)
		if c.selects != "" { // another plan of the same declaration but for what selects
			p = check.Must(NewPlan(selecting(c.selects, output(2, keysOf(intKey), unitCount, unitSum, unitMean)), c.rel, nil))
		}
		if got := string(check.Must(json.Marshal(check.Must(p.Release(part, mechanism.SeededSource([32]byte{7}))).Rows))); got != c.want {
			t.Errorf("%+v:\n%s\nwant\n%s", c.rel, got, c.want)
		}
	}
}
