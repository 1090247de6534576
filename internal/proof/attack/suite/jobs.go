package main

import (
	"errors"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/proof/attack"
	"glovebox.example/glovebox/privacy"
)

// people are n units that do the same.
func people(n int, what int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = what
	}
	return out
}

// The metrics of jobs.
var (
	theCount = glovebox.Metric{Name: "people", Kind: glovebox.Count}
	theSum   = glovebox.Metric{Name: "value", Kind: glovebox.Sum, Min: 0, Max: 1}
)

// public declares the keys 1 to 4.
func public(l0 int, metrics ...glovebox.Metric) glovebox.Output {
	k := glovebox.KeyField{Name: "key", Type: glovebox.Int64, Public: []any{1, 2, 3, 4}}
	return glovebox.Output{Key: []glovebox.KeyField{k}, MaxKeysPerUnit: l0, Metrics: metrics}
}

// private counts private keys, of which a unit may touch one; the count selects
// them.
func private() glovebox.Output { return selected("people", 1, theCount) }

// selected has private keys, selected as it is told.
func selected(by string, l0 int, metrics ...glovebox.Metric) glovebox.Output {
	k := glovebox.KeyField{Name: "key", Type: glovebox.Int64, Private: true}
	return glovebox.Output{Key: []glovebox.KeyField{k}, MaxKeysPerUnit: l0, Metrics: metrics, Select: by}
}

// eightBlocks combines what blocks say, between 0 and 1.
func eightBlocks(how glovebox.Combine) *glovebox.Blocks {
	return &glovebox.Blocks{Count: 8, Metrics: []glovebox.BlockMetric{{Name: "value", Combine: how, Max: 1, Points: 2, Spacing: glovebox.Linear}}}
}

// alternating are 15 units that say 1 and 0 in turn, so that blocks of two say
// one thing, or the other if a unit comes before them.
var alternating = []int64{1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}

func pure(epsilon, delta float64) glovebox.ReleaseDef {
	return glovebox.ReleaseDef{Method: "dp", Epsilon: epsilon, Delta: delta}
}

// jobs are whole jobs, each with a module that does its worst with the target.
func jobs(samples int) ([]target, error) {
	gauss, err := claimOf(0.5)
	var list []target
	add := func(name string, c attack.Claim, least float64, j jobCase) {
		list = append(list, target{name: "job: " + name, claim: c, least: least, samples: max(1, samples/10), start: j.start})
	}
	ten := people(10, ordinary)
	one := attack.Claim{Epsilon: 1}
	add("count", one, 0.9, jobCase{rest: ten, target: ordinary, output: public(1, theCount), release: pure(1, 0)})
	add("count and sum", one, 0.8, jobCase{rest: ten, target: large, output: public(1, theCount, theSum), release: pure(1, 0)})
	add("four keys of a unit that may touch one", one, 0.7, jobCase{rest: ten, target: keys, output: public(1, theCount), release: pure(1, 0)})
	add("two keys", one, 0.7, jobCase{rest: append(people(9, keys), ten...), target: keys, output: public(2, theCount), release: pure(1, 0)})
	add("eight records of one key", one, 0.9, jobCase{rest: ten, target: records, output: public(1, theCount), release: pure(1, 0)})
	add("a value a million times the bound", one, 0.9, jobCase{rest: ten, target: large, output: public(1, theSum), release: pure(1, 0)})
	add("a unit that traps", one, 0, jobCase{rest: ten, target: trap, output: public(1, theCount), release: pure(1, 0)})
	add("a unit that leaves a mark for others", one, 0.9, jobCase{rest: ten, target: remember, output: public(1, theCount), release: pure(1, 0)})
	add("a private key of one unit", attack.Claim{Epsilon: 1, Delta: 0.01}, 0, jobCase{rest: ten, target: alone, output: private(), release: pure(1, 0.01)})
	add("a private key of six units", attack.Claim{Epsilon: 1, Delta: 0.01}, 0.3, jobCase{rest: people(5, ordinary), target: ordinary, output: private(), release: pure(1, 0.01)})
	add("four private keys of one unit, by their counts", attack.Claim{Epsilon: 1, Delta: 0.01}, 0, jobCase{rest: people(3, trap), target: keys, output: selected("people", 4, theCount, theSum), release: pure(1, 0.01)})
	add("a private key of one large value, by its sum", attack.Claim{Epsilon: 1, Delta: 0.01}, 0, jobCase{rest: people(10, alone), target: large, output: selected("value", 1, theCount, theSum), release: pure(1, 0.01)})
	add("a private key of six units, by a selection of its own", attack.Claim{Epsilon: 1, Delta: 0.01}, 0.3, jobCase{rest: people(5, ordinary), target: ordinary, output: selected(privacy.OwnShare, 1, theCount), release: pure(1, 0.01)})
	add("a count and a sum of four private keys, Gaussian noise for epsilon", attack.Claim{Epsilon: 1, Delta: 0.01}, 0.3, jobCase{rest: append(people(30, keys), alone), target: keys, output: selected("", 4, theCount, theSum), release: pure(1, 0.01)})
	gauss.Delta += 0.01
	add("Gaussian noise, four private keys", gauss, 0.4, jobCase{rest: append(people(9, keys), alone), target: keys, output: selected("people", 4, theCount), release: glovebox.ReleaseDef{Method: "dp", Rho: 0.5, Delta: 0.01}})
	gauss.Delta -= 0.01
	add("Gaussian noise, two keys", gauss, 0.4, jobCase{rest: append(people(9, keys), ten...), target: keys, output: public(2, theCount, theSum), release: glovebox.ReleaseDef{Method: "dp", Rho: 0.5}})
	list = append(list, otherJobs(samples)...)
	more, e := modeJobs(samples)
	return append(list, more...), errors.Join(err, e)
}

