package sandbox

import (
	"reflect"
	"testing"

	"github.com/tetratelabs/wazero/api"

	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// hostStack is the size of the stack that the runtime keeps for a function. It looks into the runtime: a version that hides it fails
// the test rather than passing it.
func hostStack(t *testing.T, fn api.Function) int {
	t.Helper()
	f := reflect.ValueOf(fn)
	for f.Kind() == reflect.Interface || f.Kind() == reflect.Pointer {
		f = f.Elem()
	}
	s := f.FieldByName("stack")
	if !s.IsValid() || s.Kind() != reflect.Slice {
		t.Fatalf("the runtime's call engine %s has no field stack", f.Type())
	}
	return s.Len()
}

// recursion is a guest whose run calls f(limit), where f calls itself with one
// less until zero. body wraps the recursive call, which takes the counter in
// local 0 and must leave one i32.
func recursion(params []byte, locals []byte, body func(self []byte) []byte) (*probe, int) {
	p := newProbe()
	self := 2
	f := p.Func(params, []byte{w.I32}, locals,
		w.Get(0), w.Op(0x45), w.Op(0x04, w.I32), w.I32Const(0), w.Op(0x05), body(w.Call(self)), w.Op(0x0b))
	if f != self {
		panic("function index")
	}
	args := w.Cat(w.I32Const(testScratch), w.Load(w.I32Load, 0))
	for range params[1:] {
		args = w.Cat(args, w.I32Const(1))
	}
	p.Data(testScratch, []byte{0, 0, 0, 1}) // 1<<24 levels: more than fit
	p.man.Fuel = 1_000_000_000
	p.run(nil, args, w.Call(f), w.Op(0x1a), emit(w.F64Const(0)))
	return p, f
}

func less() []byte { return w.Cat(w.Get(0), w.I32Const(1), w.Op(0x6b)) }

// TestDepthBoundsHostStack recurses without end in functions whose frames are
// large in every way that we could think of. Each must end by our own counter:
// the runtime's limit depends on how the stack grew before, so one unit could
// tell the next one something by it. The runtime's stack is then at most twice
// what the counter allows, since it doubles.
func TestDepthBoundsHostStack(t *testing.T) {
	many := func(n int, typ byte) []byte {
		l := make([]byte, n)
		for i := range l {
			l[i] = typ
		}
		return l
	}
	addr := w.Cat(w.Get(0), w.I32Const(0xff8), w.Op(0x71)) // different on each level
	shapes := map[string]*probe{}
	shapes["small"], _ = recursion([]byte{w.I32}, nil, func(self []byte) []byte { return w.Cat(less(), self) })
	shapes["operands"], _ = recursion([]byte{w.I32}, nil, func(self []byte) []byte {
		return w.Cat(w.Repeat(1500, w.Cat(addr, w.Load(w.I32Load, 0))), less(), self, w.Repeat(1500, w.Op(0x6a)))
	})
	shapes["vectors"], _ = recursion([]byte{w.I32}, nil, func(self []byte) []byte {
		return w.Cat(w.Repeat(800, w.Cat(addr, w.Op(0xfd, 0, 0, 0))), less(), self, w.Set(0),
			w.Repeat(799, w.Op(0xfd, 0x51)), w.Op(0xfd, 0x1b, 0))
	})
	shapes["parameters"], _ = recursion(many(90, w.I32), nil, func(self []byte) []byte {
		var args []byte
		for i := 1; i < 90; i++ {
			args = w.Cat(args, w.Get(i))
		}
		return w.Cat(less(), args, self)
	})
	// Locals that change on each of many branches, with a call on each: every
	// merged value is live across a call and has a slot of its own.
	shapes["merges"], _ = recursion([]byte{w.I32}, many(60, w.I64), func(self []byte) []byte {
		var code []byte
		for range 40 {
			var sets []byte
			for l := 1; l <= 60; l++ {
				sets = w.Cat(sets, addr, w.Load(w.I64Load, l*8), w.Set(l))
			}
			code = w.Cat(code, w.Get(0), w.I32Const(1), w.Op(0x71), w.If(sets), w.Get(0), w.I32Const(-5), w.Op(0x46), w.If(less(), self, w.Op(0x1a)))
		}
		code = w.Cat(code, w.I64Const(0))
		for l := 1; l <= 60; l++ {
			code = w.Cat(code, w.Get(l), w.Op(0x7c))
		}
		return w.Cat(code, w.Op(0x1a), less(), self)
	})
	for name, p := range shapes {
		t.Run(name, func(t *testing.T) {
			g := start(t, compile(t, p.wasm(t), nil), probeBinding(), nil)
			// Run the unit below the reset, which drops the grown stack.
			rows, _, err := g.writer.Unit(g.window(), empty())
			if err != nil {
				t.Fatal(err)
			}
			entry := g.in.entry
			g.in.meter.start(t.Context(), g.fuel)
			if _, err = g.in.call(entry, uint64(rows)); err == nil {
				t.Fatal("recursion came to an end")
			}
			if left := int32(uint32(g.in.depth.Get())); left >= 0 {
				t.Fatalf("the call ended with %d bytes of depth left: %v", left, err)
			}
			fresh := hostStack(t, g.in.entry)
			stack := hostStack(t, entry)
			t.Logf("stack %d KiB", stack>>10)
			if limit := 2*depthBytes + 8<<20; stack > limit {
				t.Fatalf("the runtime's stack grew to %d bytes, more than %d", stack, limit)
			}
			if fresh > 64<<10 {
				t.Fatalf("the grown stack was kept: %d bytes", fresh)
			}
		})
	}
}
