// Command weights measures what instructions of each class cost on wazero's
// compiler, in CPU time, and prints that beside the fuel that they are charged.
//
// It promises an upper estimate: each instruction waits for the result of the
// one before it, as in the worst loop that a guest could write. What real code
// takes is less. The weights are adopted by hand, and RATIONALE.md says why.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"golang.org/x/sys/unix"

	"glovebox.example/glovebox/sandbox/wasmbin"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

const (
	copies = 64     // of the step in one round of the loop
	rounds = 20_000 // of the loop
)

// class is a kind of instruction: a step that reads and writes a local of its
// own type, so that steps wait for each other.
type class struct {
	name  string
	local byte   // type of the local
	init  []byte // its value
	step  []byte // local 1 to local 1
	count int    // instructions of the class in a step
	pages int
	short bool // a step is long: fewer rounds
}

// chain is "local = op(local, constant)".
func chain(typ byte, init, constant []byte, op ...byte) class {
	return class{local: typ, init: init, step: w.Cat(w.Get(1), constant, w.Op(op...), w.Set(1)), count: 1}
}

func classes() []class {
	i32, i64, f64 := w.I32Const(0x7ffffff1), w.I64Const(0x7ffffffffffffff1), w.F64Const(1.7)
	v := append(w.Op(0xfd, 12), make([]byte, 16)...)
	for i := range 16 {
		v[2+i] = byte(0x3f + i%2)
	}
	const callee = 0 // adds one
	named := func(name string, c class) class { c.name = name; return c }
	mask := w.Cat(w.I32Const(0x3fffff8), w.Op(0x71))
	list := []class{
		named("nothing", class{local: w.I32, init: i32, step: w.Cat(w.Get(1), w.Set(1)), count: 1}),
		named("i32.add", chain(w.I32, i32, w.I32Const(3), 0x6a)),
		named("i64.add", chain(w.I64, i64, w.I64Const(3), 0x7c)),
		named("i32.mul", chain(w.I32, i32, w.I32Const(3), 0x6c)),
		named("i64.mul", chain(w.I64, i64, w.I64Const(3), 0x7e)),
		named("i32.div_s", chain(w.I32, i32, w.Cat(w.I32Const(1), w.Get(1), w.Op(0x72)), 0x6d)),
		named("i32.rem_u", chain(w.I32, i32, w.Cat(w.I32Const(1), w.Get(1), w.Op(0x72)), 0x70)),
		named("i64.div_s", chain(w.I64, i64, w.Cat(w.I64Const(1), w.Get(1), w.Op(0x84)), 0x7f)),
		named("i64.rem_u", chain(w.I64, i64, w.Cat(w.I64Const(1), w.Get(1), w.Op(0x84)), 0x82)),
		named("i32.popcnt", class{local: w.I32, init: i32, step: w.Cat(w.Get(1), w.Op(0x69), w.Set(1)), count: 1}),
		named("i64.clz", class{local: w.I64, init: i64, step: w.Cat(w.Get(1), w.Op(0x79), w.Set(1)), count: 1}),
		named("f64.add", chain(w.F64, f64, w.F64Const(0.3), 0xa0)),
		named("f64.mul", chain(w.F64, f64, w.F64Const(1.0000001), 0xa2)),
		named("f64.min", chain(w.F64, f64, w.F64Const(1.5), 0xa4)),
		named("f64.div", chain(w.F64, f64, w.F64Const(1.0000001), 0xa3)),
		named("f64.sqrt", class{local: w.F64, init: f64, step: w.Cat(w.Get(1), w.Op(0x9f), w.Set(1)), count: 1}),
		named("f64.floor", class{local: w.F64, init: f64, step: w.Cat(w.Get(1), w.Op(0x9c), w.Set(1)), count: 1}),
		named("i64.trunc_f64_s and back", class{local: w.F64, init: f64, step: w.Cat(w.Get(1), w.Op(0xb0), w.Op(0xb9), w.Set(1)), count: 2}),
		named("i64.trunc_sat_f64_u and back", class{local: w.F64, init: f64, step: w.Cat(w.Get(1), w.Op(0xfc, 7), w.Op(0xba), w.Set(1)), count: 2}),
		named("i32x4.add", chain(w.V128, v, v, 0xfd, 0xae, 0x01)),
		named("i64x2.mul", chain(w.V128, v, v, 0xfd, 0xd5, 0x01)),
		named("i8x16.swizzle", chain(w.V128, v, v, 0xfd, 14)),
		named("i8x16.popcnt", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.Op(0xfd, 98), w.Set(1)), count: 1}),
		named("i64x2.shr_s", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.I32Const(1), w.Op(0xfd, 0xcc, 1), w.Set(1)), count: 1}),
		named("f64x2.mul", chain(w.V128, v, v, 0xfd, 0xf2, 0x01)),
		named("f64x2.min", chain(w.V128, v, v, 0xfd, 0xf4, 0x01)),
		named("f64x2.div", chain(w.V128, v, v, 0xfd, 0xf3, 0x01)),
		named("f64x2.sqrt", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.Op(0xfd, 0xef, 1), w.Set(1)), count: 1}),
		named("f32x4.div", chain(w.V128, v, v, 0xfd, 0xe7, 0x01)),
		named("i32x4.trunc_sat_f32x4_u", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.Op(0xfd, 0xf9, 1), w.Set(1)), count: 1}),
		named("i8x16.shr_s", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.I32Const(1), w.Op(0xfd, 108), w.Set(1)), count: 1}),
		named("i8x16.shl", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.I32Const(1), w.Op(0xfd, 107), w.Set(1)), count: 1}),
		named("f32x4.convert_i32x4_u", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.Op(0xfd, 0xfb, 1), w.Set(1)), count: 1}),
		named("f64x2.ceil", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.Op(0xfd, 0x74), w.Set(1)), count: 1}),
		named("i16x8.extmul_low_i8x16_s", chain(w.V128, v, v, 0xfd, 0x9c, 0x01)),
		named("i32x4.dot_i16x8_s", chain(w.V128, v, v, 0xfd, 0xba, 0x01)),
		named("i16x8.q15mulr_sat_s", chain(w.V128, v, v, 0xfd, 0x82, 0x01)),
		named("i64x2.abs", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.Op(0xfd, 0xc0, 1), w.Set(1)), count: 1}),
		named("i64x2.gt_s", chain(w.V128, v, v, 0xfd, 0xd9, 0x01)),
		named("i8x16.shuffle", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.Get(1), w.Op(0xfd, 13, 1, 17, 3, 4, 20, 6, 7, 8, 9, 30, 11, 12, 13, 14, 15, 0), w.Set(1)), count: 1}),
		named("i16x8.extadd_pairwise_i8x16_u", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.Op(0xfd, 0x7d), w.Set(1)), count: 1}),
		named("f32x4.pmin", chain(w.V128, v, v, 0xfd, 0xea, 0x01)),
		named("i32x4.trunc_sat_f64x2_u_zero", class{local: w.V128, init: v, step: w.Cat(w.Get(1), w.Op(0xfd, 0xfd, 1), w.Set(1)), count: 1}),
		named("f64.nearest", class{local: w.F64, init: f64, step: w.Cat(w.Get(1), w.Op(0x9e), w.Set(1)), count: 1}),
		named("f64.copysign", chain(w.F64, f64, w.F64Const(-1), 0xa6)),
		named("select of i64", chain(w.I64, i64, w.Cat(w.I64Const(7), w.Get(0)), 0x1b)),
		named("select of f64", chain(w.F64, f64, w.Cat(w.F64Const(7), w.Get(0)), 0x1b)),
		named("select of f32", class{local: w.F32, init: w.Op(0x43, 0, 0, 0x80, 0x3f), step: w.Cat(w.Get(1), w.Op(0x43, 0, 0, 0, 0x40), w.Get(0), w.Op(0x1b), w.Set(1)), count: 1}),
		named("select of v128", chain(w.V128, v, w.Cat(v, w.Get(0)), 0x1b)),
		named("i64.rotl", chain(w.I64, i64, w.I64Const(7), 0x89)),
		named("i32.load, in cache", class{local: w.I32, init: w.I32Const(0), step: w.Cat(w.Get(1), w.Load(w.I32Load, 64), w.Set(1)), count: 1}),
		named("i32.load, out of cache", class{local: w.I32, init: w.I32Const(8), step: w.Cat(w.Get(1), w.Get(1), mask, w.Load(w.I32Load, 0), w.Op(0x6a),
			w.I32Const(1664525), w.Op(0x6c), w.I32Const(1013904223), w.Op(0x6a), w.Set(1)), count: 1, pages: 1024, short: true}),
		named("i64.store and load", class{local: w.I64, init: i64, step: w.Cat(w.I32Const(64), w.Get(1), w.Store(w.I64Store, 0), w.I32Const(64), w.Load(w.I64Load, 0), w.Set(1)), count: 2}),
		named("global.get and set", class{local: w.I32, init: i32, step: w.Cat(w.GlobalGet(0), w.I32Const(1), w.Op(0x6a), w.GlobalSet(0)), count: 2}),
		named("call", class{local: w.I32, init: i32, step: w.Cat(w.Get(1), w.Call(callee), w.Set(1)), count: 1}),
		named("call_indirect", class{local: w.I32, init: i32, step: w.Cat(w.Get(1), w.I32Const(0), w.CallIndirect(0), w.Set(1)), count: 1}),
		named("br_table, not foreseen", class{local: w.I32, init: i32, step: w.Cat(
			w.Get(1), w.I32Const(1664525), w.Op(0x6c), w.I32Const(1013904223), w.Op(0x6a), w.Set(1),
			w.Block(w.Block(w.Block(w.Block(w.Get(1), w.I32Const(24), w.Op(0x76), w.I32Const(3), w.Op(0x71, 0x0e, 3, 0, 1, 2, 3)))))), count: 1}),
		named("if, not foreseen", class{local: w.I32, init: i32, step: w.Cat(
			w.Get(1), w.I32Const(1664525), w.Op(0x6c), w.I32Const(1013904223), w.Op(0x6a), w.Set(1),
			w.Get(1), w.I32Const(30), w.Op(0x76), w.I32Const(1), w.Op(0x71), w.If(w.Get(1), w.I32Const(1), w.Op(0x6a), w.Set(1))), count: 1}),
		named("memory.fill, 0 bytes", class{local: w.I32, init: i32, step: w.Op(0x41, 0, 0x41, 1, 0x41, 0, 0xfc, 11, 0), count: 1}),
		named("memory.copy, 0 bytes", class{local: w.I32, init: i32, step: w.Op(0x41, 0, 0x41, 8, 0x41, 0, 0xfc, 10, 0, 0), count: 1}),
		named("memory.fill, 64 KiB", class{local: w.I32, init: i32, step: w.Cat(w.I32Const(0), w.I32Const(1), w.I32Const(1<<16), w.Op(0xfc, 11, 0)), count: 1, pages: 4, short: true}),
		named("memory.copy, 64 KiB", class{local: w.I32, init: i32, step: w.Cat(w.I32Const(0), w.I32Const(1<<16+9), w.I32Const(1<<16), w.Op(0xfc, 10, 0, 0)), count: 1, pages: 4, short: true}),
		named("memory.copy, 16 MiB", class{local: w.I32, init: i32, step: w.Cat(w.I32Const(0), w.I32Const(1<<25), w.I32Const(1<<24), w.Op(0xfc, 10, 0, 0)), count: 1, pages: 1024, short: true}),
		named("memory.grow by 0", class{local: w.I32, init: i32, step: w.Op(0x41, 0, 0x40, 0, 0x1a), count: 1, short: true}),
	}
	return list
}

