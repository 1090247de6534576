package sandbox

import (
	"bytes"
	"context"
	"math"
	"testing"

	"glovebox"
	"glovebox/sandbox/abi"
	w "glovebox/sandbox/wasmbin/wasmtest"
)

// buffers is a probe whose gbx_buffers is this code; it has four pages.
func buffers(code ...[]byte) *probe {
	p := &probe{w.New(), testManifest()}
	p.Memory(4).Export("memory", w.Memory, 0)
	p.Export("gbx_abi_1", w.Func, p.Func(nil, []byte{w.I32}, nil, w.I32Const(0)))
	p.Export("gbx_buffers", w.Func, p.Func([]byte{w.I32, w.I32}, []byte{w.I64}, nil, code...))
	return fine(p)
}

func regions(in, out uint32) *probe { return buffers(w.I64Const(int64(uint64(in)<<32 | uint64(out)))) }

func initialize(p *probe, code ...[]byte) *probe {
	p.Export("_initialize", w.Func, p.Func(nil, nil, nil, code...))
	return fine(p)
}

// TestHostileStarts: modules that are refused when a guest starts.
func TestHostileStarts(t *testing.T) {
	deep := newProbe()
	self := 2
	version := func(v int) *probe {
		p := &probe{w.New(), testManifest()}
		p.Memory(4).Export("memory", w.Memory, 0)
		p.Export("gbx_abi_1", w.Func, p.Func(nil, []byte{w.I32}, nil, w.I32Const(v)))
		p.Export("gbx_buffers", w.Func, p.Func([]byte{w.I32, w.I32}, []byte{w.I64}, nil, w.I64Const(testIn<<32|testOut)))
		return fine(p)
	}
	end := uint32(4 << 16)
	for name, x := range map[string]struct {
		code string
		p    *probe
	}{
		"_initialize traps":           {"G061", initialize(newProbe(), w.Op(0x00))},
		"_initialize recurses":        {"G061", initialize(deep, w.Call(self))},
		"_initialize fills for ever":  {"G061", initialize(newProbe(), w.Loop(w.I32Const(0), w.I32Const(1), w.I32Const(4<<16), w.Op(0xfc, 11, 0), w.Br(0)))},
		"gbx_buffers traps":           {"G061", buffers(w.Op(0x00))},
		"minor version 1":             {"G062", version(1)},
		"minor version -1":            {"G062", version(-1)},
		"regions overlap":             {"G063", regions(testIn, testIn+64)},
		"one region in the other":     {"G063", regions(testIn, testIn)},
		"both at zero":                {"G063", regions(0, 0)},
		"window not aligned":          {"G063", regions(testIn+32, testOut)},
		"output not aligned":          {"G063", regions(testIn, testOut+1)},
		"window past the end":         {"G063", regions(end-64, testOut)},
		"output past the end":         {"G063", regions(testIn, end-64)},
		"output at the end":           {"G063", regions(testIn, end)},
		"window wraps around":         {"G063", regions(0xffffffc0, testOut)},
		"output wraps around":         {"G063", regions(testIn, 0xffffffc0)},
		"window inside memory to be":  {"G063", regions(5<<16, testOut)},
		"negative everything":         {"G063", buffers(w.I64Const(-64))},
		"sizes as pointers":           {"G063", buffers(w.Get(0), w.Op(0xad), w.I64Const(32), w.Op(0x86), w.Get(1), w.Op(0xad, 0x84))},
		"grows, then points past it":  {"G063", buffers(w.I32Const(1), w.Op(0x40, 0, 0x1a), w.I64Const(int64(6<<16)<<32|testOut))},
		"grow fails, points there":    {"G063", buffers(w.I32Const(100), w.Op(0x40, 0, 0x1a), w.I64Const(int64(100<<16)<<32|testOut))},
		"more than the memory allows": {"G061", buffers(w.I32Const(9<<16), w.Load(w.I64Load, 0))},
	} {
		t.Run(name, func(t *testing.T) {
			prog := compile(t, x.p.wasm(t), nil)
			g, err := prog.NewGuest(context.Background(), probeBinding(), nil)
			if err == nil {
				g.Close()
			}
			if list := Refusals(err); glovebox.CodeOf(err) != glovebox.CodeModule || len(list) != 1 || string(list[0].Code) != x.code {
				t.Fatalf("NewGuest: %v", err)
			}
		})
	}
	// Growing in gbx_buffers is fine.
	g := start(t, compile(t, buffers(w.I32Const(2), w.Op(0x40, 0, 0x1a), w.I64Const(int64(5<<16)<<32|testOut)).wasm(t), nil), probeBinding(), nil)
	if r := runUnit(t, g, empty()); r.Outcome != OK {
		t.Fatalf("unit ended with %v", r.Outcome)
	}
}

