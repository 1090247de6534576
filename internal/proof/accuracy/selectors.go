package main

import (
	"encoding/binary"
	"fmt"
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

// selectorTable tells what a job with private keys gives by either way of
// selecting them: from how many units on a key shows every other time, by the
// facts, and the error of its count, measured on keys that are always there.
func selectorTable() (*table, error) {
	t := newTable("metrics", "price", "keys per unit", "own share: units", "RMSE", "theory", "by the count: units", "RMSE", "theory", "taken")
	one := []glovebox.Metric{{Name: "n", Kind: glovebox.Count}}
	two := append(one[:1:1], glovebox.Metric{Name: "s", Kind: glovebox.Sum, Min: 0, Max: 10})
	for _, c := range []struct {
		name    string
		metrics []glovebox.Metric
		rel     glovebox.ReleaseDef
		l0      int
	}{
		{"count", one, glovebox.ReleaseDef{Epsilon: 1}, 1},
		{"count", one, glovebox.ReleaseDef{Epsilon: 1}, 10},
		{"count", one, glovebox.ReleaseDef{Epsilon: 1}, 100},
		{"count and sum", two, glovebox.ReleaseDef{Epsilon: 1}, 1},
		{"count and sum", two, glovebox.ReleaseDef{Epsilon: 1}, 10},
		{"count and sum", two, glovebox.ReleaseDef{Epsilon: 1}, 100},
		{"count and sum", two, glovebox.ReleaseDef{Rho: 0.1}, 10},
		{"count and sum", two, glovebox.ReleaseDef{Rho: 0.1}, 100},
	} {
		c.rel.Method, c.rel.Delta = "dp", 1e-6
		price := fmt.Sprintf("epsilon %v", c.rel.Epsilon)
		if c.rel.Rho > 0 {
			price = fmt.Sprintf("rho %v", c.rel.Rho)
		}
		out := glovebox.Output{Key: []glovebox.KeyField{{Name: "k", Type: glovebox.Int64, Private: true}}, MaxKeysPerUnit: c.l0, Metrics: c.metrics}
		cells := []any{c.name, price, c.l0}
		for _, by := range []string{privacy.OwnShare, "n"} {
			out.Select = by
			p, err := privacy.NewPlan(out, c.rel, nil)
			if err != nil {
				return nil, err
			}
			off, err := countErrors(p)
			if err != nil {
				return nil, err
			}
			f := p.Facts()
			cells = append(cells, f.Selection.Even, rms(off), f.Errors["n"].StdDev)
		}
		out.Select = ""
		p, err := privacy.NewPlan(out, c.rel, nil)
		if err != nil {
			return nil, err
		}
		taken := "own share"
		if p.Facts().Selection.Loss == 0 {
			taken = "the count"
		}
		if p.Facts().Noise[0].Mechanism == "discrete_gaussian" {
			taken += ", Gaussian noise"
		} else {
			taken += ", Laplace noise"
		}
		t.add(append(cells, taken)...)
	}
	return t, nil
}

// countErrors are those of the first figure of 20,000 keys, each with far more
// units than any threshold: the units of one partial result, merged with itself
// made anew until there are enough.
func countErrors(p *privacy.Plan) ([]float64, error) {
	const keys, units, doublings = 400, 50, 11
	src, err := mechanism.NewSource()
	if err != nil {
		return nil, err
	}
	var off []float64
	for range 50 {
		part, err := manyUnits(p, keys, units, doublings)
		if err != nil {
			return nil, err
		}
		out, err := p.Release(part, src)
		if err != nil {
			return nil, err
		}
		if len(out.Rows) != keys {
			return nil, fmt.Errorf("%d of %d keys show", len(out.Rows), keys)
		}
		for _, row := range out.Rows {
			off = append(off, row.Cells[0].Value-units<<doublings)
		}
	}
	return off, nil
}

// manyUnits is a partial result of so many units for each key, doubled so often.
func manyUnits(p *privacy.Plan, keys, units, doublings int) (*privacy.Partial, error) {
	b := p.NewBounder([32]byte{1})
	for u := range keys * units {
		var token [16]byte
		binary.BigEndian.PutUint64(token[:], uint64(u))
		record := binary.LittleEndian.AppendUint64(nil, uint64(u%keys))
		for len(record) < p.RecordBytes() {
			record = binary.LittleEndian.AppendUint64(record, math.Float64bits(5))
		}
		b.Unit(token, 1, record)
	}
	all, err := b.Partial()
	for range doublings {
		if err != nil {
			return nil, err
		}
		var data []byte
		if data, err = all.MarshalBinary(); err != nil {
			return nil, err
		}
		again := p.NewPartial()
		if err = again.UnmarshalBinary(data); err == nil {
			err = all.Merge(again)
		}
	}
	return all, err
}
