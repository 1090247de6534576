// Command peers answers the questions of accuracy_run.py and quantiles.py with
// Glovebox's and Google's Go libraries, on the same files, and writes them in the
// same form.
//
// It promises that both get the same bounds and epsilon, and the same rows of
// each unit. It does not run modules: what a module would say about a unit is
// handed to the same aggregator that a worker hands it to.
//
// usage: go run ./peers accuracy|quantiles DIR REPEATS
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/google/differential-privacy/go/v3/dpagg"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

// question is one of accuracy_run.py's.
type question struct {
	name, data string
	l0, rows   int
	low, high  float64 // of a row's value; both zero: count rows
}

var questions = []question{
	{"pums count", "pums", 1, 1, 0, 0},
	{"pums sum", "pums", 1, 1, 0, 150_000},
	{"skewed count", "skewed", 5, 10, 0, 0},
	{"skewed sum", "skewed", 5, 10, 0, 20},
}

// unit is what one unit's rows say: values by key.
type unit map[int64][]float64

type answer = map[string]float64

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: peers accuracy|quantiles DIR REPEATS")
	}
	repeats, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	if args[0] == "quantiles" {
		return quantiles(args[1], repeats)
	}
	return sums(args[1], repeats)
}

// sums answers the questions of counts and sums.
func sums(dir string, repeats int) error {
	ours, over, google := map[string][]answer{}, map[string][]answer{}, map[string][]answer{}
	for _, q := range questions {
		units, keys, err := read(filepath.Join(dir, q.data+".csv"))
		if err != nil {
			return err
		}
		for range repeats {
			a, err := q.glovebox(units, keys, false)
			if err != nil {
				return err
			}
			t, err := q.glovebox(units, keys, true)
			if err != nil {
				return err
			}
			b, err := q.google(units, keys)
			if err != nil {
				return err
			}
			ours[q.name], over[q.name], google[q.name] = append(ours[q.name], a), append(over[q.name], t), append(google[q.name], b)
		}
	}
	for name, all := range map[string]map[string][]answer{"glovebox": ours, "glovebox-total": over, "google": google} {
		b, err := json.Marshal(all)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "answers-"+name+".json"), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// read reads id, key, value.
func read(path string) (map[string]unit, []int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, nil, err
	}
	units, seen := map[string]unit{}, map[int64]bool{}
	for _, r := range all[1:] {
		key, err := strconv.ParseInt(r[1], 10, 64)
		if err != nil {
			return nil, nil, err
		}
		v, err := strconv.ParseFloat(r[2], 64)
		if err != nil {
			return nil, nil, err
		}
		if units[r[0]] == nil {
			units[r[0]] = unit{}
		}
		units[r[0]][key] = append(units[r[0]][key], v)
		seen[key] = true
	}
	keys := make([]int64, 0, len(seen))
	for k := range seen {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return units, keys, nil
}

// glovebox gives the aggregator one record for each key of a unit. The bound on
// rows is one on what a unit adds to a key; over says that it is one on what it
// adds to all keys, of which it may then have any number.
func (q question) glovebox(units map[string]unit, keys []int64, over bool) (answer, error) {
	rows, l0 := q.rows, q.l0
	if over {
		rows, l0 = q.rows*q.l0, len(keys)
	}
	m := glovebox.Metric{Name: "v", Kind: glovebox.Sum, Min: 0, Max: float64(rows)}
	if q.high > 0 {
		m.Min, m.Max = min(q.low*float64(rows), 0), q.high*float64(rows)
	}
	if over {
		m.MaxTotal = m.Max
	}
	list := make([]any, len(keys))
	for i, k := range keys {
		list[i] = k
	}
	plan, err := privacy.NewPlan(glovebox.Output{
		Key:            []glovebox.KeyField{{Name: "key", Type: glovebox.Int64, Public: list}},
		MaxKeysPerUnit: l0, Metrics: []glovebox.Metric{m},
	}, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, nil)
	if err != nil {
		return nil, err
	}
	var secret [32]byte
	binary.LittleEndian.PutUint64(secret[:], rand.Uint64())
	b := plan.NewBounder(secret)
	var records []byte
	for id, u := range units {
		records = records[:0]
		for key, values := range u {
			v := float64(len(values))
			if q.high > 0 {
				v = total(values, q.low, q.high)
			}
			records = binary.LittleEndian.AppendUint64(records, uint64(key))
			records = binary.LittleEndian.AppendUint64(records, math.Float64bits(v))
		}
		h := sha256.Sum256([]byte(id))
		b.Unit([16]byte(h[:16]), len(u), records)
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
	out := answer{}
	for _, r := range table.Rows {
		out[strconv.FormatInt(r.Key[0].(int64), 10)] = r.Cells[0].Value
	}
	return out, nil
}

func total(values []float64, low, high float64) (s float64) {
	for _, v := range values {
		s += math.Min(math.Max(v, low), high)
	}
	return s
}

// google keeps l0 keys of each unit and rows values of each, at random, as the
// library asks its caller to.
func (q question) google(units map[string]unit, keys []int64) (answer, error) {
	counts, sums := map[int64]*dpagg.BoundedSumInt64{}, map[int64]*dpagg.BoundedSumFloat64{}
	for _, k := range keys {
		var err error
		if q.high > 0 {
			sums[k], err = dpagg.NewBoundedSumFloat64(&dpagg.BoundedSumFloat64Options{Epsilon: 1, MaxPartitionsContributed: int64(q.l0),
				Lower: q.low * float64(q.rows), Upper: q.high * float64(q.rows)})
		} else {
			counts[k], err = dpagg.NewBoundedSumInt64(&dpagg.BoundedSumInt64Options{Epsilon: 1, MaxPartitionsContributed: int64(q.l0),
				Lower: 0, Upper: int64(q.rows)})
		}
		if err != nil {
			return nil, err
		}
	}
	for _, u := range units {
		mine := make([]int64, 0, len(u))
		for k := range u {
			mine = append(mine, k)
		}
		slices.Sort(mine)
		rand.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
		for _, k := range mine[:min(len(mine), q.l0)] {
			if err := q.add(u[k], counts[k], sums[k]); err != nil {
				return nil, err
			}
		}
	}
	out := answer{}
	for _, k := range keys {
		var v float64
		var err error
		if q.high > 0 {
			v, err = sums[k].Result()
		} else {
			var n int64
			n, err = counts[k].Result()
			v = float64(n)
		}
		if err != nil {
			return nil, err
		}
		out[strconv.FormatInt(k, 10)] = v
	}
	return out, nil
}

// add gives a unit's values of one key to that key's aggregate.
func (q question) add(values []float64, count *dpagg.BoundedSumInt64, sum *dpagg.BoundedSumFloat64) error {
	if sum != nil {
		return sum.Add(total(values, q.low, q.high))
	}
	return count.Add(int64(min(len(values), q.rows)))
}
