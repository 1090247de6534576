// Package gosdk is the Go SDK for guests as the tools see it: the package that
// projects get a copy of, new projects, and the flags that modules are built
// with, for the standard compiler and for TinyGo.
//
// It promises that one version of a compiler makes the same bytes of the same
// source with them, in every folder. It does not promise that a module is
// admitted. Package gbx, the SDK itself, is compiled here for its tests alone:
// nothing of the host imports it.
package gosdk

import "embed"

// SDK is what a new project gets a copy of: package gbx.
//
//go:embed gbx
var SDK embed.FS

// TinySDK is SDK and the target for TinyGo: wasm32 without WASI, without a C
// library, and without a collector, since what a unit allocates is gone when
// it ends.
//
//go:embed gbx tinygo.json
var TinySDK embed.FS

// Template are the sources of a new project: template, with functions of kind
// map, scalar, with one of kind map_scalar, for TinyGo, and blocks, with one of
// kind blocks.
//
//go:embed template scalar blocks
var Template embed.FS

// Flags are those of "go build". Env goes with them: modules with WASI, the
// compiler that is there, no network.
var (
	Flags = []string{"-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="}
	Env   = []string{"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOPROXY=off", "GOTOOLCHAIN=local", "GOWORK=off"}
)

// TinyFlags are those of "tinygo build", and TinyEnv goes with them. A panic
// is a trap: the unit has failed, and nobody reads its words.
var (
	TinyFlags = []string{"-target=./tinygo.json", "-opt=2", "-panic=trap", "-no-debug"}
	TinyEnv   = []string{"GOOS=", "GOARCH=", "GOPROXY=off", "GOTOOLCHAIN=local", "GOWORK=off"}
)
