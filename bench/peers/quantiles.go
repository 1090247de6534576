package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/google/differential-privacy/go/v3/dpagg"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

// The questions of quantiles.py: one value of each unit, in [0, 200].
const (
	topValue = 200
	points   = 1000
)

var (
	losses   = map[string]glovebox.ReleaseDef{"epsilon 1": {Method: "dp", Epsilon: 1}, "rho 0.5": {Method: "dp", Rho: 0.5}}
	fraction = map[string][]float64{"median": {0.5}, "quartiles": {0.25, 0.5, 0.75}, "19 fractions": nineteen()}
)

func nineteen() (at []float64) {
	for i := 1; i < 20; i++ {
		at = append(at, float64(i)/20)
	}
	return at
}

// quantiles answers them for Glovebox and for Google's library.
func quantiles(dir string, repeats int) error {
	b, err := os.ReadFile(filepath.Join(dir, "values.json"))
	if err != nil {
		return err
	}
	var values []float64
	if err := json.Unmarshal(b, &values); err != nil {
		return err
	}
	ours, google := map[string][][]float64{}, map[string][][]float64{}
	for title, at := range fraction {
		for price, loss := range losses {
			name := title + ", " + price
			for range repeats {
				a, err := ourQuantiles(values, at, loss)
				if err != nil {
					return err
				}
				ours[name] = append(ours[name], a)
				if loss.Rho > 0 {
					continue // of the library's one kind of price
				}
				if a, err = googleQuantiles(values, at, loss.Epsilon); err != nil {
					return err
				}
				google[name] = append(google[name], a)
			}
		}
	}
	for name, all := range map[string]map[string][][]float64{"glovebox": ours, "google": google} {
		b, err := json.Marshal(all)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "quantiles-"+name+".json"), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func ourQuantiles(values, at []float64, loss glovebox.ReleaseDef) ([]float64, error) {
	plan, err := privacy.NewPlan(glovebox.Output{MaxKeysPerUnit: 1, Metrics: []glovebox.Metric{
		{Name: "v", Kind: glovebox.Quantile, Max: topValue, Bins: points, At: at}}}, loss, nil)
	if err != nil {
		return nil, err
	}
	var secret [32]byte
	binary.LittleEndian.PutUint64(secret[:], rand.Uint64())
	b := plan.NewBounder(secret)
	for i, v := range values {
		var id [16]byte
		binary.LittleEndian.PutUint64(id[:], uint64(i))
		b.Unit(id, 1, binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
	}
	part, err := b.Partial()
	if err != nil {
		return nil, err
	}
	src, err := mechanism.NewSource()
	if err != nil {
		return nil, err
	}
	table, err := plan.Release(part, src)
	if err != nil {
		return nil, err
	}
	if len(table.Rows) != 1 || len(table.Rows[0].Cells) != len(at) {
		return nil, fmt.Errorf("%d rows for %d fractions", len(table.Rows), len(at))
	}
	var out []float64
	for _, c := range table.Rows[0].Cells {
		out = append(out, c.Value)
	}
	return out, nil
}

func googleQuantiles(values, at []float64, epsilon float64) ([]float64, error) {
	q, err := dpagg.NewBoundedQuantiles(&dpagg.BoundedQuantilesOptions{Epsilon: epsilon, MaxPartitionsContributed: 1, MaxContributionsPerPartition: 1, Lower: 0, Upper: topValue})
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		if err := q.Add(v); err != nil {
			return nil, err
		}
	}
	var out []float64
	for _, f := range at {
		v, err := q.Result(f)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
