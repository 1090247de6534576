//go:build wasip1 || tinygo.wasm

package gbx

//go:wasmexport gbx_abi_1
func version() int32 { return 0 }

//go:wasmexport gbx_buffers
func buffers(in, out int32) int64 {
	place(int(in), int(out))
	return address(window)<<32 | address(output)
}
