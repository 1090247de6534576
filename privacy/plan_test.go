package privacy

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestPlanRefuses breaks a good declaration in every way and checks the field
// that the error names.
func TestPlanRefuses(t *testing.T) {
	type job struct {
		out    glovebox.Output
		rel    glovebox.ReleaseDef
		public PublicKeys
	}
	many := make([]any, 1001)
	texts := make([]string, 1001)
	for i := range many {
		many[i], texts[i] = i, fmt.Sprint(i)
	}
	metric := func(m glovebox.Metric) func(*job) { return func(j *job) { j.out.Metrics = []glovebox.Metric{m} } }
	keys := func(k ...glovebox.KeyField) func(*job) { return func(j *job) { j.out.Key = k } }
	public := func(name string, typ glovebox.Type, values ...any) glovebox.KeyField {
		return glovebox.KeyField{Name: name, Type: typ, Public: values}
	}
	def := func(r glovebox.DefaultRecord) func(*job) {
		return func(j *job) { j.out.Default = []glovebox.DefaultRecord{r} }
	}
	for _, c := range []struct {
		field string
		spoil func(*job)
	}{
		{"output.max_keys_per_unit", func(j *job) { j.out.MaxKeysPerUnit = 0 }},
		{"output.max_keys_per_unit", func(j *job) { j.out.MaxKeysPerUnit = 1001 }},
		{"output.metrics", func(j *job) { j.out.Metrics = nil }},
		{"output.metrics", func(j *job) { j.out.Metrics = make([]glovebox.Metric, 65) }},
		{"output.metrics[0]", metric(glovebox.Metric{Kind: glovebox.Count})},
		{"output.metrics[0]", metric(glovebox.Metric{Name: "a b", Kind: glovebox.Count})},
		{"output.metrics[0]", metric(glovebox.Metric{Name: "1a", Kind: glovebox.Count})},
		{"output.metrics[0]", metric(glovebox.Metric{Name: "k", Kind: glovebox.Count})}, // the key's name
		{"output.metrics[1]", func(j *job) { j.out.Metrics = []glovebox.Metric{unitCount, unitCount} }},
		{"output.metrics.n.kind", metric(glovebox.Metric{Name: "n", Kind: "median"})},
		{"output.metrics.n", metric(glovebox.Metric{Name: "n", Kind: glovebox.Count, Max: 1})},
		{"output.metrics.s.max", metric(glovebox.Metric{Name: "s", Kind: glovebox.Sum})},
		{"output.metrics.s", metric(glovebox.Metric{Name: "s", Kind: glovebox.Sum, Max: 1, Size: 2})},
		{"output.metrics.c.max_total", metric(glovebox.Metric{Name: "c", Kind: glovebox.Sum, Min: -3, Max: 1, MaxTotal: 2})},
		{"output.metrics.c.max_total", metric(glovebox.Metric{Name: "c", Kind: glovebox.Sum, Max: 1, MaxTotal: math.NaN()})},
		{"output.metrics.c", metric(glovebox.Metric{Name: "c", Kind: glovebox.Mean, Max: 1, MaxTotal: 2})},
		{"output.metrics.n.weight", metric(glovebox.Metric{Name: "n", Kind: glovebox.Count, Weight: -1})},
		{"output.metrics.n.weight", metric(glovebox.Metric{Name: "n", Kind: glovebox.Count, Weight: 1001})},
		{"output.metrics.h.max", metric(glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Bins: 3})},
		{"output.metrics.h.bins", metric(glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Max: 1})},
		{"output.metrics.h.bins", metric(glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Max: 1, Bins: 4097})},
		{"output.metrics.h.bins", metric(glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Min: 1e16, Max: 1e16 + 4, Bins: 100})},
		{"output.metrics.h.edges", metric(glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Max: 1, Edges: []float64{1, 2}})},
		{"output.metrics.h.edges", metric(glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Edges: []float64{1}})},
		{"output.metrics.h.edges[1]", metric(glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Edges: []float64{1, 1}})},
		{"output.metrics.h.edges[1]", metric(glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Edges: []float64{1, math.NaN()}})},
		{"output.metrics.h", metric(glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Max: 1, Bins: 2, At: []float64{0.5}})},
		{"output.metrics", func(j *job) {
			j.out.Key, j.rel = keysOf(keyRange(200_000)), laplace(1, 0)
			j.out.Metrics = []glovebox.Metric{{Name: "h", Kind: glovebox.Histogram, Max: 1, Bins: 2000}}
		}},
		{"output.top.k", func(j *job) { j.out.Top = &glovebox.Top{K: 0, By: "n"} }},
		{"output.top.k", func(j *job) { j.out.Top = &glovebox.Top{K: 1001, By: "n"} }},
		{"output.top.by", func(j *job) { j.out.Top = &glovebox.Top{K: 1, By: "x"} }},
		{"output.top.by", func(j *job) {
			j.out.Metrics, j.out.Top = []glovebox.Metric{unitMean}, &glovebox.Top{K: 1, By: "m"}
		}},
		{"output.top.by", func(j *job) {
			j.out.Metrics, j.out.Top = []glovebox.Metric{unitSum}, &glovebox.Top{K: 1, By: "s"}
		}},
		{"output.top", func(j *job) {
			j.out.Key, j.rel = nil, laplace(1, 0)
			j.out.Metrics, j.out.Top = []glovebox.Metric{unitCount}, &glovebox.Top{K: 1, By: "n"}
		}},
		{"output.max_records_per_key", func(j *job) { j.out.MaxRecordsPerKey = 2 }},
		{"output.max_records_per_unit", func(j *job) { j.out.MaxRecordsPerUnit = 2 }},
		{"output.max_records_per_key", func(j *job) { j.out.MaxRecordsPerKey = 1001 }},
		{"output.max_records_per_key", func(j *job) { j.out.MaxRecordsPerKey = -1 }},
		{"output.max_records_per_unit", func(j *job) { j.out.MaxRecordsPerUnit = 1_000_001 }},
		{"output.metrics.y.max", metric(glovebox.Metric{Name: "y", Kind: glovebox.Variance, Min: 0, Max: 1e-101})},
		{"output.metrics.y.max", metric(glovebox.Metric{Name: "y", Kind: glovebox.Variance, Min: 1, Max: 1})},
		{"output.metrics.v", metric(glovebox.Metric{Name: "v", Kind: glovebox.Vector, Max: 1, Size: 2, Clip: 1})},
		{"output.metrics.v.size", metric(glovebox.Metric{Name: "v", Kind: glovebox.Vector, Clip: 1})},
		{"output.metrics.v.size", metric(glovebox.Metric{Name: "v", Kind: glovebox.Vector, Clip: 1, Size: 4097})},
		{"output.metrics.v.clip", metric(glovebox.Metric{Name: "v", Kind: glovebox.Vector, Size: 2})},
		{"output.metrics.v.clip", metric(glovebox.Metric{Name: "v", Kind: glovebox.Vector, Size: 2, Clip: math.NaN()})},
		{"output.metrics.v.clip", metric(glovebox.Metric{Name: "v", Kind: glovebox.Vector, Size: 2, Clip: 1e101})},
		{"output.metrics", func(j *job) {
			big := unitVector
			big.Size = MaxVector
			other := big
			other.Name = "w"
			j.out.Metrics = []glovebox.Metric{big, other, unitCount}
		}},
		{"output.metrics.n_lo", func(j *job) {
			j.out.Metrics = []glovebox.Metric{unitCount, {Name: "n_lo", Kind: glovebox.Count}}
		}},
		{"output.metrics.need.max", metric(glovebox.Metric{Name: "need", Kind: glovebox.Mean, Min: 2, Max: 1})},
		{"output.metrics.s.max", metric(glovebox.Metric{Name: "s", Kind: glovebox.Sum, Max: math.Inf(1)})},
		{"output.metrics.s.min", metric(glovebox.Metric{Name: "s", Kind: glovebox.Sum, Min: math.NaN(), Max: 1})},
		{"output.metrics.s.min", metric(glovebox.Metric{Name: "s", Kind: glovebox.Sum, Min: -1e101, Max: 1})},
		{"output.key", keys(make([]glovebox.KeyField, 17)...)},
		{"output.key[0]", keys(glovebox.KeyField{Name: "a.b", Type: glovebox.Int64, Private: true})},
		{"output.key[1]", keys(intKey, intKey)},
		{"output.key.k.type", keys(glovebox.KeyField{Name: "k", Type: glovebox.Float64, Private: true})},
		{"output.key.k.width", keys(glovebox.KeyField{Name: "k", Type: glovebox.Int64, Width: 8, Private: true})},
		{"output.key.k.width", keys(glovebox.KeyField{Name: "k", Type: glovebox.String, Width: 65, Private: true})},
		{"output.key.k.width", keys(glovebox.KeyField{Name: "k", Type: glovebox.String, Width: -1, Private: true})},
		{"output.key.k", keys(glovebox.KeyField{Name: "k", Type: glovebox.Int64})},
		{"output.key.k", keys(glovebox.KeyField{Name: "k", Type: glovebox.Int64, Private: true, Public: many})},
		{"output.key.k2", keys(intKey, public("k2", glovebox.Int64, 1))},
		{"output.key", keys(
			glovebox.KeyField{Name: "a", Type: glovebox.String, Width: 64, Private: true}, glovebox.KeyField{Name: "b", Type: glovebox.String, Width: 64, Private: true},
			glovebox.KeyField{Name: "c", Type: glovebox.String, Width: 64, Private: true}, glovebox.KeyField{Name: "d", Type: glovebox.String, Width: 57, Private: true}, intKey)},
		{"output.key.p.public", keys(public("p", glovebox.Int64))},
		{"output.key.p.public", keys(public("p", glovebox.Int64, 1, 2, 1))},
		{"output.key.p.public", keys(public("p", glovebox.String, "a", "a"))},
		{"output.key.p.public[1]", keys(public("p", glovebox.Int64, 1, 2.5))},
		{"output.key.p.public[0]", keys(public("p", glovebox.Int64, uint64(1<<63)))},
		{"output.key.p.public[0]", keys(public("p", glovebox.Int64, 1e300))},
		{"output.key.p.public[0]", keys(public("p", glovebox.Int64, json.Number("x")))},
		{"output.key.p.public[0]", keys(public("p", glovebox.Int64, true))},
		{"output.key.p.public[0]", keys(public("p", glovebox.String, 12))},
		{"output.key.p.public[1]", keys(public("p", glovebox.String, "a", "b\x00"))},
		{"output.key.p.public[0]", keys(public("p", glovebox.String, "\xff"))},
		{"output.key.p.public[0]", keys(public("p", glovebox.String, strings.Repeat("x", 33)))},
		{"output.key.p.public", keys(glovebox.KeyField{Name: "p", Type: glovebox.Int64, Public: "towns.csv"})},
		{"output.key.p.public", keys(glovebox.KeyField{Name: "p", Type: glovebox.Int64, Public: 7})},
		{"output.key.p.public[2]", func(j *job) {
			j.out.Key = keysOf(glovebox.KeyField{Name: "p", Type: glovebox.Int64, Public: "towns.csv"})
			j.public = PublicKeys{"p": {"1", "2", "three"}}
		}},
		{"output.key", keys(public("p", glovebox.Int64, many...), public("q", glovebox.Int64, many...))},
		{"release.method", func(j *job) { j.rel.Method = "" }},
		{"release", func(j *job) { j.rel.Rho = 1 }},
		{"release", func(j *job) { j.rel.Epsilon = 0 }},
		{"release.epsilon", func(j *job) { j.rel.Epsilon = -1 }},
		{"release.epsilon", func(j *job) { j.rel.Epsilon = math.NaN() }},
		{"release.epsilon", func(j *job) { j.rel.Epsilon = 1001 }},
		{"release.epsilon", func(j *job) { j.rel.Epsilon = 1e-9 }}, // three parts
		{"release.rho", func(j *job) { j.rel.Epsilon, j.rel.Rho = 0, math.Inf(1) }},
		{"release.delta", func(j *job) { j.rel.Delta = 0 }},
		{"release.delta", func(j *job) { j.rel.Delta = 0.011 }},
		{"release.delta", func(j *job) { j.rel.Delta = math.NaN() }},
		{"release.delta", keys(public("p", glovebox.Int64, 1))},
		{"output.default[0].key.k", def(glovebox.DefaultRecord{Metrics: map[string]float64{"s": 1}})},
		{"output.default[0].key.k", def(glovebox.DefaultRecord{Key: map[string]any{"k": "x"}, Metrics: map[string]float64{"s": 1}})},
		{"output.default[0].key", def(glovebox.DefaultRecord{Key: map[string]any{"k": 1, "z": 1}, Metrics: map[string]float64{"s": 1}})},
		{"output.default[0].metrics.s", def(glovebox.DefaultRecord{Key: map[string]any{"k": 1}})},
		{"output.default[0].metrics.s", def(glovebox.DefaultRecord{Key: map[string]any{"k": 1}, Metrics: map[string]float64{"s": math.Inf(1)}})},
		{"output.default[0].metrics", def(glovebox.DefaultRecord{Key: map[string]any{"k": 1}, Metrics: map[string]float64{"s": 1, "n": 1}})},
		{"output.default[0].key.p", func(j *job) {
			j.out.Key, j.rel.Delta = keysOf(public("p", glovebox.Int64, 1)), 0
			j.out.Default = []glovebox.DefaultRecord{{Key: map[string]any{"p": 2}, Metrics: map[string]float64{"s": 1}}}
		}},
		{"output.default", func(j *job) { j.out.Default = make([]glovebox.DefaultRecord, 1001) }},
	} {
		j := job{out: output(3, keysOf(intKey), unitCount, unitSum), rel: laplace(1, 1e-6)}
		if _, err := NewPlan(j.out, j.rel, nil); err != nil {
			t.Fatalf("the good declaration is refused: %v", err)
		}
		c.spoil(&j)
		_, err := NewPlan(j.out, j.rel, j.public)
		e, ok := errors.AsType[*glovebox.Error](err)
		if !ok || e.Code != glovebox.CodeInvalid || e.Field != c.field {
			t.Errorf("want an error of field %s, got %v", c.field, err)
		}
	}
}

