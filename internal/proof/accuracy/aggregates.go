package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Sizes of the measured jobs.
const (
	jobKeys     = 50
	jobPerKey   = 400
	jobReleases = 200 // 1000 where theory is exact
)

// aggregateTable measures jobs of one metric each, so that the whole price is
// its; every unit has one record for each of its keys.
func aggregateTable() (*table, error) {
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
			measured, theory, err := a.measure(c.rel, c.l0)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", a.metric.Kind, err)
			}
			t.add(a.name(), a.span(), price, c.l0, measured, theory, measured/theory, a.word)
		}
	}
	return t, nil
}

func (a *aggregate) name() string {
	if n := len(a.metric.At); n > 0 {
		return fmt.Sprintf("%s, %d at once", a.metric.Kind, n)
	}
	return string(a.metric.Kind)
}

func (a *aggregate) span() string {
	switch {
	case a.metric.Clip > 0:
		return fmt.Sprintf("norm %v", a.metric.Clip)
	case a.metric.Max > a.metric.Min:
		return fmt.Sprintf("[%v, %v]", a.metric.Min, a.metric.Max)
	}
	return "-"
}

// measure runs the same job over the same data many times.
func (a *aggregate) measure(rel glovebox.ReleaseDef, l0 int) (measured, theory float64, err error) {
	var list []any
	for k := range jobKeys {
		list = append(list, k)
	}
	a.metric.Name = "x"
	plan, err := privacy.NewPlan(glovebox.Output{
		Key:            []glovebox.KeyField{{Name: "k", Type: glovebox.Int64, Public: list}},
		MaxKeysPerUnit: l0, Metrics: []glovebox.Metric{a.metric},
	}, rel, nil)
	if err != nil {
		return 0, 0, err
	}
	src, err := mechanism.NewSource()
	if err != nil {
		return 0, 0, err
	}
	records, byKey := a.data(l0)
	var off []float64
	releases := jobReleases
	if a.word == "exact" {
		releases = 1000
	}
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
			off = append(off, a.miss(row.Cells, byKey[k])...)
		}
	}
	errors := plan.Facts().Errors
	e, ok := errors["x"]
	if !ok {
		return 0, 0, fmt.Errorf("no declared error among %d", len(errors))
	}
	return rms(off), a.theory(e, jobPerKey), nil
}

// data makes the records of all units, l0 each, and the values by key.
func (a *aggregate) data(l0 int) (records [][]byte, byKey [][][]float64) {
	r := rand.New(rand.NewPCG(5, 6))
	byKey = make([][][]float64, jobKeys)
	for u := range jobKeys * jobPerKey / l0 {
		var record []byte
		for i := range l0 {
			k := (u*l0 + i) % jobKeys
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
	return records, byKey
}
