package work

import (
	"maps"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// Train is mode train: rounds of mode map over one vector, between two of which
// the module's own update makes the next state of the noisy sum.
type Train struct {
	*privacy.TrainPlan
	update string // function
	units  *Map   // a round
}

// NewTrain prices what a job of mode train declares; f gives the vector. It
// fails as privacy.NewTrainPlan.
func NewTrain(t *glovebox.Train, f *abi.Function, rel glovebox.ReleaseDef) (*Train, error) {
	if t == nil || len(f.Output.Metrics) == 0 {
		return nil, modeless()
	}
	p, err := privacy.NewTrainPlan(*t, f.Output.Metrics[0], rel)
	if err != nil {
		return nil, err
	}
	return &Train{p, t.Update, &Map{p.Round()}}, nil
}

// trainOf is NewTrain for a spec.
func trainOf(s *Spec, m *sandbox.Module) (Mode, error) {
	f, ok := m.Manifest().Function(s.Function)
	if !ok || len(f.Output.Metrics) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the module has no function %q that gives a vector", s.Function)
	}
	return NewTrain(s.Train, f, s.Release)
}

// MostWork is one call a unit and one of the update, in each round.
func (m *Train) MostWork(module *sandbox.Module, f *abi.Function, units int64, call func(fuel int64) float64) float64 {
	return float64(m.Rounds()) * (m.units.MostWork(module, f, units, call) + call(module.Fuel(m.update)))
}

// Bytes are few: a state is bounded.
func (m *Train) Bytes() (rows, columns int64) { return 0, 0 }

// Repeats is true: how long a run takes can depend on a state, and a run can be
// cut short and run again at the price that is paid already, as often as
// somebody likes. So noise is that of the numbers it is added to: every run of
// the job has the same states, and takes as long.
func (m *Train) Repeats() bool { return true }

func (m *Train) parts(of int) int         { return m.units.parts(of) }
func (m *Train) maxRows(declared int) int { return m.units.maxRows(declared) }
func (m *Train) together() *int           { return m.units.together() }
func (m *Train) round() any               { return m.units.round() }
func (m *Train) hand(w *Worker) hand      { return m.units.hand(w) }

func (m *Train) course(j *Job, key [32]byte) Course {
	return &trainCourse{mode: m, first: j, now: j, key: key, state: j.firstState()}
}

// trainCourse is the rounds of mode train.
type trainCourse struct {
	mode       *Train
	first, now *Job
	key        [32]byte
	round      int
	state      []float64
	failed     int // steps
}

func (c *trainCourse) More() bool { return c.round < c.mode.Rounds() }
func (c *trainCourse) Job() *Job  { return c.now }

func (c *trainCourse) Total(o *privacy.SpoolOptions) Total {
	return &sums{c.mode.Round(), c.mode.Round().NewSpool(o)}
}

func (c *trainCourse) Source(t Total) (*mechanism.Source, error) {
	return t.(*sums).spool.Source(c.key, c.round)
}

func (c *trainCourse) Release(t Total, src *mechanism.Source) (*Update, error) {
	table, err := t.(*sums).spool.Release(src)
	if err != nil {
		return nil, err
	}
	var sum []float64
	for _, cell := range table.Rows[0].Cells {
		sum = append(sum, cell.Value)
	}
	return c.first.Update(c.state, sum), nil
}

func (c *trainCourse) Take(next []float64, ok bool) {
	if c.round++; !ok {
		c.failed++
		return
	}
	c.state, c.now = next, c.first.in(next)
}

func (c *trainCourse) Answer() *Answer {
	a := &Answer{Facts: c.mode.Facts(), Failed: c.failed, Columns: []release.Column{{Name: "parameter", Type: glovebox.Int64}, {Name: glovebox.ValueColumn, Type: glovebox.Float64}}}
	for i, v := range c.state {
		a.Rows = append(a.Rows, []any{int64(i), v})
	}
	return a
}

// firstState is the state that the first round begins with.
func (j *Job) firstState() []float64 {
	if t := j.spec.Train; len(t.Init) > 0 {
		return append([]float64(nil), t.Init...)
	}
	return make([]float64, j.spec.Train.State)
}

// in returns the job of a round: the module sees this state.
func (j *Job) in(state []float64) *Job {
	next := *j
	next.spec.References = maps.Clone(j.spec.References)
	if next.spec.References == nil {
		next.spec.References = map[string]arrow.RecordBatch{}
	}
	next.spec.References[glovebox.StateTable] = ValueTable(state)
	binding := *j.binding
	binding.References = next.spec.References
	next.binding = &binding
	return &next
}

// Update returns the step after a round of this job.
func (j *Job) Update(state, sum []float64) *Update {
	name := j.spec.Train.Update
	return &Update{Wasm: j.spec.Wasm, MaxFuel: j.spec.MaxFuel, Function: name, Params: j.paramsOf(name), State: state, Sum: sum}
}

// paramsOf are the job's parameters that a function of the module takes.
func (j *Job) paramsOf(function string) map[string]any {
	f, ok := j.module.Manifest().Function(function)
	if !ok {
		return nil
	}
	out := map[string]any{}
	for _, p := range f.Params {
		if v, ok := j.spec.Params[p.Name]; ok {
			out[p.Name] = v
		}
	}
	return out
}

// check holds a job against its module: both functions, and
// that each parameter is for one of them.
func (m *Train) check(j *Job) error {
	s := &j.spec
	if err := j.module.CheckTrain(s.Function, s.Train); err != nil {
		return err
	}
	j.binding.Params = j.paramsOf(s.Function)
	update := j.paramsOf(s.Train.Update)
	for name := range s.Params {
		_, one := j.binding.Params[name]
		_, other := update[name]
		if !one && !other {
			e := glovebox.Errorf(glovebox.CodeInvalid, "neither %s nor %s has such a parameter", s.Function, s.Train.Update)
			e.Field = "params." + name
			return e.WithFix("leave it out")
		}
	}
	return j.module.CheckBinding(j.Update(j.firstState(), make([]float64, s.Train.Size)).binding())
}

// ValueTable is a reference table of numbers. It lives on Go's heap.
func ValueTable(values []float64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.NewGoAllocator(), arrow.NewSchema([]arrow.Field{{Name: glovebox.ValueColumn, Type: arrow.PrimitiveTypes.Float64}}, nil))
	defer b.Release()
	b.Field(0).(*array.Float64Builder).AppendValues(values, nil)
	return b.NewRecordBatch()
}
