package main

import (
	"context"
	_ "embed"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox"
	"glovebox/engine"
	"glovebox/internal/auditor"
	"glovebox/internal/work"
	"glovebox/privacy"
)

// told is the module of guest/told.c.
//
//go:embed guest/told.wasm
var told []byte

// What a row can ask of told: the same numbers as in guest/told.c.
const (
	ordinary = iota
	remember
	trap
	keys
	records
	large
	alone
	spin
	busy
	tiny
)

// none is the figure of what is missing.
const none = -1e18

// jobCase is a whole job on two neighbouring data sets: rest, and rest with a
// target, who comes first.
type jobCase struct {
	rest    []int64
	target  int64
	output  glovebox.Output
	release glovebox.ReleaseDef
	// once has the units worked on once for each side, not for each output:
	// for many units, where nothing about them is left to chance.
	once bool
}

// jobKeys are the keys that told can give.
var jobKeys = []int64{1, 2, 3, 4, 77}

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

// private counts private keys, of which a unit may touch one.
func private() glovebox.Output {
	k := glovebox.KeyField{Name: "key", Type: glovebox.Int64, Private: true}
	return glovebox.Output{Key: []glovebox.KeyField{k}, MaxKeysPerUnit: 1, Metrics: []glovebox.Metric{theCount}}
}

func pure(epsilon, delta float64) glovebox.ReleaseDef {
	return glovebox.ReleaseDef{Method: "dp", Epsilon: epsilon, Delta: delta}
}

// job is a jobCase that is ready to run.
type job struct {
	jobCase
	runner *work.Runner
	worker [2]*work.Worker // one for each side: the two data sets are in two worlds
	schema *arrow.Schema
	data   [2]arrow.RecordBatch
	sent   [2][]byte // what the worker sent, if once
}

// start makes the job's worker and data.
func (c jobCase) start() (auditor.Draw, func() error, error) {
	j, err := c.open()
	if err != nil {
		return nil, nil, err
	}
	return j.draw, j.close, nil
}

func (c jobCase) open() (*job, error) {
	ctx := context.Background()
	column := glovebox.Column{Name: "do", Type: glovebox.Int64, Class: glovebox.ClassPersonal}
	function := "counted"
	for _, m := range c.output.Metrics {
		if m.Kind != glovebox.Count {
			function = "told"
		}
	}
	runner, err := work.New(ctx, work.Spec{
		Wasm: told, MaxFuel: 1_000_000_000, Function: function,
		Inputs: []work.Input{{Dataset: "rows", Record: []glovebox.Column{column}, Columns: []string{"do"}, MaxRows: 1,
			Masks: map[string]glovebox.Mask{"do": {Kind: "none"}}}},
		Output: c.output, Release: c.release, Secret: [32]byte{1}, TokenKey: [32]byte{2},
	})
	if err != nil {
		return nil, err
	}
	j := &job{jobCase: c, runner: runner}
	for side := range j.worker {
		if j.worker[side], err = runner.Worker(ctx); err != nil {
			return nil, errors.Join(err, j.close())
		}
	}
	j.schema, err = engine.Schema([]glovebox.Column{column}, []string{"do"}, nil)
	if err != nil {
		return nil, errors.Join(err, j.close())
	}
	j.data[0], j.data[1] = j.batch(false), j.batch(true)
	return j, nil
}

