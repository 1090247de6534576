package trial

import (
	"bytes"
	"context"
	"encoding/hex"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox"
	"glovebox/engine"
	"glovebox/internal/sample"
	"glovebox/internal/work"
	"glovebox/privacy"
	"glovebox/sandbox"
)

// Task is a run on sample rows.
type Task struct {
	// Spec is the job; its keys are not used.
	Spec work.Spec
	// Tables are the rows of each input of the spec, by its dataset.
	Tables map[string]*sample.Table
	// Sources say where they are from; default: generated.
	Sources map[string]string
	// Seed makes the keys of tokens and of bounding.
	Seed uint64
	// Declared says that the spec's output is a job's own, so that there is a
	// table to show.
	Declared bool
	// LogBytes is how much of a unit's text is kept; zero: the sandbox's
	// default.
	LogBytes int
}

// Run runs a task. It fails with CodeInvalid and CodeModule as the run of a
// job does; what goes wrong on a unit is in the report.
func Run(ctx context.Context, t *Task) (*Report, error) {
	spec := t.Spec
	if spec.Mode == glovebox.ModeBlocks {
		e := glovebox.Errorf(glovebox.CodeInvalid, "a run on sample rows shows what a module does on one unit; this job hands it blocks of units")
		e.Field = "mode"
		return nil, e.WithFix("load sample rows into a domain of your own and run the job there")
	}
	spec.Secret, spec.TokenKey = keyOf(t.Seed, "bounding"), keyOf(t.Seed, "tokens")
	job, err := work.Check(spec)
	if err != nil {
		return nil, err
	}
	module, err := sandbox.Admit(spec.Wasm, &sandbox.Options{MaxFuel: spec.MaxFuel})
	if err != nil {
		return nil, err
	}
	m := module.Manifest()
	r := &runner{task: t, spec: &spec, job: job, names: map[[engine.TokenBytes]byte]string{}, report: &Report{
		Sample: true, Notice: Notice, Seed: t.Seed, Inputs: map[string]InputFacts{}, Units: []Unit{},
		Module: ModuleFacts{module.Digest(), m.Name, m.Version, spec.Function, module.RewrittenDigest(), sandbox.RewriterVersion},
		Fuel:   FuelFacts{Limit: m.Fuel},
	}}
	defer r.close()
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	if err := r.run(ctx); err != nil {
		return nil, err
	}
	r.report.sum()
	return r.report, nil
}

// runner is one run.
type runner struct {
	task   *Task
	spec   *work.Spec
	job    *work.Job
	loaded []*loaded
	names  map[[engine.TokenBytes]byte]string
	log    bytes.Buffer
	report *Report
}

func (r *runner) close() {
	for _, l := range r.loaded {
		l.close()
	}
}

func (r *runner) load(ctx context.Context) error {
	start := time.Now()
	for i := range r.spec.Inputs {
		in := &r.spec.Inputs[i]
		t := r.task.Tables[in.Dataset]
		if t == nil {
			return glovebox.Errorf(glovebox.CodeInvalid, "no sample rows for input %s", in.Dataset)
		}
		l, err := load(ctx, t, r.task.Seed)
		if err != nil {
			return err
		}
		r.loaded = append(r.loaded, l)
		for token, id := range l.names {
			r.names[token] = id
		}
		l.facts.Columns, l.facts.Source = in.Columns, "generated"
		if s := r.task.Sources[in.Dataset]; s != "" {
			l.facts.Source = s
		}
		r.report.Inputs[in.Dataset] = l.facts
	}
	r.report.Time.Load = time.Since(start).Milliseconds()
	return nil
}

func (r *runner) run(ctx context.Context) (err error) {
	start := time.Now()
	compiled, err := r.job.Compile(ctx, "")
	if err != nil {
		return err
	}
	defer func() {
		if cerr := compiled.Close(); err == nil {
			err = cerr
		}
	}()
	r.report.Time.Compile = time.Since(start).Milliseconds()
	logs, err := sandbox.NewSampleLogs(&r.log, r.task.LogBytes)
	if err != nil {
		return err
	}
	w, err := compiled.Watch(ctx, logs, r.see)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := w.Close(); err == nil {
			err = cerr
		}
	}()
	r.report.Started = r.text()
	files := make([]work.Files, len(r.loaded))
	for i, l := range r.loaded {
		files[i] = l.files
	}
	start = time.Now()
	data, err := w.Part(ctx, files, nil)
	if err != nil {
		return err
	}
	r.report.Time.Run = time.Since(start).Milliseconds()
	if !r.task.Declared {
		return nil
	}
	return r.result(data)
}

// text takes what was printed since the last time.
func (r *runner) text() string {
	s := r.log.String()
	r.log.Reset()
	return s
}

// see writes down what happened on one unit.
func (r *runner) see(s *work.Seen) error {
	u := Unit{Unit: r.names[s.Token], Rows: map[string][][]any{}, Outcome: s.Result.Outcome.String(), Cause: s.Result.Cause,
		Fuel: s.Result.Fuel, Micros: s.Took.Microseconds(), Log: r.text(), Printed: s.Result.Printed, Records: [][]any{}}
	for i := range r.spec.Inputs {
		u.Rows[r.spec.Inputs[i].Dataset] = rows(s.Rows[i])
	}
	size := s.Layout.Size()
	for n := range s.Result.N {
		rec := s.Result.Records[n*size : (n+1)*size]
		out := []any{}
		for k := range r.spec.Output.Key {
			out = append(out, s.Layout.Key(rec, k))
		}
		for v := range (size - s.Layout.KeySize()) / 8 {
			out = append(out, s.Layout.Metric(rec, v))
		}
		u.Records = append(u.Records, out)
	}
	if r.task.Declared {
		u.Contribution = r.job.Plan().Exact(s.Alone)
	}
	r.report.Units = append(r.report.Units, u)
	return nil
}

// rows are spans as JSON has them: a token as its digits, a date as a text.
func rows(spans []engine.Span) [][]any {
	out := [][]any{}
	for _, s := range spans {
		for i := s.From; i < s.To; i++ {
			row := []any{}
			for _, col := range s.Batch.Columns()[1:] {
				switch c := col.(type) {
				case *array.FixedSizeBinary:
					if c.IsNull(i) {
						row = append(row, nil)
						continue
					}
					row = append(row, hex.EncodeToString(c.Value(i)))
				default:
					row = append(row, col.GetOneForMarshal(i))
				}
			}
			out = append(out, row)
		}
	}
	return out
}

// result makes both tables: before and after noise.
func (r *runner) result(data []byte) error {
	plan := r.job.Plan()
	total := plan.NewPartial()
	if err := total.UnmarshalBinary(data); err != nil {
		return err
	}
	res := &Result{Exact: plan.Exact(total), Price: plan.Facts().Price, Kind: glovebox.LedgerPure}
	if r.spec.Release.Rho > 0 {
		res.Kind = glovebox.LedgerZCDP
	}
	src, err := privacy.NewSource()
	if err != nil {
		return err
	}
	table, err := plan.Release(total, src)
	if err != nil {
		return err
	}
	for _, k := range table.Keys {
		res.Columns = append(res.Columns, k.Name)
	}
	for _, m := range table.Metrics {
		res.Columns = append(res.Columns, m.Name)
	}
	res.Noisy = table.Rows
	r.report.Result = res
	return nil
}
