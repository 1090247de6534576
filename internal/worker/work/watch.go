package work

import (
	"context"
	"time"

	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// Seen is what happened to one unit of sample data, or in mode blocks to one
// block of units. It and what it points to are valid during the call that gets
// it.
type Seen struct {
	Tokens [][engine.TokenBytes]byte // the unit's, or those of the block's units
	Block  int                       // its number; mode blocks only
	Rows   [][]engine.Span           // by input: masked and filtered, as the guest got them
	Starts [][]uint32                // by input: the row with which each unit begins, then how many there are; mode blocks only
	Result sandbox.Result
	Layout *abi.Records     // of Result.Records
	Alone  *privacy.Partial // what the unit adds after bounding, alone; nil in mode blocks
	Took   time.Duration    // of the guest, by the wall clock
}

// watch is who looks on, on sample data only.
type watch struct {
	logs *sandbox.SampleLogs
	see  func(*Seen) error
}

// options are those of the guest; a nil watch is real data.
func (w *watch) options() *sandbox.GuestOptions {
	if w == nil {
		return nil
	}
	return &sandbox.GuestOptions{Logs: w.logs}
}

// Watch is Worker for sample data: see is told of every unit, or every block
// that has units, one after the other, and an error of it ends the part; logs take what the guest prints.
// What the worker does and what it returns are the same as without.
//
// On real data this would show what nobody may see. A test of the architecture
// lets nothing but the sample runner call it, and no role of Roles does.
func (r *Runner) Watch(ctx context.Context, logs *sandbox.SampleLogs, see func(*Seen) error) (*Worker, error) {
	return r.worker(ctx, &watch{logs: logs, see: see})
}

// Datasets names the inputs of a job, in their order.
func (j *Job) Datasets() []string {
	var out []string
	for i := range j.spec.Inputs {
		out = append(out, j.spec.Inputs[i].Dataset)
	}
	return out
}

// watched is unit with somebody looking on.
func (h *unitHand) watched(ctx context.Context, b *privacy.Bounder, token [engine.TokenBytes]byte, rows [][]engine.Span) error {
	start := time.Now()
	var res sandbox.Result
	err := h.w.guest.Run(ctx, rows, &res)
	if err != nil {
		return err
	}
	s := &Seen{Tokens: [][engine.TokenBytes]byte{token}, Rows: rows, Result: res, Layout: h.w.guest.Records(), Took: time.Since(start)}
	bound(b, token, &res)
	one := h.plan.NewBounder(h.w.r.spec.Secret)
	bound(one, token, &res)
	if s.Alone, err = one.Partial(); err != nil {
		return err
	}
	return h.w.watch.see(s)
}

// watched tells of a block what there is to tell. Of one that is too large
// there are no rows.
func (h *blockHand) watched(p *group, res sandbox.Result, took time.Duration) error {
	if h.w.watch == nil {
		return nil
	}
	return h.w.watch.see(&Seen{Tokens: p.tokens, Block: p.block, Rows: p.rows.Rows, Starts: p.rows.Starts, Result: res, Layout: h.w.guest.Records(), Took: took})
}
