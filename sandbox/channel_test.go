package sandbox

import (
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	w "glovebox/sandbox/wasmbin/wasmtest"
)

// Each test is named after a channel of the threat model's table. A carrier is
// a guest that tries to tell its next unit something. Its metric is what it
// heard, so anything but a constant is a leak; and so is a difference in fuel.

// silent runs units under every way of resetting and wants the same records
// and the same fuel from all.
func silent(t *testing.T, p *probe) {
	t.Helper()
	prog := compile(t, p.wasm(t), nil)
	for _, how := range resets {
		g := start(t, prog, probeBinding(), &GuestOptions{Reset: how})
		first := runUnit(t, g, empty())
		if first.Outcome != OK || first.N != 1 {
			t.Fatalf("reset %s: first unit ended with %v", how, first.Outcome)
		}
		want := slices.Clone(first.Records)
		for i := range 20 {
			r := runUnit(t, g, empty())
			if r.Outcome != OK || !slices.Equal(r.Records, want) || r.Fuel != first.Fuel {
				t.Fatalf("reset %s: unit %d differs from the first: %v, %x and %x, fuel %d and %d",
					how, i+2, r.Outcome, r.Records, want, r.Fuel, first.Fuel)
			}
		}
	}
}

// refused wants a module to be refused with this code.
func refused(t *testing.T, wasm []byte, code string) {
	t.Helper()
	_, err := Admit(wasm, nil)
	for _, r := range Refusals(err) {
		if string(r.Code) == code {
			return
		}
	}
	t.Errorf("not refused with %s: %v", code, err)
}

func TestChannelStateMemory(t *testing.T) {
	// A counter in each of: static data, memory that was zero, the last byte.
	for _, at := range []int{testScratch, 40_000, 4<<16 - 8} {
		p := newProbe()
		p.Data(testScratch, []byte{5})
		silent(t, p.run(nil,
			emit(w.I32Const(at), w.Load(w.I64Load, 0), f64FromI64),
			w.I32Const(at), w.I32Const(at), w.Load(w.I64Load, 0), w.I64Const(1), w.Op(0x7c), w.Store(w.I64Store, 0)))
	}
}

func TestChannelStateMemoryOfInit(t *testing.T) {
	// What _initialize wrote is part of the image; static data that it erased
	// must not come back with a new instance.
	p := newProbe()
	p.Data(testScratch, []byte{1, 2, 3, 4, 5, 6, 7, 8}).Data(60_000, []byte{9})
	init := p.Func(nil, nil, nil,
		w.I32Const(testScratch), w.I64Const(0), w.Store(w.I64Store, 0),
		w.I32Const(8192), w.I64Const(77), w.Store(w.I64Store, 0))
	p.Export("_initialize", w.Func, init)
	p.run(nil,
		emit(w.I32Const(testScratch), w.Load(w.I64Load, 0), w.I32Const(8192), w.Load(w.I64Load, 0), w.Op(0x7c),
			w.I32Const(60_000), w.Load(w.I64Load, 0), w.Op(0x7c), f64FromI64),
		w.I32Const(8192), w.I64Const(1000), w.Store(w.I64Store, 0),
		w.I32Const(60_000), w.I64Const(1000), w.Store(w.I64Store, 0))
	silent(t, p)
	for _, how := range resets {
		g := start(t, compile(t, p.wasm(t), nil), probeBinding(), &GuestOptions{Reset: how})
		for range 3 {
			if m := metric(t, g, empty()); m != 77+9 {
				t.Fatalf("reset %s: metric %v", how, m)
			}
		}
	}
}

func TestChannelStateGlobals(t *testing.T) {
	p := newProbe()
	a := p.GlobalOf(w.I64, true, w.I64Const(7))
	b := p.GlobalOf(w.F64, true, w.F64Const(1.5))
	c := p.GlobalOf(w.I32, true, w.I32Const(-1))
	d := p.GlobalOf(w.F32, true, w.Op(0x43, 0, 0, 0xc0, 0x7f)) // a NaN with its bits
	p.run(nil,
		emit(w.GlobalGet(a), f64FromI64, w.GlobalGet(b), w.Op(0xa0), w.GlobalGet(c), w.Op(0xb7), w.Op(0xa0),
			w.GlobalGet(d), w.Op(0xbc), w.Op(0xb7), w.Op(0xa0)),
		w.GlobalGet(a), w.I64Const(1), w.Op(0x7c), w.GlobalSet(a),
		w.GlobalGet(b), w.F64Const(2), w.Op(0xa2), w.GlobalSet(b),
		w.I32Const(3), w.GlobalSet(c),
		w.Op(0x43, 1, 2, 3, 4), w.GlobalSet(d))
	silent(t, p)

	v := newProbe()
	v.GlobalOf(w.V128, true, append(w.Op(0xfd, 12), make([]byte, 16)...))
	refused(t, v.run(nil, w.I32Const(0)).wasm(t), "G022")
}

