// Package work is the work on one vault part: from descriptors to partial
// aggregates.
//
// A Runner is made from a Spec, which is plain public data plus the keys that
// masks and bounding need, and from nothing else: no vault, no ledger, no log,
// no path. A Worker's Part takes descriptors of decrypted parts and returns
// the bytes of a partial aggregate. It starts no process and knows of none:
// package role runs it behind the walls of package jail.
//
// What it promises: the guest sees one unit at a time, masked and filtered;
// what it says is bounded before it is added; a guest's failure is the unit's
// default contribution and nothing else. In mode blocks all that holds of one
// block of units at a time, which runs in an instance of its own. What it does not promise: that a
// partial aggregate is private. It is exact; noise is added by the Course, which
// the supervisor alone goes.
package work

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/masking"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/sandbox"
)

// Spec is a job as workers know it.
type Spec struct {
	Wasm       []byte // the module as it was given; it is admitted again here
	MaxFuel    int64  // most fuel per unit that it may ask for
	Function   string
	Params     map[string]any
	References map[string]arrow.RecordBatch // public tables; they stay the caller's
	Inputs     []Input                      // in the order of the dataset codes
	Mode       string                       // glovebox.ModeMap, ModeBlocks or ModeTrain
	Output     glovebox.Output              // in the order of the module's records
	Blocks     *glovebox.Blocks             // mode blocks, in place of Output; with its count
	Train      *glovebox.Train              // mode train, in place of Output; with its update and state. References has the state.
	Release    glovebox.ReleaseDef
	Public     privacy.PublicKeys
	Secret     [32]byte // of this job alone: ranks the keys of a unit, and makes its tokens
	TokenKey   [32]byte // of the scenario's tokens, which are those that are shared
	// PieceBytes is how much memory a partial aggregate may take before it is
	// sent in pieces. Zero: DefaultPieceBytes.
	PieceBytes int64
}

// DefaultPieceBytes is far below role.MaxPartial, and room for half a million
// keys.
const DefaultPieceBytes = 64 << 20

// Job is a spec that was checked: the module is admitted, fits its output and
// its inputs. Nothing is compiled.
type Job struct {
	spec    Spec
	mode    Mode
	module  *sandbox.Module
	binding *sandbox.Binding
}

// Check admits the spec's module, prices what it declares and binds the module
// to the inputs. It fails with CodeModule and CodeInvalid as admission, privacy
// plans and binding do.
func Check(spec Spec) (*Job, error) {
	module, err := sandbox.Admit(spec.Wasm, &sandbox.Options{MaxFuel: spec.MaxFuel})
	if err != nil {
		return nil, err
	}
	mode, err := newMode(&spec, module)
	if err != nil {
		return nil, err
	}
	return Bind(spec, module, mode)
}

// Bind is Check for who has admitted the spec's module, and priced what it
// declares, already.
func Bind(spec Spec, module *sandbox.Module, mode Mode) (*Job, error) {
	j := &Job{spec: spec, mode: mode, module: module, binding: &sandbox.Binding{Function: spec.Function, Params: spec.Params, References: spec.References}}
	if err := mode.check(j); err != nil {
		return nil, err
	}
	for i := range spec.Inputs {
		in := &spec.Inputs[i]
		schema, err := j.guestSchema(in)
		if err != nil {
			return nil, err
		}
		j.binding.Inputs = append(j.binding.Inputs, sandbox.InputBinding{Name: in.Dataset, Schema: schema, MaxRows: mode.maxRows(in.MaxRows), MaxBytes: in.maxBytes()})
	}
	if err := j.checkMasked(); err != nil {
		return nil, err
	}
	return j, j.module.CheckBinding(j.binding)
}

// Module is the job's module, admitted.
func (j *Job) Module() *sandbox.Module { return j.module }

// Mode is the job's mode, with what the job declares for it.
func (j *Job) Mode() Mode { return j.mode }

// Round is the privacy plan of a round: a *privacy.Plan where the guest sees
// one unit at a time, a *blocks.Plan where it sees a block of them.
func (j *Job) Round() any { return j.mode.round() }

// PartsPerGroup is how many parts, one after the other, a worker needs for one
// answer. Both numbers are powers of two.
func (j *Job) PartsPerGroup(parts int) int { return j.mode.parts(parts) }

// Fuel is what the module may use for one unit, or one block: a public bound
// on how long a worker may be silent.
func (j *Job) Fuel() int64 { return j.module.Fuel(j.spec.Function) }

// StepFuel is what the module may use for a step between two rounds.
func (j *Job) StepFuel(u *Update) int64 { return j.module.Fuel(u.Function) }

// Wasm is the module as it was given.
func (j *Job) Wasm() []byte { return j.spec.Wasm }

// CodeName names the machine code of the job's module.
func (j *Job) CodeName() string { return j.module.CodeName() }

// Runner runs parts of one job. It is safe for concurrent use; each goroutine
// takes a Worker of its own.
type Runner struct {
	*Job
	program *sandbox.Program
}

// Compile compiles the module; cache is a folder that holds its machine code,
// or empty.
func (j *Job) Compile(ctx context.Context, cache string) (*Runner, error) {
	p, err := j.module.Compile(ctx, &sandbox.CompileOptions{Cache: cache})
	if err != nil {
		return nil, err
	}
	return &Runner{j, p}, nil
}

// Of is the runner of another round: the same compiled module, which the first
// runner closes. Like New it is for looking at the work itself, without walls.
func (r *Runner) Of(round *Job) *Runner { return &Runner{round, r.program} }

// New checks and compiles a spec in this process: for benchmarks of the work
// itself, without walls.
func New(ctx context.Context, spec Spec) (*Runner, error) {
	j, err := Check(spec)
	if err != nil {
		return nil, err
	}
	return j.Compile(ctx, "")
}

// Close frees the compiled module. Workers have to be closed before.
func (r *Runner) Close() error { return r.program.Close() }

// guestSchema is what the guest sees of the input: after masks, without the
// columns that only the filter reads.
func (j *Job) guestSchema(in *Input) (*arrow.Schema, error) {
	t, err := j.masks(in)
	if err != nil {
		return nil, err
	}
	return arrow.NewSchema(t.Schema().Fields()[:1+len(in.Columns)], nil), nil
}

// masks makes the transform of an input's parts.
func (j *Job) masks(in *Input) (*masking.Transform, error) {
	read, err := engine.Schema(in.Record, in.reads(), in.kept())
	if err != nil {
		return nil, err
	}
	return masking.Compile(read, in.unitMasks(), j.maskOptions())
}

// maskOptions are the keys of token masks, and whose tokens are equal: those of
// what the guest sees at one time, which is a unit, or a block of units.
func (j *Job) maskOptions() *masking.Options {
	return &masking.Options{TokenKey: j.spec.TokenKey, JobKey: j.spec.Secret, Together: j.mode.together()}
}