// TestBudgetSplit: parts are even in billionths and make up the price exactly.
func TestBudgetSplit(t *testing.T) {
	sum2 := glovebox.Metric{Name: "s2", Kind: glovebox.Sum, Max: 5}
	count2 := glovebox.Metric{Name: "n2", Kind: glovebox.Count}
	for _, c := range []struct {
		metrics []glovebox.Metric
		private bool
		selects string
		parts   int64
	}{
		{[]glovebox.Metric{unitCount}, false, "", 1},
		{[]glovebox.Metric{unitCount}, true, OwnShare, 2},
		{[]glovebox.Metric{unitCount}, true, "n", 1},
		{[]glovebox.Metric{unitCount, count2}, false, "", 1},
		{[]glovebox.Metric{unitSum}, false, "", 1},
		{[]glovebox.Metric{unitSum}, true, "", 2},
		{[]glovebox.Metric{unitMean}, false, "", 2},
		{[]glovebox.Metric{unitMean, unitCount, unitSum, sum2}, true, OwnShare, 5},
		{[]glovebox.Metric{unitMean, unitCount, unitSum, sum2}, true, "n", 4},
		{[]glovebox.Metric{unitMean, unitCount, unitSum, sum2}, true, "s2", 4},
	} {
		key, delta := publicKey("k", 1, 2), 0.0
		if c.private {
			key, delta = intKey, 1e-6
		}
		for _, loss := range []float64{1, 0.1, 0.000000011, 1000, 0.7} {
			for _, rel := range []glovebox.ReleaseDef{laplace(loss, delta), gaussian(loss, delta)} {
				f := check.Must(NewPlan(selecting(c.selects, output(2, keysOf(key), c.metrics...)), rel, nil)).Facts()
				var total, parts int64
				least, most := int64(math.MaxInt64), int64(0)
				add := func(part int64) {
					total, parts, least, most = total+part, parts+1, min(least, part), max(most, part)
				}
				for _, n := range f.Noise {
					add(n.Loss)
				}
				if f.Selection != nil && f.Selection.Mechanism != byReleased {
					add(f.Selection.Loss)
				}
				if total != check.Must(glovebox.CeilLoss(loss)) || total != f.Price.Loss || parts != c.parts || most-least > 1 {
					t.Errorf("%v of %v: %d parts of %d..%d make up %d", loss, c.metrics, parts, least, most, total)
				}
			}
		}
	}
}

