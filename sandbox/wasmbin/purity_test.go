package wasmbin

import (
	"strings"
	"testing"

	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// TestImpurity looks at one function that reaches some code in some way.
func TestImpurity(t *testing.T) {
	i32 := []byte{w.I32}
	codes := map[string]struct {
		code []byte
		want string // empty: pure
	}{
		"nothing":      {w.Op(0x01), ""},
		"loads":        {w.Cat(w.I32Const(0), w.Load(w.I64Load, 0), w.Op(0x1a), w.I32Const(0), w.Op(0xfd, 0, 0, 0, 0x1a)), ""},
		"memory.size":  {w.Op(0x3f, 0, 0x1a), ""},
		"global.get":   {w.Cat(w.GlobalGet(0), w.Op(0x1a)), ""},
		"locals":       {w.Cat(w.I32Const(1), w.Set(0)), ""},
		"trap":         {w.Op(0x00), ""},
		"store":        {w.Cat(w.I32Const(0), w.I32Const(0), w.Store(w.I32Store, 0)), "a store"},
		"store8":       {w.Cat(w.I32Const(0), w.I32Const(0), w.Op(0x3a, 0, 0)), "a store"},
		"i64.store32":  {w.Cat(w.I32Const(0), w.I64Const(0), w.Op(0x3e, 0, 0)), "a store"},
		"v128.store":   {w.Cat(w.I32Const(0), w.I32Const(0), w.Op(0xfd, 0, 0, 0), w.Op(0xfd, 11, 0, 0)), "a store"},
		"lane store":   {w.Cat(w.I32Const(0), w.I32Const(0), w.Op(0xfd, 0, 0, 0), w.Op(0xfd, 88, 0, 0, 0)), "a store"},
		"lane store64": {w.Cat(w.I32Const(0), w.I32Const(0), w.Op(0xfd, 0, 0, 0), w.Op(0xfd, 91, 0, 0, 0)), "a store"},
		"global.set":   {w.Cat(w.I32Const(0), w.GlobalSet(0)), "global.set"},
		"memory.grow":  {w.Cat(w.I32Const(0), w.Op(0x40, 0, 0x1a)), "memory.grow"},
		"memory.fill":  {w.Cat(w.I32Const(0), w.I32Const(0), w.I32Const(0), w.Op(0xfc, 11, 0)), "memory.fill"},
		"memory.copy":  {w.Cat(w.I32Const(0), w.I32Const(0), w.I32Const(0), w.Op(0xfc, 10, 0, 0)), "memory.copy"},
		"dead store":   {w.Cat(w.Op(0x0f), w.I32Const(0), w.I32Const(0), w.Store(w.I32Store, 0)), "a store"},
		"store in if":  {w.Cat(w.I32Const(0), w.If(w.I32Const(0), w.I32Const(0), w.Store(w.I32Store, 0))), "a store"},
	}
	ways := map[string]func(m *w.Module, code []byte) int{
		"itself": func(m *w.Module, code []byte) int { return m.Func(i32, nil, nil, code) },
		"a call": func(m *w.Module, code []byte) int {
			f := m.Func(i32, nil, nil, code)
			g := m.Func(i32, nil, nil, w.Get(0), w.Call(f))
			return m.Func(i32, nil, nil, w.Get(0), w.Call(g), w.Get(0), w.Call(g))
		},
		"an indirect call": func(m *w.Module, code []byte) int {
			m.TableOf(3).Elem(1, m.Func(i32, nil, nil, code))
			return m.Func(i32, nil, nil, w.Get(0), w.I32Const(1), w.CallIndirect(m.Type(i32, nil)))
		},
		"recursion": func(m *w.Module, code []byte) int {
			return m.Func(i32, nil, nil, w.Get(0), w.Call(0), code)
		},
	}
	for name, c := range codes {
		for way, build := range ways {
			m := w.New()
			m.Memory(1)
			m.GlobalOf(w.I32, true, w.I32Const(0))
			m.Export("f", w.Func, build(m, c.code))
			// What it does not reach does not matter.
			m.Export("g", w.Func, m.Func(nil, nil, nil, w.I32Const(0), w.I32Const(0), w.Store(w.I32Store, 0)))
			bin, list := Parse(m.Bytes(), nil)
			if len(list) > 0 {
				t.Fatalf("%s by %s: %v", name, way, list)
			}
			reason, found := bin.Impurity("f")
			if found != (c.want != "") || !strings.Contains(reason, c.want) {
				t.Errorf("%s by %s: %v, %q, want %q", name, way, found, reason, c.want)
			}
			if _, found := bin.Impurity("g"); !found {
				t.Errorf("%s by %s: a function that stores counts as pure", name, way)
			}
		}
	}
	m := w.New()
	m.Memory(1).Export("memory", w.Memory, 0)
	bin, _ := Parse(m.Bytes(), nil)
	if _, found := bin.Impurity("memory"); !found {
		t.Error("a memory counts as a pure function")
	}
}
