// Package wasmtest builds WebAssembly binaries for tests, good ones and bad
// ones. It promises to write what it is told and checks nothing: indices,
// types and limits are the test's business. It is imported by tests only.
package wasmtest

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Value types.
const (
	I32  = 0x7f
	I64  = 0x7e
	F32  = 0x7d
	F64  = 0x7c
	V128 = 0x7b
)

// Kinds of exports.
const (
	Func   = 0
	Table  = 1
	Memory = 2
	Global = 3
)

// Module is a module under construction.
type Module struct {
	types, imports, funcs, tables, mems, globals, exports, elems, codes, datas [][]byte
	importedFuncs                                                              int
	custom                                                                     [][]byte
	raw                                                                        map[byte][]byte
}

// New returns an empty module.
func New() *Module { return &Module{raw: map[byte][]byte{}} }

// Memory adds a memory of at least min pages.
func (m *Module) Memory(min int) *Module {
	m.mems = append(m.mems, U([]byte{0}, uint64(min)))
	return m
}

// TableOf adds a table of functions.
func (m *Module) TableOf(min int) *Module {
	m.tables = append(m.tables, U([]byte{0x70, 0}, uint64(min)))
	return m
}

// Elem adds an active element segment.
func (m *Module) Elem(offset int, funcs ...int) *Module {
	b := append(Cat([]byte{0}, I32Const(offset)), 0x0b)
	b = U(b, uint64(len(funcs)))
	for _, f := range funcs {
		b = U(b, uint64(f))
	}
	m.elems = append(m.elems, b)
	return m
}

// Data adds an active data segment.
func (m *Module) Data(offset int, data []byte) *Module {
	b := append(Cat([]byte{0}, I32Const(offset)), 0x0b)
	m.datas = append(m.datas, append(U(b, uint64(len(data))), data...))
	return m
}

// GlobalOf adds a global and returns its index.
func (m *Module) GlobalOf(typ byte, mutable bool, init []byte) int {
	b := []byte{typ, 0}
	if mutable {
		b[1] = 1
	}
	m.globals = append(m.globals, append(append(b, init...), 0x0b))
	return len(m.globals) - 1
}

// Type adds a function type and returns its index.
func (m *Module) Type(params, results []byte) int {
	t := append(U([]byte{0x60}, uint64(len(params))), params...)
	t = append(U(t, uint64(len(results))), results...)
	for i := range m.types {
		if bytes.Equal(m.types[i], t) {
			return i
		}
	}
	m.types = append(m.types, t)
	return len(m.types) - 1
}

// Import adds an imported function. All imports come before all functions.
func (m *Module) Import(mod, name string, params, results []byte) int {
	b := append(Name(Name(nil, mod), name), 0)
	m.imports = append(m.imports, U(b, uint64(m.Type(params, results))))
	m.importedFuncs++
	return m.importedFuncs - 1
}

// Func adds a function and returns its index. locals lists the value types of
// its locals; the final end is added.
func (m *Module) Func(params, results, locals []byte, code ...[]byte) int {
	m.funcs = append(m.funcs, U(nil, uint64(m.Type(params, results))))
	b := U(nil, uint64(len(locals)))
	for _, l := range locals {
		b = append(b, 1, l)
	}
	b = append(append(b, Cat(code...)...), 0x0b)
	m.codes = append(m.codes, append(U(nil, uint64(len(b))), b...))
	return m.importedFuncs + len(m.funcs) - 1
}

// RawFunc adds a function whose body, locals included, is given as bytes.
func (m *Module) RawFunc(params, results, body []byte) int {
	m.funcs = append(m.funcs, U(nil, uint64(m.Type(params, results))))
	m.codes = append(m.codes, append(U(nil, uint64(len(body))), body...))
	return m.importedFuncs + len(m.funcs) - 1
}

// Export adds an export.
func (m *Module) Export(name string, kind byte, index int) *Module {
	m.exports = append(m.exports, U(append(Name(nil, name), kind), uint64(index)))
	return m
}

// Custom adds a custom section at the end of the module.
func (m *Module) Custom(name string, data []byte) *Module {
	m.custom = append(m.custom, append(Name(nil, name), data...))
	return m
}

// Raw puts the given bytes in place of a standard section's content.
func (m *Module) Raw(id byte, content []byte) *Module {
	m.raw[id] = content
	return m
}

// Bytes writes the module.
func (m *Module) Bytes() []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range []struct {
		id    byte
		items [][]byte
	}{{1, m.types}, {2, m.imports}, {3, m.funcs}, {4, m.tables}, {5, m.mems}, {6, m.globals}, {7, m.exports},
		{8, nil}, {9, m.elems}, {12, nil}, {10, m.codes}, {11, m.datas}} {
		if raw, ok := m.raw[s.id]; ok {
			out = Section(out, s.id, raw)
		} else if len(s.items) > 0 {
			out = Section(out, s.id, append(U(nil, uint64(len(s.items))), Cat(s.items...)...))
		}
	}
	for _, c := range m.custom {
		out = Section(out, 0, c)
	}
	return out
}

// Section appends a section.
func Section(out []byte, id byte, content []byte) []byte {
	return append(U(append(out, id), uint64(len(content))), content...)
}

// U appends an unsigned LEB128 number.
func U(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// S appends a signed LEB128 number.
func S(b []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if (v == 0 && c&0x40 == 0) || (v == -1 && c&0x40 != 0) {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

// Name appends a byte vector.
func Name(b []byte, s string) []byte { return append(U(b, uint64(len(s))), s...) }

// Cat joins pieces of code.
func Cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// Op is one or more bytes of code.
func Op(b ...byte) []byte { return b }

// Repeat is n copies of code.
func Repeat(n int, code []byte) []byte { return bytes.Repeat(code, n) }

// Constants.
func I32Const(v int) []byte   { return S([]byte{0x41}, int64(int32(v))) }
func I64Const(v int64) []byte { return S([]byte{0x42}, v) }
func F64Const(v float64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{0x44}, math.Float64bits(v))
}

// Instructions with an index.
func Get(local int) []byte          { return U([]byte{0x20}, uint64(local)) }
func Set(local int) []byte          { return U([]byte{0x21}, uint64(local)) }
func GlobalGet(i int) []byte        { return U([]byte{0x23}, uint64(i)) }
func GlobalSet(i int) []byte        { return U([]byte{0x24}, uint64(i)) }
func Call(f int) []byte             { return U([]byte{0x10}, uint64(f)) }
func CallIndirect(t int) []byte     { return append(U([]byte{0x11}, uint64(t)), 0) }
func Br(label int) []byte           { return U([]byte{0x0c}, uint64(label)) }
func BrIf(label int) []byte         { return U([]byte{0x0d}, uint64(label)) }
func Load(op byte, off int) []byte  { return U([]byte{op, 0}, uint64(off)) }
func Store(op byte, off int) []byte { return U([]byte{op, 0}, uint64(off)) }

// Opcodes that tests use by name.
const (
	I32Load, I64Load, F64Load, I32Load8  = 0x28, 0x29, 0x2b, 0x2d
	I32Store, I64Store, F64Store, I32St8 = 0x36, 0x37, 0x39, 0x3a
)

// Block, Loop and If wrap code in a block without results.
func Block(code ...[]byte) []byte { return wrap(0x02, code) }
func Loop(code ...[]byte) []byte  { return wrap(0x03, code) }
func If(code ...[]byte) []byte    { return wrap(0x04, code) }

func wrap(op byte, code [][]byte) []byte {
	return append(append([]byte{op, 0x40}, Cat(code...)...), 0x0b)
}