// TestCost checks the price for both kinds of ledger.
func TestCost(t *testing.T) {
	price := func(rel glovebox.ReleaseDef, kind glovebox.LedgerKind) glovebox.Amount {
		return check.Must(check.Must(NewPlan(selecting(OwnShare, output(1, keysOf(intKey), unitCount)), rel, nil)).Cost(kind))
	}
	for _, c := range []struct {
		rel  glovebox.ReleaseDef
		kind glovebox.LedgerKind
		want glovebox.Amount
	}{
		{laplace(0.1, 1e-6), glovebox.LedgerPure, glovebox.Amount{Loss: 100_000_000, Delta: 1_000_000_000}},
		{laplace(0.1, 1e-6), glovebox.LedgerZCDP, glovebox.Amount{Loss: 2_500_000, Delta: 1_000_000_000}},   // 2*0.05^2/2
		{laplace(0.0001, 1e-6), glovebox.LedgerZCDP, glovebox.Amount{Loss: 2, Delta: 1_000_000_000}},        // Gaussian noise, which a delta so large beside epsilon makes the smaller one
		{laplace(1000, 0.01), glovebox.LedgerZCDP, glovebox.Amount{Loss: 126_012_500_000_000, Delta: 1e13}}, // 500^2/2 + 45^2/2
		{gaussian(0.5, 1e-15), glovebox.LedgerZCDP, glovebox.Amount{Loss: 500_000_000, Delta: 1}},
	} {
		if got := price(c.rel, c.kind); got != c.want {
			t.Errorf("%+v on a %s ledger: %v, want %v", c.rel, c.kind, got, c.want)
		}
	}
	p := check.Must(NewPlan(output(3, keysOf(intKey), unitCount), gaussian(1, 1e-6), nil))
	_, err := p.Cost(glovebox.LedgerPure)
	check.Code(t, "Gaussian noise on a pure ledger", err, glovebox.CodeInvalid)
	_, err = p.Cost("")
	check.Code(t, "no kind", err, glovebox.CodeInvalid)
}

