package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"glovebox"
	"glovebox/privacy"
)

// aggregate is one metric of the measured jobs: what a unit says, and what the
// figure would be without noise.
type aggregate struct {
	metric glovebox.Metric
	value  func(r *rand.Rand) []float64    // of one unit and key; nil: none
	truth  func(units [][]float64) float64 // of one key
	theory func(f privacy.Facts, units [][]float64) float64
	word   string // what the theory is
}

// declared is the deviation that a job's facts declare for a metric.
func declared(name string, perUnit bool) func(privacy.Facts, [][]float64) float64 {
	return func(f privacy.Facts, units [][]float64) float64 {
		if perUnit {
			return f.Errors[name].StdDev / float64(len(units))
		}
		return f.Errors[name].StdDev
	}
}

var aggregates = []aggregate{
	{
		metric: glovebox.Metric{Name: "people", Kind: glovebox.Count},
		truth:  func(u [][]float64) float64 { return float64(len(u)) },
		theory: declared("people", false), word: "exact",
	},
	{
		metric: glovebox.Metric{Name: "income", Kind: glovebox.Sum, Min: 0, Max: 100},
		value:  func(r *rand.Rand) []float64 { return []float64{100 * r.Float64()} },
		truth:  sumOf, theory: declared("income", false), word: "exact",
	},
	{
		metric: glovebox.Metric{Name: "balance", Kind: glovebox.Sum, Min: -50, Max: 100},
		value:  func(r *rand.Rand) []float64 { return []float64{20 + 30*r.NormFloat64()} },
		truth:  func(u [][]float64) float64 { return sumOf(clamped(u, -50, 100)) },
		theory: declared("balance", false), word: "exact",
	},
	{
		metric: glovebox.Metric{Name: "age", Kind: glovebox.Mean, Min: 0, Max: 100},
		value:  func(r *rand.Rand) []float64 { return []float64{100 * math.Sqrt(r.Float64())} },
		truth:  func(u [][]float64) float64 { return sumOf(u) / float64(len(u)) },
		theory: declared("age", true), word: "upper bound",
	},
}

// aggregateTable measures jobs: 50 public keys of 400 units each, every unit with
// its own keys; one metric a job, so that the whole price is its.
func aggregateTable() (*table, error) {
	const keys, perKey, releases = 50, 400, 1000
	t := newTable("metric", "range", "price", "keys per unit", "RMSE", "theory", "measured / theory", "theory is")
	for _, a := range aggregates {
		for _, c := range []struct {
			rel glovebox.ReleaseDef
			l0  int
		}{{glovebox.ReleaseDef{Epsilon: 1}, 1}, {glovebox.ReleaseDef{Epsilon: 1}, 5}, {glovebox.ReleaseDef{Rho: 0.1}, 5}} {
			c.rel.Method = "dp"
			price := fmt.Sprintf("epsilon %v", c.rel.Epsilon)
			if c.rel.Rho > 0 {
				price = fmt.Sprintf("rho %v", c.rel.Rho)
			}
			measured, theory, err := a.measure(c.rel, c.l0, keys, perKey, releases)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", a.metric.Name, err)
			}
			span := "-"
			if a.metric.Max != a.metric.Min {
				span = fmt.Sprintf("[%v, %v]", a.metric.Min, a.metric.Max)
			}
			t.add(a.metric.Kind, span, price, c.l0, measured, theory, measured/theory, a.word)
		}
	}
	return t, nil
}

// measure runs the same job over the same data many times.
func (a *aggregate) measure(rel glovebox.ReleaseDef, l0, keys, perKey, releases int) (measured, theory float64, err error) {
	var list []any
	for k := range keys {
		list = append(list, k)
	}
	plan, err := privacy.NewPlan(glovebox.Output{
		Key:            []glovebox.KeyField{{Name: "k", Type: glovebox.Int64, Public: list}},
		MaxKeysPerUnit: l0, Metrics: []glovebox.Metric{a.metric},
	}, rel, nil)
	if err != nil {
		return 0, 0, err
	}
	src, err := privacy.NewSource()
	if err != nil {
		return 0, 0, err
	}
	// A unit has l0 keys, one after the other.
	r := rand.New(rand.NewPCG(5, 6))
	byKey := make([][][]float64, keys)
	var records [][]byte
	for u := range keys * perKey / l0 {
		var record []byte
		for i := range l0 {
			k := (u*l0 + i) % keys
			record = binary.LittleEndian.AppendUint64(record, uint64(k))
			var v []float64
			if a.value != nil {
				v = a.value(r)
			}
			for _, x := range v {
				record = binary.LittleEndian.AppendUint64(record, math.Float64bits(x))
			}
			byKey[k] = append(byKey[k], v)
		}
		records = append(records, record)
	}
	var errs []float64
	for range releases {
		b := plan.NewBounder([32]byte{1})
		for u, record := range records {
			var token [16]byte
			binary.BigEndian.PutUint64(token[:], uint64(u))
			b.Unit(token, l0, record)
		}
		part, err := b.Partial()
		if err != nil {
			return 0, 0, err
		}
		out, err := plan.Release(part, src)
		if err != nil {
			return 0, 0, err
		}
		for k, row := range out.Rows {
			errs = append(errs, row.Cells[0].Value-a.truth(byKey[k]))
		}
	}
	return rms(errs), a.theory(plan.Facts(), byKey[0]), nil
}

func sumOf(u [][]float64) float64 {
	sum := 0.0
	for _, v := range u {
		sum += v[0]
	}
	return sum
}

func clamped(u [][]float64, lo, hi float64) [][]float64 {
	out := make([][]float64, len(u))
	for i, v := range u {
		out[i] = []float64{min(max(v[0], lo), hi)}
	}
	return out
}