// count writes the number of records.
func count(n int) []byte { return w.Cat(w.I32Const(testOut), w.I32Const(n), w.Store(w.I32Store, 0)) }

func bits(b uint64) []byte {
	return emit(w.I64Const(int64(b)), w.Op(0xbf))
}

// expo is a chain of functions that each call the next one twice: no loop, and
// more steps than the universe has time for.
func expo(levels int) *probe {
	p := newProbe()
	first := 2
	for i := range levels {
		if i == levels-1 {
			p.Func(nil, nil, nil)
		} else {
			p.Func(nil, nil, nil, w.Call(first+i+1), w.Call(first+i+1))
		}
	}
	return p.run(nil, w.Call(first), w.I32Const(0))
}

func indirect() *probe {
	p := newProbe()
	p.man.Fuel = 10_000_000
	typ := p.Type(nil, nil)
	f := p.Func(nil, nil, nil, w.I32Const(0), w.CallIndirect(typ))
	p.TableOf(1).Elem(0, f)
	return p.run(nil, w.Call(f), w.I32Const(0))
}

func recurse() *probe {
	p := newProbe()
	p.man.Fuel = 10_000_000
	f := p.Func([]byte{w.I32}, []byte{w.I32}, nil, w.Get(0), w.Call(2))
	return p.run(nil, w.I32Const(0), w.Call(f))
}

// TestHostileRuns: modules whose units fail. The job goes on, the failed unit
// gives nothing, and a unit after it is as if it had been the first.
func TestHostileRuns(t *testing.T) {
	for name, x := range map[string]struct {
		want Outcome
		p    *probe
	}{
		"endless loop":            {OutOfFuel, newProbe().run(nil, w.Loop(w.Br(0)), w.I32Const(0))},
		"exponential calls":       {OutOfFuel, expo(60)},
		"fills memory for ever":   {OutOfFuel, newProbe().run(nil, w.Loop(w.I32Const(0), w.I32Const(1), w.I32Const(4<<16), w.Op(0xfc, 11, 0), w.Br(0)), w.I32Const(0))},
		"copies for ever":         {OutOfFuel, newProbe().run(nil, w.Loop(w.I32Const(0), w.I32Const(9), w.I32Const(3<<16), w.Op(0xfc, 10, 0, 0), w.Br(0)), w.I32Const(0))},
		"grows for ever":          {OutOfFuel, newProbe().run(nil, w.Loop(w.I32Const(1), w.Op(0x40, 0, 0x1a), w.Br(0)), w.I32Const(0))},
		"grows by nothing":        {OutOfFuel, newProbe().run(nil, w.Loop(w.I32Const(0), w.Op(0x40, 0, 0x1a), w.Br(0)), w.I32Const(0))},
		"recursion":               {Trap, recurse()},
		"indirect recursion":      {Trap, indirect()},
		"unreachable":             {Trap, newProbe().run(nil, w.Op(0x00))},
		"load past the end":       {Trap, newProbe().run(nil, w.I32Const(-4), w.Load(w.I32Load, 0))},
		"load with huge offset":   {Trap, newProbe().run(nil, w.I32Const(-1), w.Op(0x28, 0, 0xff, 0xff, 0xff, 0xff, 0x0f))},
		"division by zero":        {Trap, newProbe().run(nil, w.I32Const(1), w.I32Const(0), w.Op(0x6d))},
		"division overflow":       {Trap, newProbe().run(nil, w.I32Const(math.MinInt32), w.I32Const(-1), w.Op(0x6d))},
		"null in the table":       {Trap, newProbe().tabled()},
		"status 1":                {Status, newProbe().run(nil, count(1), w.I32Const(1))},
		"status -1":               {Status, newProbe().run(nil, w.I32Const(-1))},
		"status 2^31":             {Status, newProbe().run(nil, w.I32Const(math.MinInt32))},
		"one record too many":     {Malformed, newProbe().run(nil, count(11), w.I32Const(0))},
		"2^32-1 records":          {Malformed, newProbe().run(nil, count(-1), w.I32Const(0))},
		"2^29+1 records":          {Malformed, newProbe().run(nil, count(1<<29+1), w.I32Const(0))},
		"header byte 4":           {Malformed, newProbe().run(nil, w.I32Const(testOut), w.I32Const(1), w.Store(w.I32St8, 4), w.I32Const(0))},
		"header byte 15":          {Malformed, newProbe().run(nil, w.I32Const(testOut), w.I32Const(1), w.Store(w.I32St8, 15), w.I32Const(0))},
		"infinity":                {Malformed, newProbe().run(nil, bits(0x7ff<<52))},
		"minus infinity":          {Malformed, newProbe().run(nil, bits(0xfff<<52))},
		"NaN":                     {Malformed, newProbe().run(nil, bits(0x7ff8<<48))},
		"NaN with a payload":      {Malformed, newProbe().run(nil, bits(0x7ff8<<48|0x123456789))},
		"signalling NaN":          {Malformed, newProbe().run(nil, bits(0x7ff0<<48|1))},
		"0/0":                     {Malformed, newProbe().run(nil, emit(w.F64Const(0), w.F64Const(0), w.Op(0xa3)))},
		"bad record after a good": {Malformed, newProbe().run(nil, count(2), w.I32Const(testOut), w.F64Const(math.Inf(1)), w.Store(w.F64Store, 24), w.I32Const(0))},
	} {
		t.Run(name, func(t *testing.T) {
			prog := compile(t, x.p.wasm(t), nil)
			fuel := int64(-1)
			for _, how := range resets {
				g := start(t, prog, probeBinding(), &GuestOptions{Reset: how})
				for i := range 3 {
					r := runUnit(t, g, empty())
					if r.Outcome != x.want || r.N != 0 || r.Records != nil {
						t.Fatalf("reset %s: unit %d ended with %v and %d records", how, i, r.Outcome, r.N)
					}
					if fuel >= 0 && r.Fuel != fuel {
						t.Fatalf("reset %s: unit %d took %d fuel, the one before %d", how, i, r.Fuel, fuel)
					}
					fuel = r.Fuel
					if r.Outcome == OutOfFuel && fuel != x.p.man.Fuel {
						t.Fatalf("out of fuel after %d of %d", fuel, x.p.man.Fuel)
					}
				}
				checkClean(t, g)
			}
		})
	}
}