// TestFacts holds the noise to the formulas of sensitivity.
func TestFacts(t *testing.T) {
	f := check.Must(NewPlan(selecting(OwnShare, output(4, keysOf(intKey), unitCount, unitSum)), laplace(30, 4e-6), nil)).Facts()
	want := []NoiseFacts{
		{Of: "units", Mechanism: "discrete_laplace", Parameter: "2/5", Step: "1", Reach: 1, Loss: 10_000_000_000},
		{Of: "s", Mechanism: "discrete_laplace", Parameter: fmt.Sprint(int64(3)<<38*2) + "/5", Step: "2^-38", Reach: 3 << 38, Loss: 10_000_000_000},
	}
	if !reflect.DeepEqual(f.Noise, want) || f.L0 != 4 {
		t.Errorf("noise %+v, want %+v", f.Noise, want)
	}
	if s := f.Selection; s == nil || s.Epsilon != "5/2" || s.Variance != "" || s.Delta != "1/1000000" || s.Mechanism != "optimal_partition_selection" || s.Loss != 10_000_000_000 {
		t.Errorf("selection %+v", f.Selection)
	}
	if e := f.Errors["n"]; math.Abs(e.StdDev-math.Sqrt(2*math.Exp(-2.5))/(1-math.Exp(-2.5))) > 1e-9 || e.Half != 1 {
		t.Errorf("error of a count %+v", e)
	}
	if e := f.Errors["s"]; math.Abs(e.StdDev-3*0.4*math.Sqrt2) > 0.01 {
		t.Errorf("error of a sum %+v", e)
	}

	f = check.Must(NewPlan(selecting(OwnShare, output(4, keysOf(intKey), unitMean)), gaussian(0.3, 4e-6), nil)).Facts()
	// rho 0.1 each: variance 4*D^2/0.2 = 20 D^2; D of a mean in [0, 10] is 5.
	if f.Noise[0].Parameter != "20" {
		t.Errorf("variance of the units %s", f.Noise[0].Parameter)
	}
	if e := f.Errors["m"]; math.Abs(e.StdDev/(5*math.Sqrt(40))-1) > 1e-9 || f.Noise[1].Step != "2^-37" || f.Noise[1].Reach != 5<<37 {
		t.Errorf("error of a mean %+v, noise %+v", e, f.Noise[1])
	}
	if s := f.Selection; s.Mechanism != "gaussian_threshold_selection" || s.Variance != "20" || s.Delta != "1/1000000" {
		t.Errorf("selection %+v", f.Selection)
	}
	// One key a unit: the optimal selection, for epsilon; Gaussian noise for rho.
	f = check.Must(NewPlan(selecting(OwnShare, output(1, keysOf(intKey), unitCount)), laplace(0.2, 4e-6), nil)).Facts()
	if s := f.Selection; s.Mechanism != "optimal_partition_selection" || s.Epsilon != "1/10" || s.Delta != "1/250000" || s.Variance != "" {
		t.Errorf("selection %+v", f.Selection)
	}

	// A tiny price coarsens the grid, so that the scale stays a machine word.
	p := check.Must(NewPlan(output(1000, keysOf(intKey), unitSum), laplace(2e-9, 1e-6), nil))
	if l := p.budget.sums[0].(*mechanism.Laplace); l.Scale().Num().BitLen() > 63 || l.Scale().Denom().BitLen() > 64 || p.grids[0].reach() > 1<<22 {
		t.Errorf("tiny price: reach %d, scale %v", p.grids[0].reach(), l.Scale())
	}
	if s := p.Facts().Selection.Mechanism; s != "truncated_laplace_selection" {
		t.Errorf("tiny price: selection by %s", s)
	}
}
