package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	wasmtime "github.com/bytecodealliance/wasmtime-go/v44"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

const groups = 1000

// groupWasm is the guest that all rows but one are about: the C loop that the
// product's own benchmarks use.
func groupWasm() ([]byte, error) {
	_, here, _, _ := runtime.Caller(0)
	return os.ReadFile(filepath.Join(filepath.Dir(here), "../sandbox/testdata/groupby.wasm"))
}

var groupSchema = arrow.NewSchema([]arrow.Field{{Name: abi.UnitColumn, Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}},
	{Name: "k", Type: arrow.PrimitiveTypes.Int32}, {Name: "v", Type: arrow.PrimitiveTypes.Float64}}, nil)

func groupBinding() *abi.Binding {
	return &abi.Binding{Inputs: []abi.InputBinding{{Name: "rows", Schema: groupSchema}}}
}

func columns(n int) (k []int32, v []float64) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range n {
		k = append(k, int32(rng.IntN(groups)))
		v = append(v, rng.Float64()*100)
	}
	k[0] = 0 // one of the groups that the guest emits
	return k, v
}

// unitOf is one unit of n rows.
func unitOf(n int) [][]abi.Span {
	k, v := columns(n)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), groupSchema)
	defer b.Release()
	for range n {
		b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
	}
	b.Field(1).(*array.Int32Builder).AppendValues(k, nil)
	b.Field(2).(*array.Float64Builder).AppendValues(v, nil)
	return [][]abi.Span{{{Batch: b.NewRecordBatch(), From: 0, To: n}}}
}

// program compiles a module as the product does.
func program(ctx context.Context, wasm []byte) (*sandbox.Program, error) {
	m, err := sandbox.Admit(wasm, nil)
	if err != nil {
		return nil, err
	}
	return m.Compile(ctx, nil)
}

// product is a guest of the product: copy, run, read, reset.
func product(ctx context.Context, p *sandbox.Program, o *sandbox.GuestOptions, n int) (func() error, error) {
	g, err := p.NewGuest(ctx, groupBinding(), o)
	if err != nil {
		return nil, err
	}
	unit := unitOf(n)
	return func() error {
		var r sandbox.Result
		err := g.Run(ctx, unit, &r)
		if err == nil && (r.Outcome != sandbox.OK || r.N == 0) {
			err = fmt.Errorf("unit ended with %v and %d records", r.Outcome, r.N)
		}
		return err
	}, nil
}

// engine is a running module without the product around it.
type engine interface {
	memory() []byte
	call(name string, args ...int32) (int64, error)
}

// bare drives an engine as the product does but for the reset: it copies a
// unit in, calls, and reads the records.
type bare struct {
	e       engine
	plan    *abi.Plan
	w       *abi.Writer
	in, out int
	records []byte
}

func newBare(e engine, wasm []byte) (*bare, error) {
	m, err := sandbox.Admit(wasm, nil)
	if err != nil {
		return nil, err
	}
	b := &bare{e: e}
	if b.plan, err = abi.NewPlan(m.Manifest(), groupBinding()); err != nil {
		return nil, err
	}
	b.w = b.plan.NewWriter()
	return b, b.place()
}

// place asks a new instance for its regions and writes what all units share.
func (b *bare) place() error {
	at, err := b.e.call("gbx_buffers", int32(b.plan.InBytes()), int32(b.plan.OutBytes()))
	if err != nil {
		return err
	}
	b.in, b.out = int(at>>32), int(at&0xffffffff)
	return b.w.Static(b.window())
}

func (b *bare) window() []byte { return b.e.memory()[b.in:][:b.plan.InBytes()] }

func (b *bare) run(unit [][]abi.Span) error {
	rows, _, err := b.w.Unit(b.window(), unit)
	if err != nil {
		return err
	}
	out := b.e.memory()[b.out:][:b.plan.OutBytes()]
	clear(out[:16])
	status, err := b.e.call("group", int32(rows))
	if err != nil || status != 0 {
		return fmt.Errorf("status %d: %w", status, err)
	}
	var n int
	var ok bool
	if b.records, n, ok = b.plan.Records.Read(b.records, out); !ok || n == 0 {
		return fmt.Errorf("%d records", n)
	}
	return nil
}