func TestChannelStateSize(t *testing.T) {
	// Hears the size and the bytes of the page that another unit may have
	// added; then grows by one page and marks it.
	grown := 4 << 16
	p := newProbe()
	p.run([]byte{w.I64},
		w.Op(0x3f, 0), w.I32Const(4), w.Op(0x4a), w.If(w.I32Const(grown), w.Load(w.I64Load, 0), w.Set(1)),
		emit(w.Op(0x3f, 0), w.Op(0xb7), w.Get(1), f64FromI64, w.Op(0xa0)),
		w.I32Const(1), w.Op(0x40, 0, 0x1a),
		w.I32Const(grown), w.I64Const(99), w.Store(w.I64Store, 0))
	silent(t, p)
}

func TestChannelStateGrowTillRefused(t *testing.T) {
	// How often memory.grow succeeds depends on the manifest alone.
	p := newProbe()
	p.man.Fuel = 1_000_000
	p.run(nil, w.Loop(w.I32Const(1), w.Op(0x40, 0), w.I32Const(0), w.Op(0x4a), w.BrIf(0)), emit(w.Op(0x3f, 0), w.Op(0xb7)))
	silent(t, p)
	prog := compile(t, p.wasm(t), nil)
	for _, how := range resets {
		g := start(t, prog, probeBinding(), &GuestOptions{Reset: how})
		for range 3 {
			if m := metric(t, g, empty()); m != 8 {
				t.Fatalf("reset %s: memory grew to %v pages, the manifest says 8", how, m)
			}
		}
	}
}

func TestChannelStateWindowLeftovers(t *testing.T) {
	// Sums the whole window and the output region before it writes all over
	// both: neither an earlier unit's rows nor its scribbles may show.
	a := allocator(t)
	window, out := 1024, 96
	sum := func(at, n int) []byte {
		return w.Cat(w.I32Const(at), w.Set(1), w.Loop(
			w.Get(2), w.Get(1), w.Load(w.I64Load, 0), w.Op(0x85), w.I64Const(5), w.Op(0x89), w.Set(2),
			w.Get(1), w.I32Const(8), w.Op(0x6a), w.U([]byte{0x22}, 1), w.I32Const(at+n), w.Op(0x49), w.BrIf(0)))
	}
	fill := func(at, n int) []byte {
		return w.Cat(w.I32Const(at), w.I32Const(0xee), w.I32Const(n), w.Op(0xfc, 11, 0))
	}
	code := w.Cat(sum(testIn, window), sum(testOut, out), fill(testIn, window), fill(testOut, out),
		w.I32Const(testOut), w.I64Const(1), w.Store(w.I64Store, 0), w.I32Const(testOut), w.I64Const(0), w.Store(w.I64Store, 8),
		emit(w.Get(2), w.I64Const(0xffffff), w.Op(0x83), f64FromI64))
	prog := compile(t, newProbe().run([]byte{w.I32, w.I64}, code).wasm(t), nil)
	short, long := ints(t, a, 1), ints(t, a, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2, -3, -4)
	for _, how := range resets {
		g := start(t, prog, probeBinding(), &GuestOptions{Reset: how})
		if n := g.plan.InBytes(); n < window {
			t.Fatalf("the window has %d bytes, less than the test reads", n)
		}
		alone := metric(t, g, short)
		if metric(t, g, long) == alone {
			t.Fatal("the sum does not depend on the rows")
		}
		for range 3 {
			if m := metric(t, g, short); m != alone {
				t.Fatalf("reset %s: after a longer unit the window sums to %v, alone to %v", how, m, alone)
			}
			metric(t, g, long)
		}
	}
}