// otherJobs have metrics of every other kind, with a unit that says eight times
// a value, or one far beyond the range; a top; and mode blocks. They take half
// as many samples.
func otherJobs(samples int) (list []target) {
	one := attack.Claim{Epsilon: 1}
	add := func(name string, c attack.Claim, least float64, j jobCase) {
		list = append(list, target{name: "job: " + name, claim: c, least: least, samples: max(1, samples/20), start: j.start})
	}
	mixed := append(people(5, tiny), people(5, ordinary)...)
	for _, k := range []struct {
		what   string
		least  float64
		target int64
		metric glovebox.Metric
	}{
		{"variance", 0, large, glovebox.Metric{Kind: glovebox.Variance, Max: 2}},
		{"a vector", 0.7, large, glovebox.Metric{Kind: glovebox.Vector, Size: 1, Clip: 1}},
		{"a histogram", 0.7, records, glovebox.Metric{Kind: glovebox.Histogram, Max: 2, Bins: 4}},
		{"a quantile", 0, large, glovebox.Metric{Kind: glovebox.Quantile, Max: 2, Bins: 8, At: []float64{0.5}}},
		{"quantiles", 0, large, glovebox.Metric{Kind: glovebox.Quantile, Max: 2, Bins: 16, At: []float64{0.25, 0.5, 0.75}}},
		{"quantiles by splits", 0, large, glovebox.Metric{Kind: glovebox.Quantile, Max: 2, Bins: 300, At: []float64{0.25, 0.5, 0.75}}},
		{"different values", 0.7, large, glovebox.Metric{Kind: glovebox.Distinct, Bins: 64}},
		{"bounds", 0, large, glovebox.Metric{Kind: glovebox.Bounds}},
	} {
		k.metric.Name = "value"
		add(k.what, one, k.least, jobCase{rest: mixed, target: k.target, output: public(1, k.metric), release: pure(1, 0)})
	}
	for _, how := range []glovebox.Combine{glovebox.Median, glovebox.BlockAvg, glovebox.Winsor} {
		add("blocks, "+string(how), one, 0, jobCase{rest: alternating, target: 0, blocks: eightBlocks(how), release: pure(1, 0)})
	}
	top := selected("", 1, theCount)
	top.Top = &glovebox.Top{K: 1, By: "people"}
	add("a top key", attack.Claim{Epsilon: 1, Delta: 0.01}, 0.3, jobCase{rest: append(people(5, ordinary), people(5, alone)...), target: alone, output: top, release: pure(1, 0.01)})
	return list
}

// targets are all audits of a run.
func targets(samples int) []target {
	list, err := mechanisms(samples)
	more, e := jobs(samples)
	list = append(list, more...)
	if samples < attack.DefaultSamples {
		for i := range list {
			list[i].least = 0
		}
	}
	if err = errors.Join(err, e); err != nil {
		list = append(list, target{name: "setting up", start: func() (attack.Draw, func() error, error) { return nil, nil, err }})
	}
	return list
}