// wazeroEngine runs the module on the product's runtime, metered or as it is.
type wazeroEngine struct {
	mod  api.Module
	fuel api.MutableGlobal
	fn   map[string]api.Function
}

func newWazero(ctx context.Context, wasm []byte, metered bool) (*wazeroEngine, error) {
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithMemoryLimitPages(1024))
	x := &wazeroEngine{fn: map[string]api.Function{}}
	if metered {
		m, list := wasmbin.Parse(wasm, nil)
		if len(list) > 0 {
			return nil, fmt.Errorf("refused: %v", list)
		}
		wasm = m.Rewrite(wasmbin.Rules{Keep: []string{"memory", "gbx_buffers", "group"}, Pages: 1024}).Wasm
		refill := func(context.Context, []uint64) { x.fuel.Set(sandbox.DefaultFuelSlice) }
		if _, err := rt.NewHostModuleBuilder(wasmbin.HostModule).NewFunctionBuilder().WithGoFunction(api.GoFunc(refill), nil, nil).
			Export(wasmbin.HostRefill).Instantiate(ctx); err != nil {
			return nil, err
		}
	}
	var err error
	if x.mod, err = rt.Instantiate(ctx, wasm); err != nil {
		return nil, err
	}
	if metered {
		x.fuel = x.mod.ExportedGlobal(wasmbin.FuelGlobal).(api.MutableGlobal)
		x.mod.ExportedGlobal(wasmbin.DepthGlobal).(api.MutableGlobal).Set(16 << 20)
	}
	return x, nil
}

func (x *wazeroEngine) memory() []byte {
	m := x.mod.Memory()
	b, _ := m.Read(0, m.Size())
	return b
}

func (x *wazeroEngine) call(name string, args ...int32) (int64, error) {
	f := x.fn[name]
	if f == nil {
		f = x.mod.ExportedFunction(name)
		x.fn[name] = f
	}
	if x.fuel != nil {
		x.fuel.Set(sandbox.DefaultFuelSlice)
	}
	var stack [2]uint64
	for i, a := range args {
		stack[i] = uint64(uint32(a))
	}
	err := f.CallWithStack(context.Background(), stack[:])
	return int64(stack[0]), err
}

// wasmtimeEngine runs the module on wasmtime, with or without fuel.
type wasmtimeEngine struct {
	engine *wasmtime.Engine
	module *wasmtime.Module
	fuel   bool
	store  *wasmtime.Store
	mem    *wasmtime.Memory
	fn     map[string]*wasmtime.Func
	inst   *wasmtime.Instance
}

func newWasmtime(wasm []byte, fuel bool) (*wasmtimeEngine, error) {
	cfg := wasmtime.NewConfig()
	cfg.SetConsumeFuel(fuel)
	cfg.SetMemoryInitCOWSet(true)
	x := &wasmtimeEngine{engine: wasmtime.NewEngineWithConfig(cfg), fuel: fuel}
	var err error
	if x.module, err = wasmtime.NewModule(x.engine, wasm); err != nil {
		return nil, err
	}
	return x, x.renew()
}

// renew takes a new store and instance, which is how wasmtime resets a guest.
func (x *wasmtimeEngine) renew() (err error) {
	if x.store != nil {
		x.store.Close()
	}
	x.store = wasmtime.NewStore(x.engine)
	if x.inst, err = wasmtime.NewInstance(x.store, x.module, nil); err != nil {
		return err
	}
	x.mem = x.inst.GetExport(x.store, "memory").Memory()
	x.fn = map[string]*wasmtime.Func{}
	return nil
}

func (x *wasmtimeEngine) memory() []byte { return x.mem.UnsafeData(x.store) }

func (x *wasmtimeEngine) call(name string, args ...int32) (int64, error) {
	if x.fuel {
		if err := x.store.SetFuel(1 << 40); err != nil {
			return 0, err
		}
	}
	f := x.fn[name]
	if f == nil {
		f = x.inst.GetFunc(x.store, name)
		x.fn[name] = f
	}
	list := make([]any, len(args))
	for i, a := range args {
		list[i] = a
	}
	v, err := f.Call(x.store, list...)
	switch v := v.(type) {
	case int32:
		return int64(v), err
	case int64:
		return v, err
	}
	return 0, err
}
