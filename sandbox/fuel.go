package sandbox

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero/api"
)

const (
	// DefaultFuelSlice is how much fuel a guest gets at a time: about a
	// millisecond. Compiled code cannot be interrupted; between slices the
	// garbage collector and the rest of the process get their turn, and a job
	// that was stopped ends.
	DefaultFuelSlice = 1_000_000
	// InitFuel is the fuel of _initialize, gbx_abi_1 and gbx_buffers together.
	InitFuel = 1_000_000_000
	// depthBytes bounds the host stack that a guest's calls may take, by the
	// rewriter's upper estimate of each frame. It is far below the size at
	// which the runtime itself gives up, which depends on how often the stack
	// grew before. It decides which units trap: a change needs a new
	// wasmbin.RewriterVersion.
	depthBytes = 8 << 20
)

// errOutOfFuel and stopped end a guest from within the refill.
var errOutOfFuel = errors.New("out of fuel")

// stopped carries the reason why a whole job ends.
type stopped struct{ cause error }

func (s *stopped) Error() string { return "job stopped" }

// meter grants a unit's fuel slice by slice. What a unit uses does not depend
// on the slices.
type meter struct {
	fuel    api.MutableGlobal
	job     context.Context // of the run at hand
	budget  int64
	reserve int64 // not granted yet
	slice   int64
}

type meterKey struct{}

// meterContext carries a meter to refill. The runtime asks it for other values
// at each call, so it answers without a search.
type meterContext struct {
	context.Context
	meter *meter
}

// Value returns the meter, and nothing else.
func (c meterContext) Value(key any) any {
	if _, ok := key.(meterKey); ok {
		return c.meter
	}
	return nil
}

// start grants the first slice.
func (m *meter) start(job context.Context, budget int64) {
	first := min(budget, m.slice)
	m.job, m.budget, m.reserve = job, budget, budget-first
	m.fuel.Set(uint64(first))
	plantClock(m)
}

// used is the fuel taken since start, at most the budget.
func (m *meter) used() int64 {
	return min(m.budget, m.budget-m.reserve-int64(m.fuel.Get()))
}

// refill is the one function that a rewritten module imports. The module calls
// it when its fuel is below zero.
func refill(ctx context.Context, _ []uint64) {
	m := ctx.Value(meterKey{}).(*meter)
	if err := m.job.Err(); err != nil {
		panic(&stopped{err})
	}
	plantClock(m)
	have := int64(m.fuel.Get())
	grant := min(m.reserve, m.slice-have)
	if have+grant < 0 {
		panic(errOutOfFuel)
	}
	m.reserve -= grant
	m.fuel.Set(uint64(have + grant))
}
