package sandbox

import (
	"bytes"
	"testing"

	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

func bits(b uint64) []byte {
	return emit(w.I64Const(int64(b)), w.Op(0xbf))
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
