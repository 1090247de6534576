module glovebox.example/glovebox/bench

go 1.26.0

require (
	github.com/apache/arrow-go/v18 v18.8.0
	github.com/bytecodealliance/wasmtime-go/v44 v44.0.0
	github.com/google/differential-privacy/go/v3 v3.0.0
	github.com/tetratelabs/wazero v1.12.0
	glovebox.example/glovebox v0.0.0
	golang.org/x/sys v0.50.0
)

require (
	github.com/goccy/go-json v0.11.2 // indirect
	github.com/golang/glog v1.2.5 // indirect
	github.com/google/flatbuffers v25.12.19+incompatible // indirect
	github.com/klauspost/cpuid/v2 v2.4.0 // indirect
	github.com/zeebo/xxh3 v1.1.0 // indirect
	golang.org/x/exp v0.0.0-20261109185158-a52e3aef5920 // indirect
	golang.org/x/text v0.44.0 // indirect
	gonum.org/v1/gonum v0.17.0 // indirect
)

// Measured is the checkout that this folder lies in. Nothing imports bench.
replace glovebox.example/glovebox => ../
