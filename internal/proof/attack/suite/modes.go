package main

import (
	"bytes"
	"context"
	"errors"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/vault"
	"glovebox.example/glovebox/internal/proof/attack"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

// modeJobs are whole jobs with keys that are texts, of mode train, and with
// keys that do not stay in memory. They take fewer samples: a run of rounds
// starts eight guests, and a place on the disk has a key of its own.
func modeJobs(samples int) (list []target, err error) {
	gauss, err := claimOf(0.5)
	add := func(name string, c attack.Claim, least float64, share int, j jobCase) {
		list = append(list, target{name: "job: " + name, claim: c, least: least, samples: max(1, samples/share), start: j.start})
	}
	ten, one, some := people(10, ordinary), attack.Claim{Epsilon: 1}, attack.Claim{Epsilon: 1, Delta: 0.01}
	add("four texts of a unit that may touch one", one, 0.7, 20, jobCase{rest: ten, target: keys, output: texts(), release: pure(1, 0)})
	add("a private text of one unit", some, 0, 20, jobCase{rest: ten, target: alone, output: privateTexts(), release: pure(1, 0.01)})
	add("a private text of six units", some, 0.3, 20, jobCase{rest: people(5, ordinary), target: ordinary, output: privateTexts(), release: pure(1, 0.01)})
	rho := glovebox.ReleaseDef{Method: "dp", Rho: 0.5}
	add("training, four rounds", gauss, 0.2, 200, jobCase{rest: ten, target: large, train: fourRounds(), release: rho})
	add("training, a unit that traps", gauss, 0, 400, jobCase{rest: ten, target: trap, train: fourRounds(), release: rho})
	add("training, a unit that leaves a mark", gauss, 0.2, 200, jobCase{rest: ten, target: remember, train: fourRounds(), release: rho})
	add("keys beyond memory", some, 0.2, 20, jobCase{rest: people(12, ordinary), target: ordinary, output: private(), release: pure(1, 0.01), spill: inMemory})
	add("texts beyond memory, one of one unit", some, 0, 50, jobCase{rest: ten, target: alone, output: privateTexts(), release: pure(1, 0.01), spill: inMemory})
	list = append(list, onDisk(max(1, samples/200)))
	return list, err
}

// texts declares the keys of told as public texts; privateTexts as private ones.
func texts() glovebox.Output {
	k := glovebox.KeyField{Name: "key", Type: glovebox.String, Width: 8, Public: []any{"key 1", "key 2", "key 3", "key 4"}}
	return glovebox.Output{Key: []glovebox.KeyField{k}, MaxKeysPerUnit: 1, Metrics: []glovebox.Metric{theCount}}
}

func privateTexts() glovebox.Output {
	k := glovebox.KeyField{Name: "key", Type: glovebox.String, Width: 8, Private: true}
	return glovebox.Output{Key: []glovebox.KeyField{k}, MaxKeysPerUnit: 1, Metrics: []glovebox.Metric{theCount}}
}

// keys are those that told can give, as the job has them.
func (j *job) keys() (list []any) {
	for _, k := range jobKeys {
		list = append(list, k)
	}
	if j.output.Key[0].Type == glovebox.String {
		list = []any{"key 1", "key 2", "key 3", "key 4", "alone"}
	}
	return list
}

// fourRounds have a state of the number of rounds and the sum of each.
func fourRounds() *glovebox.Train {
	return &glovebox.Train{Rounds: 4, Size: 1, Clip: 1, State: 5, Update: "learn"}
}

// way is how the jobs of a mode are run here: a case of a further mode is one
// more.
type way struct {
	mode, function string
	references     map[string]arrow.RecordBatch
	draw           func(j *job, side int) (attack.Output, error)
}

// way is the way of a case, by what it declares.
func (c *jobCase) way() way {
	switch {
	case c.train != nil:
		return way{glovebox.ModeTrain, "taught", map[string]arrow.RecordBatch{glovebox.StateTable: work.ValueTable(make([]float64, c.train.State))}, (*job).rounds}
	case c.blocks != nil:
		return way{glovebox.ModeBlocks, "first", nil, (*job).combined}
	case c.spill != nil:
		return way{glovebox.ModeMap, c.mapped(), nil, (*job).spilled}
	}
	return way{glovebox.ModeMap, c.mapped(), nil, (*job).summed}
}

// mapped is the function of told that gives what a case of mode map declares.
func (c *jobCase) mapped() string {
	if len(c.output.Key) > 0 && c.output.Key[0].Type == glovebox.String {
		return "named"
	}
	for _, m := range c.output.Metrics {
		if m.Kind != glovebox.Count {
			return "told"
		}
	}
	return "counted"
}

// rounds is draw in mode train: the state after all rounds.
func (j *job) rounds(side int) (attack.Output, error) {
	ctx := context.Background()
	course := j.runner.Course([32]byte{})
	src, err := mechanism.NewSource()
	if err != nil {
		return nil, err
	}
	for course.More() {
		step, err := j.round(ctx, side, course, src)
		if err != nil {
			return nil, err
		}
		next, ok, err := j.runner.Step(ctx, step)
		if err != nil {
			return nil, err
		}
		course.Take(next, ok)
	}
	out := attack.Output{}
	for _, row := range course.Answer().Rows {
		out = append(out, row[1].(float64))
	}
	return out, nil
}

// round is what the noisy sum of one round asks of the update.
func (j *job) round(ctx context.Context, side int, course work.Course, src *mechanism.Source) (step *work.Update, err error) {
	w, err := j.runner.Of(course.Job()).Worker(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	r, err := array.NewRecordReader(j.schema, []arrow.RecordBatch{j.data[side]})
	if err != nil {
		return nil, err
	}
	defer r.Release()
	sent, err := w.Units(ctx, 0, 1, []array.RecordReader{r}, nil)
	if err != nil {
		return nil, err
	}
	total := course.Total(nil)
	defer func() { err = errors.Join(err, total.Close()) }()
	if err := total.Add(0, 1, sent); err != nil {
		return nil, err
	}
	return course.Release(total, src)
}

// spilled is draw for a job whose keys all go to places: what a worker sends of
// each unit is added on its own, and nothing may stay in memory.
func (j *job) spilled(side int) (_ attack.Output, err error) {
	plan := j.plan()
	spool := plan.NewSpool(&privacy.SpoolOptions{Bytes: 1, Create: j.spill})
	defer func() { err = errors.Join(err, spool.Close()) }()
	add := func(data []byte) error {
		one := plan.NewPartial()
		if err := one.UnmarshalBinary(data); err != nil {
			return err
		}
		return spool.Add(one)
	}
	r, err := array.NewRecordReader(j.schema, []arrow.RecordBatch{j.data[side]})
	if err != nil {
		return nil, err
	}
	defer r.Release()
	last, err := j.worker[side].Units(context.Background(), 0, 1, []array.RecordReader{r}, add)
	if err != nil {
		return j.figures(nil), nil
	}
	if err := add(last); err != nil {
		return nil, err
	}
	src, err := mechanism.NewSource()
	if err != nil {
		return nil, err
	}
	t, err := spool.Release(src)
	if err != nil {
		return nil, err
	}
	return j.figures(t), nil
}

// memorySpill is a place that is none: for the many samples of an audit.
type memorySpill struct{ records [][]byte }

func inMemory() (privacy.Spill, error) { return &memorySpill{}, nil }

func (p *memorySpill) Append(record []byte) error {
	p.records = append(p.records, bytes.Clone(record))
	return nil
}

func (p *memorySpill) Each(f func(record []byte) error) error {
	for _, r := range p.records {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (p *memorySpill) Close() error { return nil }

// onDisk is the same with the places that a domain has: encrypted files in a
// vault.
func onDisk(samples int) target {
	return target{name: "job: keys on the disk", claim: attack.Claim{Epsilon: 1, Delta: 0.01}, samples: samples, start: func() (_ attack.Draw, _ func() error, err error) {
		dir, err := os.MkdirTemp("", "audit-")
		if err != nil {
			return nil, nil, err
		}
		clean := func() error { return os.RemoveAll(dir) }
		defer func() {
			if err != nil {
				err = errors.Join(err, clean())
			}
		}()
		if err := vault.Init(dir); err != nil {
			return nil, nil, err
		}
		v, err := vault.Open(dir)
		if err != nil {
			return nil, nil, err
		}
		c := jobCase{rest: people(12, ordinary), target: ordinary, output: private(), release: pure(1, 0.01), spill: func() (privacy.Spill, error) { return v.NewSpool() }}
		draw, stop, err := c.start()
		return draw, func() error { return errors.Join(stop(), clean()) }, err
	}}
}