func TestChannelStateTables(t *testing.T) {
	for name, code := range map[string][]byte{
		"table.get":  w.Op(0x41, 0, 0x25, 0, 0x1a),
		"table.set":  w.Op(0x41, 0, 0xd0, 0x70, 0x26, 0),
		"table.grow": w.Op(0xd0, 0x70, 0x41, 1, 0xfc, 15, 0, 0x1a),
		"table.fill": w.Op(0x41, 0, 0xd0, 0x70, 0x41, 1, 0xfc, 17, 0),
		"table.copy": w.Op(0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 14, 0, 0),
		"table.init": w.Op(0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 12, 0, 0),
		"table.size": w.Op(0xfc, 16, 0, 0x1a),
		"ref.func":   w.Op(0xd2, 0, 0x1a),
	} {
		t.Run(name, func(t *testing.T) {
			p := newProbe()
			p.TableOf(4).Elem(0, 0)
			refused(t, p.run(nil, code, w.I32Const(0)).wasm(t), "G030")
		})
	}
	// Indirect calls themselves are fine: the table cannot change.
	p := newProbe()
	f := p.Func(nil, []byte{w.F64}, nil, w.F64Const(6))
	p.TableOf(2).Elem(1, f)
	p.run(nil, emit(w.I32Const(1), w.CallIndirect(p.Type(nil, []byte{w.F64}))))
	silent(t, p)
}

func TestChannelStateDroppedSegments(t *testing.T) {
	for name, code := range map[string][]byte{
		"data.drop":   w.Op(0xfc, 9, 0),
		"elem.drop":   w.Op(0xfc, 13, 0),
		"memory.init": w.Op(0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 8, 0, 0),
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, newProbe().run(nil, code, w.I32Const(0)).wasm(t), "G030")
		})
	}
	passive := newProbe()
	passive.Raw(11, []byte{1, 1, 1, 'x'})
	refused(t, passive.run(nil, w.I32Const(0)).wasm(t), "G023")
}

func TestChannelFuelLeft(t *testing.T) {
	// Burns as many rounds as its unit has rows' worth, up to all its fuel. What
	// one unit burns must not be missing, or left over, in the next.
	a := allocator(t)
	p := newProbe()
	p.man.Fuel = 50_000
	p.run([]byte{w.I64},
		w.I32Const(testIn), w.I32Const(testIn), w.Load(w.I32Load, 24), w.Op(0x6a), w.Load(w.I32Load, 24), w.I32Const(testIn), w.Op(0x6a),
		w.Load(w.I64Load, 0), w.Set(1),
		w.Loop(w.Get(1), w.I64Const(1), w.Op(0x7d), w.U([]byte{0x22}, 1), w.I64Const(0), w.Op(0x55), w.BrIf(0)),
		emit(w.F64Const(1)))
	little, much, most := ints(t, a, 1), ints(t, a, 6000), ints(t, a, 1_000_000)
	prog := compile(t, p.wasm(t), nil)
	for _, how := range resets {
		g := start(t, prog, probeBinding(), &GuestOptions{Reset: how, FuelSlice: 1000})
		base, big := runUnit(t, g, little), runUnit(t, g, much)
		if base.Outcome != OK || big.Outcome != OK || big.Fuel < base.Fuel+6*5_900 {
			t.Fatalf("fuel %d and %d: %v, %v", base.Fuel, big.Fuel, base.Outcome, big.Outcome)
		}
		for range 3 {
			if r := runUnit(t, g, most); r.Outcome != OutOfFuel || r.Fuel != 50_000 {
				t.Fatalf("%v after %d fuel", r.Outcome, r.Fuel)
			}
			if r := runUnit(t, g, little); r.Outcome != OK || r.Fuel != base.Fuel {
				t.Fatalf("after a unit that burnt all: %v, fuel %d, alone %d", r.Outcome, r.Fuel, base.Fuel)
			}
			if r := runUnit(t, g, much); r.Outcome != OK || r.Fuel != big.Fuel {
				t.Fatalf("after a small unit: %v, fuel %d, alone %d", r.Outcome, r.Fuel, big.Fuel)
			}
		}
	}
}

