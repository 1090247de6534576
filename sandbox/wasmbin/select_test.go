package wasmbin

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// selectLoop is a function (x i64, y i64, cond i32) -> i64 that selects between
// values made of x and y, of type t, in a loop that changes x while more such
// values are in registers: what the runtime's compiler got wrong. typed: with
// the instruction that names its type.
func selectLoop(t byte, typed bool, more int) []byte {
	var toT, fromT, add []byte
	switch t {
	case I64:
		add = w.Op(0x7c)
	case F64:
		toT, fromT, add = w.Op(0xb9), w.Op(0xb0), w.Op(0xa0)
	case F32:
		toT, fromT, add = w.Op(0xb4), w.Op(0xae), w.Op(0x92)
	case V128:
		toT, fromT, add = w.Op(0xfd, 18), w.Op(0xfd, 29, 1), w.Op(0xfd, 0xce, 1)
	}
	sel := w.Op(0x1b)
	if typed {
		sel = w.Op(0x1c, 1, t)
	}
	// Locals: 0 x, 1 y, 2 cond, 3 rounds, then of type t: 4 a, 5 b, 6 result, 7 ...
	locals := []byte{I32, t, t, t}
	code := [][]byte{w.Get(0), toT, w.Set(4), w.Get(1), toT, w.Set(5), w.I32Const(3), w.Set(3)}
	var body [][]byte
	for i := range more {
		locals = append(locals, t)
		body = append(body, w.Get(7+i), w.Get(5), add, w.Set(7+i))
	}
	body = append(body, w.Get(4), w.Get(5), w.Get(2), sel, w.Set(6), // result = cond ? a : b
		w.Get(4), w.Get(6), add, w.Set(4), // a += result
		w.Get(3), w.I32Const(1), w.Op(opI32Sub), w.Op(0x22, 3), w.BrIf(0))
	code = append(code, w.Loop(body...), w.Get(6), w.Get(4), add)
	for i := range more {
		code = append(code, w.Get(7+i), add)
	}
	code = append(code, fromT, w.Op(opReturn),
		w.I64Const(1), w.I64Const(2), w.Op(opUnreachable), w.Op(opSelect)) // never reached
	m := w.New().Memory(1)
	f := m.Func([]byte{I64, I64, I32}, []byte{I64}, locals, code...)
	return m.Export("run", w.Func, f).Bytes()
}

// TestSelects: a select gives what it should, of each type, spelled out or not,
// whatever else is in registers; and no select of floating point or vectors is
// left in a rewritten module.
func TestSelects(t *testing.T) {
	ctx := context.Background()
	for _, typ := range []byte{I64, F32, F64, V128} {
		for more := range 12 {
			for _, typed := range []bool{false, true} {
				t.Run(fmt.Sprintf("%#x/%d/%v", typ, more, typed), func(t *testing.T) {
					wasm := selectLoop(typ, typed, more)
					m, list := Parse(wasm, nil)
					if len(list) > 0 {
						t.Fatal(list)
					}
					out := m.Rewrite(Rules{Keep: []string{"run"}, Pages: 1})
					if n := floatSelects(t, out.Wasm); n != 0 {
						t.Fatalf("%d selects are left", n)
					}
					compiled, done, err := newMachine(ctx, wazero.NewRuntimeConfigCompiler(), fuzzImports, out.Wasm, 1_000)
					defer done()
					if err != nil {
						t.Fatal(err)
					}
					truth, done, err := newMachine(ctx, wazero.NewRuntimeConfigInterpreter(), fuzzImports, wasm, 0)
					defer done()
					if err != nil {
						t.Fatal(err)
					}
					for cond := range uint64(2) {
						args := []uint64{5, 1000, cond * 7}
						got, want := one(t, compiled.mod, args), one(t, truth.mod, args)
						if got != want {
							t.Errorf("select by %d: %d, not %d", cond*7, got, want)
						}
					}
				})
			}
		}
	}
}