// module is a function that runs the loop n times.
func module(c class) []byte {
	m := w.New().Memory(max(1, c.pages)).Export("memory", w.Memory, 0)
	m.GlobalOf(w.I32, true, w.I32Const(0))
	leaf := m.Func([]byte{w.I32}, []byte{w.I32}, nil, w.Get(0), w.I32Const(1), w.Op(0x6a))
	m.TableOf(1).Elem(0, leaf)
	n := copies
	if c.short {
		n = 4
	}
	f := m.Func([]byte{w.I32}, nil, []byte{c.local}, c.init, w.Set(1), w.Loop(w.Repeat(n, c.step),
		w.Get(0), w.I32Const(1), w.Op(0x6b), w.U([]byte{0x22}, 0), w.BrIf(0)))
	return m.Export("run", w.Func, f).Bytes()
}

func cpu() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		panic(err) // the clock is there on every Linux
	}
	return time.Duration(ts.Nano())
}

// measure gives the time of one step as the rewriter leaves it, and the fuel
// that it is charged. The charges themselves are one or two a round.
func measure(ctx context.Context, c class) (ns, fuel float64, err error) {
	plain := module(c)
	m, list := wasmbin.Parse(plain, nil)
	if len(list) > 0 {
		return 0, 0, fmt.Errorf("%s: %v", c.name, list)
	}
	steps, n := copies, rounds
	if c.short {
		steps, n = 4, 20
	}
	metered := m.Rewrite(wasmbin.Rules{Keep: []string{"run"}, Pages: 1024}).Wasm
	rt := wazero.NewRuntime(ctx)
	defer rt.Close(ctx)
	if _, err := rt.NewHostModuleBuilder(wasmbin.HostModule).NewFunctionBuilder().WithGoFunction(api.GoFunc(func(context.Context, []uint64) {}), nil, nil).
		Export(wasmbin.HostRefill).Instantiate(ctx); err != nil {
		return 0, 0, err
	}
	x, err := rt.InstantiateWithConfig(ctx, metered, wazero.NewModuleConfig().WithName("metered"))
	if err != nil {
		return 0, 0, err
	}
	left := x.ExportedGlobal(wasmbin.FuelGlobal).(api.MutableGlobal)
	x.ExportedGlobal(wasmbin.DepthGlobal).(api.MutableGlobal).Set(16 << 20)
	charge := func(rounds uint64) (float64, error) {
		left.Set(1 << 50)
		_, err := x.ExportedFunction("run").Call(ctx, rounds)
		return float64(1<<50 - int64(left.Get())), err
	}
	one, err := charge(1)
	if err != nil {
		return 0, 0, err
	}
	two, err := charge(2)
	if err != nil {
		return 0, 0, err
	}
	fuel = (two - one) / float64(steps)
	left.Set(1 << 62)
	run := x.ExportedFunction("run")
	best := time.Duration(1 << 62)
	for range 7 {
		from := cpu()
		if _, err := run.Call(ctx, uint64(n)); err != nil {
			return 0, 0, err
		}
		best = min(best, cpu()-from)
	}
	return float64(best) / float64(n*steps), fuel, nil
}

func main() {
	fmt.Println("| step | ns | fuel | ns per fuel |\n|---|---|---|---|")
	for _, c := range classes() {
		ns, fuel, err := measure(context.Background(), c)
		if err != nil {
			fmt.Fprintf(os.Stderr, "weights: %s: %v\n", c.name, err)
			os.Exit(1)
		}
		fmt.Printf("| %s | %.2f | %.1f | %.3f |\n", c.name, ns, fuel, ns/fuel)
	}
}
