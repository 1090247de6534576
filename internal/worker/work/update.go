package work

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox"
)

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

func (u *Update) binding() *sandbox.Binding {
	return &sandbox.Binding{Function: u.Function, Params: u.Params,
		References: map[string]arrow.RecordBatch{glovebox.StateTable: ValueTable(u.State), glovebox.SumTable: ValueTable(u.Sum)}}
}

// Bytes are a step, as UpdateOf reads it.
func (u *Update) Bytes() ([]byte, error) {
	types()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(u); err != nil {
		return nil, encodeError()
	}
	return b.Bytes(), nil
}

// UpdateOf reads what Bytes wrote.
func UpdateOf(p []byte) (*Update, error) {
	types()
	var u Update
	if err := gob.NewDecoder(bytes.NewReader(p)).Decode(&u); err != nil {
		return nil, encodeError()
	}
	return &u, nil
}

// Step makes a step in this process, with the compiled module, as Update.Run
// does in a process of its own: for looking at the work itself, without walls.
func (r *Runner) Step(ctx context.Context, u *Update) (next []float64, ok bool, err error) {
	return u.on(ctx, r.program)
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
