package sandbox

import (
	"context"
	"errors"
	"runtime"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// instance is one instantiated module with its memory and counters.
type instance struct {
	mod     api.Module
	mem     api.Memory
	linear  *linear
	buffer  *[]byte      // the runtime's view of the memory; nil: it cannot shrink
	entry   api.Function // the bound function
	name    string       // its name
	depth   api.MutableGlobal
	globals []api.MutableGlobal // the guest's own, in the order of Rewritten.Globals
	meter   *meter
	ctx     context.Context // carries the meter to refill
	stack   [2]uint64
	full    bool // the depth counter is known to be at depthBytes
	suspect bool // the runtime itself failed on it: do not use it again
}

// newInstance instantiates the program's module. No guest code runs: start
// sections are refused at admission.
func (p *Program) newInstance(entry string, slice int64) (*instance, error) {
	l, err := newLinear(p.module.manifest.Pages * wasmbin.PageBytes)
	if err != nil {
		return nil, err
	}
	in, err := p.instantiate(l, p.compiled, entry, slice)
	if err != nil {
		l.Free() // the runtime does not, where instantiation fails
		return nil, err
	}
	return in, nil
}

// moduleConfig names nothing and starts nothing. Its source of random bytes is
// one that has none: no function that a guest may import reads it (wasi.go), and
// without one the runtime seeds a generator for each instance, which takes
// longer than all the rest of making it.
var moduleConfig = wazero.NewModuleConfig().WithName("").WithStartFunctions().WithRandSource(strings.NewReader(""))

func (p *Program) instantiate(l *linear, compiled wazero.CompiledModule, entry string, slice int64) (*instance, error) {
	ctx := experimental.WithMemoryAllocator(context.Background(),
		experimental.MemoryAllocatorFunc(func(_, _ uint64) experimental.LinearMemory { return l }))
	mod, err := p.runtime.InstantiateModule(ctx, compiled, moduleConfig)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot instantiate the module: %s", clip(err))
	}
	in := &instance{mod: mod, mem: mod.Memory(), linear: l, name: entry, entry: mod.ExportedFunction(entry)}
	in.depth, _ = mod.ExportedGlobal(wasmbin.DepthGlobal).(api.MutableGlobal)
	fuel, _ := mod.ExportedGlobal(wasmbin.FuelGlobal).(api.MutableGlobal)
	complete := in.mem != nil && in.entry != nil && in.depth != nil && fuel != nil
	for _, name := range p.module.rewritten.Globals {
		g, ok := mod.ExportedGlobal(name).(api.MutableGlobal)
		complete = complete && ok
		in.globals = append(in.globals, g)
	}
	if !complete {
		in.close()
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the rewritten module lacks an export")
	}
	in.meter = &meter{fuel: fuel, slice: slice}
	if p.tiers().shrink {
		in.buffer = bufferOf(in.mem)
	}
	in.ctx = meterContext{context.Background(), in.meter}
	return in, nil
}

// call runs an exported function under the meter, with up to two parameters
// and one result.
func (in *instance) call(f api.Function, params ...uint64) (uint64, error) {
	if !in.full {
		in.depth.Set(depthBytes)
		in.full = true // a call that returns gives back what it took
	}
	copy(in.stack[:], params)
	scrub()
	err := f.CallWithStack(in.ctx, in.stack[:])
	if err != nil {
		in.failed(err)
	}
	return in.stack[0], err
}

// failed tidies up after a call that did not return.
func (in *instance) failed(err error) {
	in.full = false
	// Let go of the stack that the call may have grown.
	in.entry = in.mod.ExportedFunction(in.name)
	if _, bug := errors.AsType[runtime.Error](err); bug {
		in.suspect = true
	}
}

// outcomeOf says how a failed call ended. cause is set if the job was stopped.
func outcomeOf(err error) (o Outcome, cause error) {
	if s, ok := errors.AsType[*stopped](err); ok {
		return Trap, s.cause
	}
	if errors.Is(err, errOutOfFuel) {
		return OutOfFuel, nil
	}
	return Trap, nil
}

// size is the memory's size in bytes.
func (in *instance) size() int { return int(in.mem.Size()) }

// bytes is the guest's whole memory. It is valid until the instance is closed
// or grows.
func (in *instance) bytes() []byte { return in.linear.buf[:in.size()] }

func (in *instance) close() {
	// Closing an instance without files cannot fail; it frees the memory, and
	// so does the next line where it did not.
	_ = in.mod.Close(context.Background())
	in.linear.Free()
}

// initialize runs what a guest may run before its first unit, under InitFuel,
// and returns where it put its regions. The log region is asked for whether or
// not anybody reads it, so that a guest cannot tell.
func (in *instance) initialize(job context.Context, m *Module, plan *abi.Plan) (inPtr, outPtr int, log region, err error) {
	in.meter.start(job, InitFuel)
	run := func(name string, params ...uint64) (uint64, error) {
		v, err := in.call(in.mod.ExportedFunction(name), params...)
		if err == nil {
			return v, nil
		}
		o, cause := outcomeOf(err)
		if cause != nil {
			return 0, cause
		}
		return 0, refuse(one(reasonInit, "%s failed: %s", name, o))
	}
	if m.hasInit {
		if _, err = run(abi.ExportInitialize); err != nil {
			return 0, 0, log, err
		}
	}
	v, err := run(abi.ExportVersion)
	if err != nil {
		return 0, 0, log, err
	}
	if minor := int32(uint32(v)); minor < 0 || minor > abi.Minor {
		return 0, 0, log, refuse(one(reasonVersion, "module is of minor version %d, this host speaks %d", minor, abi.Minor))
	}
	v, err = run(abi.ExportBuffers, uint64(plan.InBytes()), uint64(plan.OutBytes()))
	if err != nil {
		return 0, 0, log, err
	}
	inPtr, outPtr = int(v>>32), int(v&0xffffffff)
	inEnd, outEnd := inPtr+plan.InBytes(), outPtr+plan.OutBytes()
	if inPtr%abi.Align != 0 || outPtr%abi.Align != 0 || inEnd > in.size() || outEnd > in.size() || (inPtr < outEnd && outPtr < inEnd) {
		return 0, 0, log, refuse(one(reasonBuffers, "gbx_buffers returned regions at %d and %d for %d and %d bytes in a memory of %d",
			inPtr, outPtr, plan.InBytes(), plan.OutBytes(), in.size()))
	}
	if !m.hasLog {
		return inPtr, outPtr, log, nil
	}
	if v, err = run(abi.ExportLog); err != nil {
		return 0, 0, log, err
	}
	at := region{int(v >> 32), int(v & 0xffffffff)}
	if !at.validLog(in.size(), region{inPtr, plan.InBytes()}, region{outPtr, plan.OutBytes()}) {
		return 0, 0, log, refuse(one(reasonLog, "gbx_log returned a region of %d bytes at %d in a memory of %d", at.n, at.at, in.size()))
	}
	return inPtr, outPtr, at, nil
}