// trapper is a probe that marks memory, a global and the size, and then ends
// as its row says: 0 is a good end.
func trapper(t testing.TB) *probe {
	p := newProbe()
	p.man.Fuel = 2_000_000 // more than the recursion needs to run out of depth
	g := p.GlobalOf(w.I64, true, w.I64Const(0))
	f := p.Func(nil, nil, nil, w.Call(2))
	if f != 2 {
		t.Fatal("function index")
	}
	x := w.Cat(w.I32Const(testIn), w.I32Const(testIn), w.Load(w.I32Load, 24), w.Op(0x6a), w.Load(w.I32Load, 24),
		w.I32Const(testIn), w.Op(0x6a), w.Load(w.I64Load, 0), w.Op(0xa7))
	is := func(v int, code ...[]byte) []byte {
		return w.Cat(w.Get(1), w.I32Const(v), w.Op(0x46), w.If(code...))
	}
	p.run([]byte{w.I32},
		x, w.Set(1),
		emit(w.GlobalGet(g), w.I32Const(testScratch), w.Load(w.I64Load, 0), w.Op(0x7c), f64FromI64, w.Op(0x3f, 0), w.Op(0xb7), w.Op(0xa0)), w.Op(0x1a),
		w.I64Const(50), w.GlobalSet(g),
		w.I32Const(testScratch), w.I64Const(60), w.Store(w.I64Store, 0),
		is(1, w.Op(0x00)),
		is(2, w.I32Const(-1), w.Load(w.I32Load, 0), w.Op(0x1a)),
		is(3, w.I32Const(1), w.I32Const(0), w.Op(0x6d, 0x1a)),
		is(4, w.Call(f)),
		is(5, w.Loop(w.Br(0))),
		is(6, w.I32Const(1), w.Op(0x40, 0, 0x1a), w.Op(0x00)),
		is(7, w.I32Const(7), w.Op(0x0f)),
		is(8, w.I32Const(testOut), w.I32Const(11), w.Store(w.I32Store, 0)),
		is(9, w.F64Const(1e300), w.Op(0xaa, 0x1a)),
		w.I32Const(0))
	return p
}

func TestChannelTrap(t *testing.T) {
	// However a unit ends, the next one finds everything as it was, and all
	// failed units look alike: no records.
	a := allocator(t)
	ends := []Outcome{OK, Trap, Trap, Trap, Trap, OutOfFuel, Trap, Status, Malformed, Trap}
	units := make([][][]Span, len(ends))
	for i := range ends {
		units[i] = ints(t, a, int64(i))
	}
	prog := compile(t, trapper(t).wasm(t), nil)
	for _, how := range resets {
		g := start(t, prog, probeBinding(), &GuestOptions{Reset: how})
		want := runUnit(t, g, units[0])
		for i, end := range ends {
			r := runUnit(t, g, units[i])
			if r.Outcome != end {
				t.Fatalf("reset %s: row %d ended with %v, not %v", how, i, r.Outcome, end)
			}
			if end != OK && (r.N != 0 || r.Records != nil) {
				t.Fatalf("reset %s: row %d failed and left %d records", how, i, r.N)
			}
			if m := metric(t, g, units[0]); m != 4 {
				t.Fatalf("reset %s: the unit after row %d heard %v", how, i, m)
			}
			if r := runUnit(t, g, units[0]); r.Fuel != want.Fuel {
				t.Fatalf("reset %s: fuel %d after row %d, %d before", how, r.Fuel, i, want.Fuel)
			}
		}
	}
}

func TestChannelClockRandomFiles(t *testing.T) {
	// There is nothing to ask: any import is refused, the host's own too.
	for _, name := range []string{"clock_time_get", "random_get", "fd_write", "fd_read", "path_open", "environ_get", "sock_send", "proc_exit"} {
		p := &probe{w.New(), testManifest()}
		p.Import("wasi_snapshot_preview1", name, []byte{w.I32, w.I32}, []byte{w.I32})
		p.Memory(4).Export("memory", w.Memory, 0)
		refused(t, p.wasm(t), "G010")
	}
	p := &probe{w.New(), testManifest()}
	p.Import("glovebox", "out_of_fuel", nil, nil)
	p.Memory(4).Export("memory", w.Memory, 0)
	refused(t, p.wasm(t), "G011")
}

func TestChannelMissingValues(t *testing.T) {
	// Arrow keeps bytes under a missing value. A mask that removed a value by
	// its validity bit alone must not be undone by reading them.
	a := memory.NewGoAllocator()
	prog := compile(t, nullable(t), nil)
	for _, how := range resets {
		g := start(t, prog, nullableBinding(), &GuestOptions{Reset: how})
		for row, want := range map[int]float64{0: 11, 1: 0, 2: 33} {
			unit := [][]Span{{{Batch: hiddenBatch(t, a, 11, 22, 33), From: row, To: row + 1}}}
			if m := metric(t, g, unit); m != want {
				t.Errorf("reset %s: row %d reads as %v, want %v", how, row, m, want)
			}
		}
	}
}
