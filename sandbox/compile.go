package sandbox

import (
	"context"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"glovebox/sandbox/abi"
	"glovebox/sandbox/wasmbin"
)

// CompileOptions says how a module is turned into a program. nil: defaults.
type CompileOptions struct {
	// Interpreter runs the module on the runtime's interpreter instead of its
	// compiler: the same results and the same fuel, some forty times slower.
	// It is there to cross-check the compiler. Default: the compiler, where
	// the machine has one.
	Interpreter bool
}

// Program is a compiled module. Guests of one program may run at the same
// time. It has a runtime of its own: compiled modules are never shared between
// runtimes.
type Program struct {
	module   *Module
	runtime  wazero.Runtime
	compiled wazero.CompiledModule

	mu     sync.Mutex
	users  int // guests, and the program itself until Close
	closed bool

	tested sync.Once // the self-test
	found  *tiers
}

// Compile compiles the rewritten module. It runs nothing of the guest. An
// error of code module means that the module is not valid WebAssembly.
//
// Compilation happens in this process; what bounds it is admission. ctx is
// looked at before it starts, not while it runs.
func (m *Module) Compile(ctx context.Context, o *CompileOptions) (*Program, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cfg := wazero.NewRuntimeConfig()
	if o != nil && o.Interpreter {
		cfg = wazero.NewRuntimeConfigInterpreter()
	}
	// No WithCloseOnContextDone: it makes loops several times slower and does
	// not stop code without loops. Fuel stops a guest.
	cfg = cfg.WithCoreFeatures(api.CoreFeaturesV2).WithMemoryLimitPages(abi.MaxPages).WithDebugInfoEnabled(false)
	p := &Program{module: m, runtime: wazero.NewRuntimeWithConfig(ctx, cfg), users: 1}
	var err error
	if p.compiled, err = compileWasm(ctx, p.runtime, m.rewritten.Wasm); err == nil {
		_, err = p.runtime.NewHostModuleBuilder(wasmbin.HostModule).NewFunctionBuilder().
			WithGoFunction(api.GoFunc(refill), nil, nil).Export(wasmbin.HostRefill).Instantiate(ctx)
	}
	if err == nil && m.manifest.WASI {
		err = instantiateWASI(ctx, p.runtime)
	}
	if err != nil {
		_ = p.runtime.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return p, nil
}

// compileWasm is the one place where a module's bytes meet the compiler. A
// compiler that runs in a process of its own, with limits and a cache that
// only the domain can write, takes its place without a change elsewhere.
func compileWasm(ctx context.Context, rt wazero.Runtime, wasm []byte) (c wazero.CompiledModule, err error) {
	defer func() {
		if e := recover(); e != nil {
			c, err = nil, refuse(one(reasonCompile, "the compiler failed on the module"))
		}
	}()
	if c, err = rt.CompileModule(ctx, wasm); err != nil {
		return nil, refuse(one(reasonCompile, "module is not valid: %s", clip(err)))
	}
	return c, nil
}

// clip makes a text of the runtime about a module short and printable. It
// speaks about the module only; no data exists yet.
func clip(err error) string {
	s := []rune(err.Error())
	if len(s) > 200 {
		s = append(s[:200], []rune("...")...)
	}
	q := fmt.Sprintf("%+q", string(s))
	return q[1 : len(q)-1]
}

// Module returns what was compiled.
func (p *Program) Module() *Module { return p.module }

// acquire counts a guest in; it fails after Close.
func (p *Program) acquire() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.users++
	return true
}

func (p *Program) release() error {
	p.mu.Lock()
	p.users--
	last := p.users == 0
	p.mu.Unlock()
	if last {
		return p.runtime.Close(context.Background())
	}
	return nil
}

// Close frees the program once its last guest is closed. No guest can be made
// after it. Closing twice does nothing.
func (p *Program) Close() error {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	p.mu.Unlock()
	if again {
		return nil
	}
	return p.release()
}