// batch is one part of a data set.
func (j *job) batch(target bool) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, j.schema)
	defer b.Release()
	add := func(token int, do int64) {
		b.Field(0).(*array.FixedSizeBinaryBuilder).Append([]byte{0, 0, byte(token >> 16), byte(token >> 8), byte(token), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		b.Field(1).(*array.Int64Builder).Append(do)
	}
	if target {
		add(0, j.target)
	}
	for i, do := range j.rest {
		add(i+1, do)
	}
	return b.NewRecordBatch()
}

func (j *job) close() error {
	var err error
	for _, w := range j.worker {
		if w != nil {
			err = errors.Join(err, w.Close())
		}
	}
	return errors.Join(err, j.runner.Close())
}

// send does what a worker does with a part.
func (j *job) send(side int) ([]byte, error) {
	if j.once && j.sent[side] != nil {
		return j.sent[side], nil
	}
	r, err := array.NewRecordReader(j.schema, []arrow.RecordBatch{j.data[side]})
	if err != nil {
		return nil, err
	}
	defer r.Release()
	j.sent[side], err = j.worker[side].Units(context.Background(), []array.RecordReader{r}, nil)
	return j.sent[side], err
}

// draw runs the job once: the worker's part, and what the supervisor does with
// what it sends. A job that fails is an output, too: its developer sees that.
func (j *job) draw(side int) (auditor.Output, error) {
	sent, err := j.send(side)
	if err != nil {
		return j.figures(nil), nil
	}
	one, sum := j.runner.Plan().NewPartial(), j.runner.Plan().NewPartial()
	if err := one.UnmarshalBinary(sent); err != nil {
		return nil, err
	}
	if err := sum.Merge(one); err != nil {
		return nil, err
	}
	src, err := privacy.NewSource()
	if err != nil {
		return nil, err
	}
	t, err := j.runner.Plan().Release(sum, src)
	if err != nil {
		return nil, err
	}
	return j.figures(t), nil
}

// figures are the cells of the table in the order of jobKeys, and whether there
// is a table.
func (j *job) figures(t *privacy.Table) auditor.Output {
	n := len(j.output.Metrics)
	out := make(auditor.Output, 0, 1+len(jobKeys)*n)
	if t == nil {
		t = &privacy.Table{}
		out = append(out, 1)
	} else {
		out = append(out, 0)
	}
	for _, key := range jobKeys {
		at := len(out)
		for range n {
			out = append(out, none)
		}
		for i := range t.Rows {
			if t.Rows[i].Key[0] == any(key) {
				for k := range t.Rows[i].Cells {
					out[at+k] = t.Rows[i].Cells[k].Value
				}
			}
		}
	}
	return out
}

// jobs are whole jobs, each with a module that does its worst with the target.
func jobs(samples int) ([]target, error) {
	gauss, err := claimOf(0.5)
	var list []target
	add := func(name string, c auditor.Claim, least float64, j jobCase) {
		list = append(list, target{name: "job: " + name, claim: c, least: least, samples: max(1, samples/10), start: j.start})
	}
	ten := people(10, ordinary)
	one := auditor.Claim{Epsilon: 1}
	add("count", one, 0.9, jobCase{rest: ten, target: ordinary, output: public(1, theCount), release: pure(1, 0)})
	add("count and sum", one, 0.8, jobCase{rest: ten, target: large, output: public(1, theCount, theSum), release: pure(1, 0)})
	add("four keys of a unit that may touch one", one, 0.7, jobCase{rest: ten, target: keys, output: public(1, theCount), release: pure(1, 0)})
	add("two keys", one, 0.7, jobCase{rest: append(people(9, keys), ten...), target: keys, output: public(2, theCount), release: pure(1, 0)})
	add("eight records of one key", one, 0.9, jobCase{rest: ten, target: records, output: public(1, theCount), release: pure(1, 0)})
	add("a value a million times the bound", one, 0.9, jobCase{rest: ten, target: large, output: public(1, theSum), release: pure(1, 0)})
	add("a unit that traps", one, 0, jobCase{rest: ten, target: trap, output: public(1, theCount), release: pure(1, 0)})
	add("a unit that leaves a mark for others", one, 0.9, jobCase{rest: ten, target: remember, output: public(1, theCount), release: pure(1, 0)})
	add("a private key of one unit", auditor.Claim{Epsilon: 1, Delta: 0.01}, 0, jobCase{rest: ten, target: alone, output: private(), release: pure(1, 0.01)})
	add("a private key of six units", auditor.Claim{Epsilon: 1, Delta: 0.01}, 0.3, jobCase{rest: people(5, ordinary), target: ordinary, output: private(), release: pure(1, 0.01)})
	add("Gaussian noise, two keys", gauss, 0.4, jobCase{rest: append(people(9, keys), ten...), target: keys, output: public(2, theCount, theSum), release: glovebox.ReleaseDef{Method: "dp", Rho: 0.5}})
	return list, err
}

// targets are all audits of a run.
func targets(samples int) []target {
	list, err := mechanisms(samples)
	more, e := jobs(samples)
	list = append(list, more...)
	if samples < auditor.DefaultSamples {
		for i := range list {
			list[i].least = 0
		}
	}
	if err = errors.Join(err, e); err != nil {
		list = append(list, target{name: "setting up", start: func() (auditor.Draw, func() error, error) { return nil, nil, err }})
	}
	return list
}
