// Package guest makes modules for tests: good and hostile ones with the
// manifest of examples/pums, which read the schooling and the income of each
// person. Only tests import it.
package guest

import (
	"glovebox.example/glovebox/sandbox"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// Regions of the memory of a module.
const (
	Out = 0x400
	In  = 0x2000
)

// Income is a module that leaves one record for each person; of the one with
// the target's income it does what hostile says first.
func Income(manifest []byte, target float64, hostile ...[]byte) ([]byte, error) {
	m := w.New().Memory(1).Export("memory", w.Memory, 0)
	m.Export("gbx_abi_1", w.Func, m.Func(nil, []byte{w.I32}, nil, w.I32Const(0)))
	m.Export("gbx_buffers", w.Func, m.Func([]byte{w.I32, w.I32}, []byte{w.I64}, nil, w.I64Const(In<<32|Out)))
	income := w.Cat(w.I32Const(In), w.I32Const(In), w.Load(w.I32Load, 24), w.Op(0x6a), w.Load(w.I32Load, 48+24),
		w.I32Const(In), w.Op(0x6a), w.Load(w.F64Load, 0))
	f := m.Func([]byte{w.I32}, []byte{w.I32}, nil,
		w.Get(0), w.Op(0x45), w.If(w.I32Const(0), w.Op(0x0f)),
		income, w.F64Const(target), w.Op(0x61), w.If(hostile...),
		w.I32Const(Out), w.I32Const(1), w.Store(w.I32Store, 0),
		w.I32Const(Out), w.I64Const(0x656572676564), w.Store(w.I64Store, 16), // degree
		w.I32Const(Out), income, w.Store(w.F64Store, 32),
		w.I32Const(0))
	m.Export("income", w.Func, f)
	return sandbox.SetManifest(m.Bytes(), manifest)
}