func (p *probe) tabled() *probe {
	p.TableOf(2)
	return p.run(nil, w.I32Const(1), w.CallIndirect(p.Type(nil, []byte{w.I32})))
}

// checkClean wants the guest to be in the state of its image.
func checkClean(t *testing.T, g *Guest) {
	t.Helper()
	if g.in.size() != g.img.size {
		t.Fatalf("memory has %d bytes, the image %d", g.in.size(), g.img.size)
	}
	if want := g.img.bytes(); !bytes.Equal(g.in.bytes(), want) {
		t.Fatal("memory differs from the image")
	}
	for i, v := range g.in.globals {
		if v.Get() != g.img.globals[i] {
			t.Fatalf("global %d differs from the image", i)
		}
	}
}

// bytes lays the image out in full.
func (img *image) bytes() []byte {
	b := make([]byte, img.size)
	for _, r := range img.runs {
		copy(b[r.at:], r.data)
	}
	return b
}

// TestRegionsStartEmpty: what gbx_buffers left in its two regions is gone.
func TestRegionsStartEmpty(t *testing.T) {
	sum := w.Cat(w.I32Const(testIn), w.Set(1), w.Loop(
		w.Get(2), w.Get(1), w.Load(w.I64Load, 0), w.Op(0x7c), w.Set(2),
		w.Get(1), w.I32Const(8), w.Op(0x6a), w.U([]byte{0x22}, 1), w.I32Const(testIn+1024), w.Op(0x49), w.BrIf(0)))
	with := func(fill ...[]byte) float64 {
		p := &probe{w.New(), testManifest()}
		p.Memory(4).Export("memory", w.Memory, 0)
		p.Export("gbx_abi_1", w.Func, p.Func(nil, []byte{w.I32}, nil, w.I32Const(0)))
		p.Export("gbx_buffers", w.Func, p.Func([]byte{w.I32, w.I32}, []byte{w.I64}, nil, w.Cat(fill...), w.I64Const(testIn<<32|testOut)))
		p.run([]byte{w.I32, w.I64}, sum,
			w.I32Const(testOut), w.Load(w.I64Load, 0), w.I32Const(testOut), w.Load(w.I64Load, 8), w.Op(0x84, 0x50, 0x45), w.If(w.Op(0x00)),
			emit(w.Get(2), w.I64Const(0xffffff), w.Op(0x83), f64FromI64))
		return metric(t, start(t, compile(t, p.wasm(t), nil), probeBinding(), nil), empty())
	}
	clean := with()
	if dirty := with(
		w.I32Const(testIn), w.I32Const(0x55), w.Get(0), w.Op(0xfc, 11, 0),
		w.I32Const(testOut), w.I32Const(0x55), w.Get(1), w.Op(0xfc, 11, 0)); dirty != clean {
		t.Fatalf("the window sums to %v, without garbage to %v", dirty, clean)
	}
}