func one(t *testing.T, mod api.Module, args []uint64) uint64 {
	t.Helper()
	res, err := mod.ExportedFunction("run").Call(context.Background(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return res[0]
}

// floatSelects counts the selects of floating point and vectors that a rewritten
// module has. Reading stops where a module has too much that a guest may not
// have; what was read is counted.
func floatSelects(t *testing.T, wasm []byte) (n int) {
	t.Helper()
	refs := &refusals{}
	m := &Module{table: -1, memMax: math.MaxUint32, byName: map[string]export{}}
	imports := append(slices.Clone(fuzzImports), Import{Module: HostModule, Name: HostRefill})
	m.guarded(refs, func() { m.parse(wasm, &Config{MaxPages: 1024, Imports: imports}, refs) })
	if len(m.facts) != len(m.funcs) && len(refs.list) < maxRefusals {
		t.Fatalf("%d of %d functions were read: %v", len(m.facts), len(m.funcs), refs.list)
	}
	for i := range m.facts {
		n += m.facts[i].selects
	}
	return n
}

// TestSelectBits: what is selected keeps its bits, the payload of a NaN too.
func TestSelectBits(t *testing.T) {
	ctx := context.Background()
	for _, bits := range []uint64{0x7ff0000000000001, 0xfff8000000001234, 1 << 63, math.Float64bits(1.5)} {
		m := w.New().Memory(1)
		f := m.Func([]byte{F64, F64, I32}, []byte{F64}, nil, w.Get(0), w.Get(1), w.Get(2), w.Op(opSelect))
		parsed, list := Parse(m.Export("run", w.Func, f).Bytes(), nil)
		if len(list) > 0 {
			t.Fatal(list)
		}
		x, done, err := newMachine(ctx, wazero.NewRuntimeConfigCompiler(), fuzzImports, parsed.Rewrite(Rules{Keep: []string{"run"}, Pages: 1}).Wasm, 1_000)
		defer done()
		if err != nil {
			t.Fatal(err)
		}
		if a, b := one(t, x.mod, []uint64{bits, 7, 1}), one(t, x.mod, []uint64{7, bits, 0}); a != bits || b != bits {
			t.Errorf("%x becomes %x and %x", bits, a, b)
		}
	}
}

// TestSelectThatLies: a select whose type is not that of its operands is
// refused; the runtime's own validator lets it pass.
func TestSelectThatLies(t *testing.T) {
	for _, declared := range []byte{I32, I64, F32, F64, V128} {
		m := w.New().Memory(1)
		f := m.Func([]byte{F64, F64, I32}, []byte{F64}, nil, w.Get(0), w.Get(1), w.Get(2), w.Op(opSelectT, 1, declared))
		_, list := Parse(m.Export("run", w.Func, f).Bytes(), nil)
		if refused := len(list) == 1 && list[0].Code == ValueType; refused != (declared != F64) {
			t.Errorf("type %#x of f64: %v", declared, list)
		}
	}
}

// TestSelectOfUnknownType: a select that the rewriter knows no type for is
// never run, and one that it takes for another type fails the runtime's
// validator.
func TestSelectOfUnknownType(t *testing.T) {
	ctx := context.Background()
	facts := &funcFacts{Locals: 3, scratch: true, nGroups: 0, groups: 1, start: 1}
	for _, c := range []struct {
		typ   byte
		valid bool
	}{{unknownType, true}, {F64, true}, {I32, false}, {I64, false}, {F32, false}, {V128, false}} {
		m := w.New().Memory(1)
		code := append(append(facts.locals(nil, []byte{0}), w.Cat(w.Get(0), w.Get(1), w.Get(2))...), facts.spell(nil, c.typ)...)
		f := m.RawFunc([]byte{F64, F64, I32}, []byte{F64}, append(code, opEnd))
		rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
		defer rt.Close(ctx)
		mod, err := rt.Instantiate(ctx, m.Export("run", w.Func, f).Bytes())
		if (err == nil) != c.valid {
			t.Errorf("type %#x: %v", c.typ, err)
		}
		if c.typ != unknownType || err != nil {
			continue
		}
		if _, err := mod.ExportedFunction("run").Call(ctx, 1, 2, 1); err == nil {
			t.Error("a select of unknown type ran")
		}
	}
}

// TestOperandsAreBounded: a body that is refused for its size does not take many
// times its size to read, though each of its blocks takes a hundred operands.
func TestOperandsAreBounded(t *testing.T) {
	m := w.New().Memory(1)
	m.Type(bytes.Repeat([]byte{I64}, MaxParams), nil)
	wasm := func() []byte {
		m.RawFunc(nil, nil, append([]byte{0}, bytes.Repeat([]byte{opBlock, 0}, 512<<10)...))
		return m.Bytes()
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, list := Parse(wasm, nil)
	runtime.ReadMemStats(&after)
	if len(list) == 0 || after.TotalAlloc-before.TotalAlloc > uint64(200*len(wasm)) {
		t.Errorf("%d bytes of module took %d bytes to read: %v", len(wasm), after.TotalAlloc-before.TotalAlloc, list)
	}
}
