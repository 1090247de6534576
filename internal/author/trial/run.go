package trial

import (
	"context"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/author/sample"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox"
)

// Task is a run on sample rows.
type Task struct {
	// Spec is the job; its keys are not used.
	Spec work.Spec
	// Bind makes the job of the spec, where its module was admitted and its price
	// made before; nil: work.Check.
	Bind func(work.Spec) (*work.Job, error)
	// Tables are the rows of each input of the spec, by its dataset.
	Tables map[string]*sample.Table
	// Sources say where they are from; default: generated.
	Sources map[string]string
	// Seed makes the keys of tokens and of bounding.
	Seed uint64
	// Declared says that the spec's output is a job's own, so that there is a
	// table to show.
	Declared bool
	// Lists are public values for generated columns, as in sample.Options: pairs
	// of neighbours generate one unit more.
	Lists map[string][]string
}

// Run runs a task. It fails with CodeInvalid and CodeModule as the run of a
// job does; what goes wrong on a unit is in the report.
func Run(ctx context.Context, t *Task) (*Report, error) {
	m, err := start(t)
	if err != nil {
		return nil, err
	}
	defer m.close()
	return m.run(ctx, t.Tables)
}

// machine is a job with the worker that runs it, for any number of runs.
type machine struct {
	task  *Task
	job   *work.Job
	facts ModuleFacts
	limit int64 // fuel of a unit, or a block
	box   box
}

func start(t *Task) (*machine, error) {
	spec := t.Spec
	spec.Secret, spec.TokenKey = keyOf(t.Seed, "bounding"), keyOf(t.Seed, "tokens")
	bind := t.Bind
	if bind == nil {
		bind = work.Check
	}
	job, err := bind(spec)
	if err != nil {
		return nil, err
	}
	module := job.Module()
	man := module.Manifest()
	return &machine{task: t, job: job, limit: job.Fuel(),
		facts: ModuleFacts{module.Digest(), man.Name, man.Version, spec.Function, module.RewrittenDigest(), sandbox.RewriterVersion}}, nil
}

func (m *machine) close() { m.box.close() }

// run loads the tables and has the worker run the module on them.
func (m *machine) run(ctx context.Context, tables map[string]*sample.Table) (*Report, error) {
	r := &Report{Sample: true, Notice: Notice, Seed: m.task.Seed, Inputs: map[string]InputFacts{}, Module: m.facts, Fuel: FuelFacts{Limit: m.limit}}
	begin := time.Now()
	var all []*loaded
	defer func() {
		for _, l := range all {
			l.close()
		}
	}()
	names := map[[engine.TokenBytes]byte]string{}
	for i := range m.task.Spec.Inputs {
		in := &m.task.Spec.Inputs[i]
		t := tables[in.Dataset]
		if t == nil {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "no sample rows for input %s", in.Dataset)
		}
		source := m.task.Sources[in.Dataset]
		l, err := load(ctx, t, m.task.Seed, source != "")
		if err != nil {
			return nil, err
		}
		all = append(all, l)
		for token, id := range l.names {
			names[token] = id
		}
		if l.facts.Columns, l.facts.Source = in.Columns, source; source == "" {
			l.facts.Source = "generated"
		}
		r.Inputs[in.Dataset] = l.facts
	}
	r.Time.Load = time.Since(begin).Milliseconds()
	seen, err := m.box.run(ctx, m, all)
	if err != nil {
		return nil, err
	}
	if err := seen.fill(r, names); err != nil {
		return nil, err
	}
	kind := glovebox.LedgerPure
	if m.task.Spec.Release.Rho > 0 {
		kind = glovebox.LedgerZCDP
	}
	price := m.job.Mode().Facts().Price
	if r.Result != nil {
		r.Result.Price, r.Result.Kind = price, kind // of all rounds; the table is that of the first
	}
	if r.Combined != nil {
		r.Combined.Price, r.Combined.Kind = price, kind
	}
	r.sum()
	return r, nil
}
