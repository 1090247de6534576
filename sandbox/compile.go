package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// CompileOptions says how a module is turned into a program. nil: defaults.
type CompileOptions struct {
	// Interpreter runs the module on the runtime's interpreter instead of its
	// compiler: the same results and the same fuel, some forty times slower.
	// It is there to cross-check the compiler. Default: the compiler, where
	// the machine has one.
	Interpreter bool
	// Cache is a folder that holds machine code of earlier compilations, and
	// takes that of this one. Code is run as it lies there: nobody but the
	// caller may be able to write to it. Default: none.
	Cache string
}

// Program is a compiled module. Guests of one program may run at the same
// time. It has a runtime of its own: compiled modules are never shared between
// runtimes.
type Program struct {
	module   *Module
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	plain    wazero.RuntimeConfig // of the runtime, but without its cache

	mu     sync.Mutex
	users  int // guests, and the program itself until Close
	closed bool

	tested sync.Once // the self-test
	found  *tiers
}

// Compile validates the module as its author gave it and compiles the rewritten
// one. It runs nothing of the guest. An error of code module means that the
// module is not valid WebAssembly.
//
// Compilation happens in this process; what bounds it is admission. ctx is
// looked at before it starts, not while it runs.
func (m *Module) Compile(ctx context.Context, o *CompileOptions) (*Program, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := validate(ctx, m.wasm); err != nil {
		return nil, err
	}
	cfg := wazero.NewRuntimeConfig()
	if o != nil && o.Interpreter {
		cfg = wazero.NewRuntimeConfigInterpreter()
	}
	// No WithCloseOnContextDone: it makes loops several times slower and does
	// not stop code without loops. Fuel stops a guest.
	cfg = cfg.WithCoreFeatures(api.CoreFeaturesV2).WithMemoryLimitPages(abi.MaxPages).WithDebugInfoEnabled(false)
	plain := cfg
	if o != nil && o.Cache != "" {
		cache, err := wazero.NewCompilationCacheWithDir(o.Cache)
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "the folder of compiled modules cannot be used")
		}
		cfg = cfg.WithCompilationCache(cache)
	}
	p := &Program{module: m, plain: plain, runtime: wazero.NewRuntimeWithConfig(ctx, cfg), users: 1}
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

// compileWasm is the one place where a module's bytes meet the compiler. The
// product calls it in a process of its own that has limits on processor time
// and memory and is killed when it passes them.
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

// CodeName names a module's machine code: what was validated and compiled, by
// which rewrite and which version of the runtime, for which processor. Equal names mean that
// the code in a Cache folder can be taken for the module's.
func (m *Module) CodeName() string {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "github.com/tetratelabs/wazero" {
				version = d.Version
			}
		}
	}
	h := sha256.Sum256([]byte(strings.Join([]string{m.digest, m.rewrittenDigest, RewriterVersion, version, runtime.GOOS, runtime.GOARCH}, "\n")))
	return hex.EncodeToString(h[:])
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

func (p *Program) drop() error {
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
	return p.drop()
}
