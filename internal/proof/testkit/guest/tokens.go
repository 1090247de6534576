package guest

import (
	"encoding/binary"
	"fmt"
	"strings"

	"glovebox.example/glovebox/sandbox"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// module starts a module with the contract's first two exports.
func module() *w.Module {
	m := w.New().Memory(1).Export("memory", w.Memory, 0)
	m.Export("gbx_abi_1", w.Func, m.Func(nil, []byte{w.I32}, nil, w.I32Const(0)))
	m.Export("gbx_buffers", w.Func, m.Func([]byte{w.I32, w.I32}, []byte{w.I64}, nil, w.I64Const(In<<32|Out)))
	return m
}

// TokenBits is a module that wants to know the first 64 bits of the token that
// column employer of dataset staff has in a unit's first row. Function key leaves
// its low 6 bits as the key bucket, function bits a vector of its low 32 bits.
func TokenBits() ([]byte, error) {
	const input = `"kind": "map", "inputs": [{"name": "staff", "max_rows": 4, "columns": [{"name": "employer", "type": "token"}]}]`
	manifest := fmt.Sprintf(`{"abi": "gbx/1", "name": "bits", "version": "1.0", "pages": 1, "fuel": 100000, "functions": [
		{"name": "key", %s, "output": {"key": [{"name": "bucket", "type": "int64"}], "metrics": [], "max_records": 1}},
		{"name": "bits", %[1]s, "output": {"metrics": ["bits"], "sizes": {"bits": 32}, "max_records": 1}}]}`, input)
	m := module()
	token := w.Cat(w.I32Const(In), w.I32Const(In), w.Load(w.I32Load, 24), w.Op(0x6a), w.Load(w.I32Load, 24), w.I32Const(In), w.Op(0x6a), w.Load(w.I64Load, 0))
	start := w.Cat(w.Get(0), w.Op(0x45), w.If(w.I32Const(0), w.Op(0x0f)), w.I32Const(Out), w.I32Const(1), w.Store(w.I32Store, 0))
	and, shiftRight, toFloat := w.Op(0x83), w.Op(0x88), w.Op(0xba)
	m.Export("key", w.Func, m.Func([]byte{w.I32}, []byte{w.I32}, nil, start,
		w.I32Const(Out), token, w.I64Const(63), and, w.Store(w.I64Store, 16), w.I32Const(0)))
	var bits [][]byte
	for i := range 32 {
		bits = append(bits, w.I32Const(Out), token, w.I64Const(int64(i)), shiftRight, w.I64Const(1), and, toFloat, w.Store(w.F64Store, 16+8*i))
	}
	m.Export("bits", w.Func, m.Func([]byte{w.I32}, []byte{w.I32}, nil, start, w.Cat(bits...), w.I32Const(0)))
	return sandbox.SetManifest(m.Bytes(), []byte(manifest))
}

// Idle is a module that reads columns of a dataset, named with their types, and
// leaves nothing.
func Idle(dataset string, columns ...[2]string) ([]byte, error) {
	m := module()
	m.Export("idle", w.Func, m.Func([]byte{w.I32}, []byte{w.I32}, nil, w.I32Const(0)))
	var list []string
	for _, c := range columns {
		list = append(list, fmt.Sprintf(`{"name": %q, "type": %q, "nullable": true}`, c[0], c[1]))
	}
	return sandbox.SetManifest(m.Bytes(), fmt.Appendf(nil, `{"abi": "gbx/1", "name": "idle", "version": "1.0", "pages": 1, "fuel": 100000, "functions": [
		{"name": "idle", "kind": "map", "inputs": [{"name": %q, "max_rows": 4, "columns": [%s]}],
		"output": {"metrics": [], "max_records": 1}}]}`, dataset, strings.Join(list, ", ")))
}

// Stuck is a module of mode train over column v of dataset staff that learns
// nothing: its function update fails every time. It has a parameter, rate.
func Stuck() ([]byte, error) {
	m := module()
	m.Export("step", w.Func, m.Func([]byte{w.I32}, []byte{w.I32}, nil, w.I32Const(0)))
	m.Export("update", w.Func, m.Func([]byte{w.I32}, []byte{w.I32}, nil, w.I32Const(1)))
	const table = `{"name": %q, "columns": [{"name": "value", "type": "float64"}], "max_rows": 2}`
	state, sum := fmt.Sprintf(table, "state"), fmt.Sprintf(table, "sum")
	return sandbox.SetManifest(m.Bytes(), fmt.Appendf(nil, `{"abi": "gbx/1", "name": "stuck", "version": "1.0", "pages": 1, "fuel": 100000, "functions": [
		{"name": "step", "kind": "map", "inputs": [{"name": "staff", "max_rows": 4, "columns": [{"name": "v", "type": "int32"}]}],
		"references": [%s], "params": [{"name": "rate", "type": "float64", "default": 1}], "output": {"metrics": ["sum"], "sizes": {"sum": 2}, "max_records": 1}},
		{"name": "update", "kind": "update", "inputs": [], "references": [%[1]s, %s], "params": [{"name": "rate", "type": "float64", "default": 1}],
		"output": {"metrics": ["state"], "sizes": {"state": 2}, "max_records": 1}}]}`, state, sum))
}

// Keys is a module over dataset staff that leaves a record with each
// of the given keys, of at most 24 bytes each, in every unit.
func Keys(keys ...string) ([]byte, error) {
	m := module()
	code := [][]byte{w.Get(0), w.Op(0x45), w.If(w.I32Const(0), w.Op(0x0f)), w.I32Const(Out), w.I32Const(len(keys)), w.Store(w.I32Store, 0)}
	for i, k := range keys {
		var b [24]byte
		copy(b[:], k)
		for at := 0; at < len(b); at += 8 {
			code = append(code, w.I32Const(Out), w.I64Const(int64(binary.LittleEndian.Uint64(b[at:]))), w.Store(w.I64Store, 16+24*i+at))
		}
	}
	m.Export("keys", w.Func, m.Func([]byte{w.I32}, []byte{w.I32}, nil, w.Cat(code...), w.I32Const(0)))
	return sandbox.SetManifest(m.Bytes(), fmt.Appendf(nil, `{"abi": "gbx/1", "name": "keys", "version": "1.0", "pages": 1, "fuel": 100000, "functions": [
		{"name": "keys", "kind": "map", "inputs": [{"name": "staff", "max_rows": 4, "columns": [{"name": "employer", "type": "token"}]}],
		"output": {"key": [{"name": "name", "type": "string", "width": 24}], "metrics": [], "max_records": %d}}]}`, len(keys)))
}
