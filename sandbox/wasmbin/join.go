package wasmbin

import (
	"fmt"
	"slices"
)

// Joint is a function to add to a module whose language cannot return several
// values: it calls First, and if that gives 1, Rest in order, all with its own
// parameters, and returns all that they return. If First gives anything else,
// Rest are not called and count as zero. First and Rest are exports; First
// gives an i32, each of Rest one i64 or f64.
type Joint struct {
	Name   string // of the new export
	Params []byte
	First  string
	Rest   []string
	Types  []byte // what each of Rest gives
}

// Join returns the module with the joints added. The exports that they are
// made of are dropped, and so are all custom sections. msg says which export
// is not there, or not of the type that is needed; the module is then nil.
func (m *Module) Join(joints []Joint) (wasm []byte, msg string) {
	j := &joiner{m: m, types: slices.Clip(slices.Clone(m.types))}
	for i := range joints {
		if msg := j.add(&joints[i]); msg != "" {
			return nil, msg
		}
	}
	out := []byte("\x00asm\x01\x00\x00\x00")
	for _, id := range []byte{1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11} { // 8, the start section, is refused
		switch s := m.known[id]; {
		case id == 1:
			out = appendSection(out, id, (&rewriter{types: j.types}).typeSection())
		case id == 3:
			out = appendSection(out, id, appendAll(uint32(len(m.funcs)+len(j.funcs)), slices.Concat(m.funcs, j.funcs)))
		case id == 7:
			out = appendSection(out, id, j.exportSection())
		case id == 10:
			out = appendSection(out, id, j.codeSection())
		case s != nil:
			out = appendSection(out, id, s.b)
		}
	}
	return out, ""
}

type joiner struct {
	m       *Module
	types   []FuncType
	funcs   []uint32 // types of the new functions
	bodies  [][]byte
	exports []export
	used    []string
}

// call finds an export of that type.
func (j *joiner) call(name string, t FuncType) (index uint32, msg string) {
	have, ok := j.m.ExportedFunc(name)
	if !ok {
		return 0, fmt.Sprintf("there is no exported function %s", Quote(name))
	}
	if !slices.Equal(have.Params, t.Params) || !slices.Equal(have.Results, t.Results) {
		return 0, fmt.Sprintf("function %s has another type than its parameters and its result ask for", Quote(name))
	}
	j.used = append(j.used, name)
	return j.m.byName[name].index, ""
}

const opI32Ne, opF64Const = 0x47, 0x44

func (j *joiner) add(x *Joint) (msg string) {
	invoke := func(b []byte, name string, result byte) ([]byte, string) {
		f, msg := j.call(name, FuncType{x.Params, []byte{result}})
		for i := range x.Params {
			b = appendU32(append(b, opLocalGet), uint32(i))
		}
		return appendU32(append(b, opCall), f), msg
	}
	// The status is a local of its own, after the parameters.
	b, status := []byte{1, 1, I32}, uint32(len(x.Params))
	if b, msg = invoke(b, x.First, I32); msg != "" {
		return msg
	}
	b = appendU32(append(b, opLocalTee), status)
	b = append(b, opI32Const, 1, opI32Ne, opIf, blockEmpty)
	b = appendU32(append(b, opLocalGet), status)
	for _, t := range x.Types {
		if t == F64 {
			b = append(b, opF64Const, 0, 0, 0, 0, 0, 0, 0, 0)
		} else {
			b = append(b, opI64Const, 0)
		}
	}
	b = append(b, opReturn, opEnd, opI32Const, 1)
	for i, name := range x.Rest {
		if b, msg = invoke(b, name, x.Types[i]); msg != "" {
			return msg
		}
	}
	j.bodies = append(j.bodies, append(b, opEnd))
	j.types = append(j.types, FuncType{x.Params, append([]byte{I32}, x.Types...)})
	j.exports = append(j.exports, export{x.Name, kindFunc, uint32(j.m.importedFuncs + len(j.m.funcs) + len(j.funcs))})
	j.funcs = append(j.funcs, uint32(len(j.types)-1))
	return ""
}

func appendAll(n uint32, list []uint32) []byte {
	b := appendU32(nil, n)
	for _, v := range list {
		b = appendU32(b, v)
	}
	return b
}

func (j *joiner) exportSection() []byte {
	var b []byte
	n := uint32(0)
	for _, e := range slices.Concat(j.m.exports, j.exports) {
		if !slices.Contains(j.used, e.name) {
			b = appendU32(append(appendName(b, e.name), e.kind), e.index)
			n++
		}
	}
	return append(appendU32(nil, n), b...)
}

func (j *joiner) codeSection() []byte {
	b := appendU32(nil, uint32(len(j.m.bodies)+len(j.bodies)))
	for _, r := range j.m.bodies {
		b = append(appendU32(b, uint32(len(r.b))), r.b...)
	}
	for _, f := range j.bodies {
		b = append(appendU32(b, uint32(len(f))), f...)
	}
	return b
}
