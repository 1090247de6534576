package main

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/proof/attack"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/blocks"
	"glovebox.example/glovebox/privacy/mechanism"
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
	blocks  *glovebox.Blocks // mode blocks, in place of output
	train   *glovebox.Train  // mode train, likewise
	release glovebox.ReleaseDef
	// once has the units worked on once for each side, not for each output:
	// for many units, where nothing about them is left to chance.
	once bool
	// spill makes a place on the disk for keys, all of which go there, unit by
	// unit. nil: they stay in memory.
	spill func() (privacy.Spill, error)
}

// jobKeys are the keys that told can give.
var jobKeys = []int64{1, 2, 3, 4, 77}

// job is a jobCase that is ready to run.
type job struct {
	jobCase
	how    func(j *job, side int) (attack.Output, error) // draw, in the job's mode
	runner *work.Runner
	worker [2]*work.Worker // one for each side: the two data sets are in two worlds
	schema *arrow.Schema
	data   [2]arrow.RecordBatch
	sent   [2][]byte // what the worker sent, if once
}

// start makes the job's worker and data.
func (c jobCase) start() (attack.Draw, func() error, error) {
	j, err := c.open()
	if err != nil {
		return nil, nil, err
	}
	return j.draw, j.close, nil
}

func (c jobCase) open() (*job, error) {
	ctx := context.Background()
	column := glovebox.Column{Name: "do", Type: glovebox.Int64, Class: glovebox.ClassPersonal}
	way, piece := c.way(), int64(0)
	if c.spill != nil {
		piece = 1
	}
	runner, err := work.New(ctx, work.Spec{
		Wasm: told, MaxFuel: 1_000_000_000, Mode: way.mode, Function: way.function, Blocks: c.blocks, Train: c.train, References: way.references, PieceBytes: piece,
		Inputs: []work.Input{{Dataset: "rows", Record: []glovebox.Column{column}, Columns: []string{"do"}, MaxRows: 1,
			Masks: map[string]glovebox.Mask{"do": {Kind: "none"}}}},
		Output: c.output, Release: c.release, Secret: [32]byte{1}, TokenKey: [32]byte{2},
	})
	if err != nil {
		return nil, err
	}
	j := &job{jobCase: c, runner: runner, how: way.draw}
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
	far := uint32(math.MaxUint32) / uint32(1+len(j.rest)) // tokens lie evenly
	add := func(i int, do int64) {
		var token [engine.TokenBytes]byte
		binary.BigEndian.PutUint32(token[:], uint32(i)*far)
		b.Field(0).(*array.FixedSizeBinaryBuilder).Append(token[:])
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
	j.sent[side], err = j.worker[side].Units(context.Background(), 0, 1, []array.RecordReader{r}, nil)
	return j.sent[side], err
}

// draw runs the job once: the worker's part, and what the supervisor does with
// what it sends. A job that fails is an output, too: its developer sees that.
func (j *job) draw(side int) (attack.Output, error) {
	return j.how(j, side)
}

// summed is draw in mode map.
func (j *job) summed(side int) (attack.Output, error) {
	sent, err := j.send(side)
	if err != nil {
		return j.figures(nil), nil
	}
	one, sum := j.plan().NewPartial(), j.plan().NewPartial()
	if err := one.UnmarshalBinary(sent); err != nil {
		return nil, err
	}
	if err := sum.Merge(one); err != nil {
		return nil, err
	}
	src, err := mechanism.NewSource()
	if err != nil {
		return nil, err
	}
	t, err := j.plan().Release(sum, src)
	if err != nil {
		return nil, err
	}
	return j.figures(t), nil
}

// plan is that of a job whose module sees one unit at a time.
func (j *job) plan() *privacy.Plan { return j.runner.Round().(*privacy.Plan) }

// combined is draw in mode blocks, where a run that fails has no figures.
func (j *job) combined(side int) (attack.Output, error) {
	sent, err := j.send(side)
	if err != nil {
		return attack.Output{1}, nil
	}
	plan := j.runner.Round().(*blocks.Plan)
	one, all := plan.NewOutputs(0, plan.Count()), plan.NewTotal()
	if err := one.UnmarshalBinary(sent); err != nil {
		return nil, err
	}
	if err := all.Merge(one); err != nil {
		return nil, err
	}
	src, err := mechanism.NewSource()
	if err != nil {
		return nil, err
	}
	t, err := plan.Release(all, src)
	if err != nil {
		return nil, err
	}
	out := attack.Output{0}
	for _, f := range t.Figures {
		out = append(out, f.Value)
	}
	return out, nil
}

// figures are the cells of the table in the order of jobKeys, and whether there
// is a table.
func (j *job) figures(t *privacy.Table) attack.Output {
	n := len(j.plan().Figures())
	out := make(attack.Output, 0, 1+len(jobKeys)*n)
	if t == nil {
		t = &privacy.Table{}
		out = append(out, 1)
	} else {
		out = append(out, 0)
	}
	for _, key := range j.keys() {
		at := len(out)
		for range n {
			out = append(out, none)
		}
		for i := range t.Rows {
			if t.Rows[i].Key[0] == key {
				for k := range t.Rows[i].Cells {
					out[at+k] = t.Rows[i].Cells[k].Value
				}
			}
		}
	}
	return out
}
