//go:build tinygo.wasm

package gbx

import _ "unsafe" // for go:linkname

// TinyGo leaves these to a C library, which a module has not: they are Go's
// own.

//go:linkname goExp math.exp
func goExp(x float64) float64

//go:linkname goExp2 math.exp2
func goExp2(x float64) float64

//go:linkname goLog math.log
func goLog(x float64) float64

//export exp
func exp(x float64) float64 { return goExp(x) }

//export exp2
func exp2(x float64) float64 { return goExp2(x) }

//export log
func log(x float64) float64 { return goLog(x) }
