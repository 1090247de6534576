package work

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"maps"
	"math"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/sandbox"
)

// MessageUpdate is the message of a step of mode train. files: the encoded
// Update, then the module's machine code if there is any. Its worker gets no
// other message.
const MessageUpdate = 'U'

// Train is the privacy plan of a job of mode train.
func (j *Job) Train() *privacy.TrainPlan { return j.train }

// State is the first state of a job of mode train.
func (j *Job) State() []float64 {
	if t := j.spec.Train; len(t.Init) > 0 {
		return append([]float64(nil), t.Init...)
	}
	return make([]float64, j.spec.Train.State)
}

// In returns the job of a round: the module sees this state.
func (j *Job) In(state []float64) *Job {
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

// In returns the runner of a round: the module sees this state. It is the same
// compiled module, which the first runner closes. Like New it is for looking at
// the work itself, without walls, and so is Step.
func (r *Runner) In(state []float64) *Runner { return &Runner{r.Job.In(state), r.program} }

// Step makes the step after a round, as Update.Run does in a process of its
// own.
func (r *Runner) Step(ctx context.Context, state, sum []float64) (next []float64, ok bool, err error) {
	return r.Update(state, sum).on(ctx, r.program)
}

// ValueTable is a reference table of numbers. It lives on Go's heap.
func ValueTable(values []float64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.NewGoAllocator(), arrow.NewSchema([]arrow.Field{{Name: glovebox.ValueColumn, Type: arrow.PrimitiveTypes.Float64}}, nil))
	defer b.Release()
	b.Field(0).(*array.Float64Builder).AppendValues(values, nil)
	return b.NewRecordBatch()
}

// Update is a step of mode train: the module's own function makes the next
// state of the present one and of a round's noisy sum. It holds nothing that is
// not private already: no data, no key.
type Update struct {
	Wasm       []byte
	MaxFuel    int64
	Function   string
	Params     map[string]any
	State, Sum []float64
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

// checkTrain holds a job of mode train against its module: both functions, and
// that each parameter is for one of them.
func (j *Job) checkTrain() error {
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
	return j.module.CheckBinding(j.Update(j.State(), make([]float64, s.Train.Size)).binding())
}

func (u *Update) binding() *sandbox.Binding {
	return &sandbox.Binding{Function: u.Function, Params: u.Params,
		References: map[string]arrow.RecordBatch{glovebox.StateTable: ValueTable(u.State), glovebox.SumTable: ValueTable(u.Sum)}}
}

// Encode puts a step into a sealed file in memory.
func (u *Update) Encode() (*os.File, error) {
	types()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(u); err != nil {
		return nil, encodeError()
	}
	return SealedFile(b.Bytes())
}

// Run makes the step in this process. ok is false if the module failed at it.
func (u *Update) Run(ctx context.Context, cache string) (next []float64, ok bool, err error) {
	m, err := sandbox.Admit(u.Wasm, &sandbox.Options{MaxFuel: u.MaxFuel})
	if err != nil {
		return nil, false, err
	}
	p, err := m.Compile(ctx, &sandbox.CompileOptions{Cache: cache})
	if err != nil {
		return nil, false, err
	}
	defer p.Close()
	return u.on(ctx, p)
}

// on makes the step with a compiled module.
func (u *Update) on(ctx context.Context, p *sandbox.Program) (next []float64, ok bool, err error) {
	g, err := p.NewGuest(ctx, u.binding(), nil)
	if err != nil {
		return nil, false, err
	}
	defer g.Close()
	var res sandbox.Result
	if err := g.Run(ctx, nil, &res); err != nil || res.Outcome != sandbox.OK || res.N != 1 {
		return nil, false, err
	}
	next, ok = Numbers(res.Records, len(u.State))
	return next, ok, nil
}

// Numbers decodes n finite numbers; minus zero is zero.
func Numbers(b []byte, n int) ([]float64, bool) {
	if len(b) != 8*n {
		return nil, false
	}
	out := make([]float64, n)
	for i := range out {
		v := math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		if v-v != 0 { // infinite or not a number
			return nil, false
		}
		out[i] = v + 0
	}
	return out, true
}

// serveUpdate is a worker of one step.
func serveUpdate(in *jail.Inside, m *jail.Message, cache string) error {
	p, err := readSealed(m.Files[0], maxSpec)
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	types()
	var u Update
	if err := gob.NewDecoder(bytes.NewReader(p)).Decode(&u); err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	ctx := context.Background()
	next, ok, err := u.Run(ctx, cache)
	if err != nil && cache != "" {
		next, ok, err = u.Run(ctx, "") // code of another processor
	}
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultModule))
	}
	var payload []byte
	if ok {
		for _, v := range next {
			payload = binary.LittleEndian.AppendUint64(payload, math.Float64bits(v))
		}
	}
	return in.Send(jail.Frame{Kind: jail.Updated, Payload: payload})
}