// TestDepthIsGivenBack leaves a function in every way there is, far more often
// than the depth would last if one of them kept its frame.
func TestDepthIsGivenBack(t *testing.T) {
	for name, leave := range map[string][]byte{
		"end":      w.I32Const(3),
		"return":   w.Block(w.Loop(w.I32Const(3), w.Op(0x0f))),
		"branch":   w.Block(w.Loop(w.I32Const(3), w.Br(2))),
		"branchif": w.Block(w.I32Const(3), w.Get(0), w.BrIf(1), w.Op(0x1a)),
		"br_table": w.Block(w.I32Const(3), w.Get(0), w.Op(0x0e, 1, 1, 1)),
	} {
		if name != "end" {
			leave = w.Cat(leave, w.I32Const(4))
		}
		p := newProbe()
		p.man.Fuel = 100_000_000
		f := p.Func([]byte{w.I32}, []byte{w.I32}, nil, w.Call(0), w.Op(0x1a), leave)
		p.run([]byte{w.I32}, w.Loop(
			w.I32Const(1), w.Call(f), w.Op(0x1a),
			w.Get(1), w.I32Const(1), w.Op(0x6a), w.U([]byte{0x22}, 1), w.I32Const(200_000), w.Op(0x49), w.BrIf(0)), w.I32Const(0))
		g := start(t, compile(t, p.wasm(t), nil), probeBinding(), nil)
		if r := runUnit(t, g, empty()); r.Outcome != OK {
			t.Errorf("%s: %v", name, r.Outcome)
		}
		if left := int32(uint32(g.in.depth.Get())); left != depthBytes {
			t.Errorf("%s: %d bytes of depth were not given back", name, depthBytes-left)
		}
	}
}

func TestMinusZeroIsZero(t *testing.T) {
	g := start(t, compile(t, newProbe().run(nil, bits(1<<63)).wasm(t), nil), probeBinding(), nil)
	r := runUnit(t, g, empty())
	if r.Outcome != OK || r.N != 1 || !bytes.Equal(r.Records, make([]byte, 8)) {
		t.Fatalf("%v: % x", r.Outcome, r.Records)
	}
}

// TestHostileKeys: string keys that are not text, or hide something behind it.
func TestHostileKeys(t *testing.T) {
	key := func(bytes ...byte) *probe {
		p := newProbe()
		p.man.Functions[0].Output = abi.Output{Key: []abi.KeyField{{Name: "k", Type: "string", Width: 5}}, MaxRecords: 2}
		code := count(1)
		for i, b := range bytes {
			code = w.Cat(code, w.I32Const(testOut), w.I32Const(int(b)), w.Store(w.I32St8, 16+i))
		}
		return p.run(nil, code, w.I32Const(0))
	}
	for name, x := range map[string]struct {
		want Outcome
		p    *probe
	}{
		"full width":          {OK, key('a', 'b', 'c', 'd', 'e')},
		"empty":               {OK, key()},
		"two bytes a letter":  {OK, key(0xc3, 0xa9)},
		"six bytes of five":   {Malformed, key('a', 'b', 'c', 'd', 'e', 'f')},
		"byte after a zero":   {Malformed, key('a', 0, 'b')},
		"byte in the padding": {Malformed, key('a', 0, 0, 0, 0, 0, 0, 'z')},
		"not UTF-8":           {Malformed, key(0xff)},
		"half a letter":       {Malformed, key('a', 0xc3)},
		"letter cut by width": {Malformed, key('a', 'b', 'c', 'd', 0xc3, 0xa9)},
		"overlong zero":       {Malformed, key(0xc0, 0x80)},
		"half of a surrogate": {Malformed, key(0xed, 0xa0, 0x80)},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, compile(t, x.p.wasm(t), nil), probeBinding(), nil)
			if r := runUnit(t, g, empty()); r.Outcome != x.want {
				t.Fatalf("ended with %v", r.Outcome)
			}
		})
	}
}
