// Package rustsdk is the Rust SDK for guests as the tools see it: the crate
// glovebox, and the flags that modules are built with.
//
// It promises that one version of rustc makes the same bytes of the same
// source with them in every folder, and that these bytes hold no paths.
// Another version of rustc may well make others. It does not promise that a
// module is admitted.
package rustsdk

import "embed"

// SDK is the crate, which a new project gets a copy of.
//
//go:embed Cargo.toml src
var SDK embed.FS

// Template are the sources of a new project: template, with functions of kind
// map, scalar, with one of kind map_scalar, and blocks, with one of kind blocks.
//
//go:embed template scalar blocks
var Template embed.FS

// Target is the target that modules are compiled for.
const Target = "wasm32-unknown-unknown"

// Flags are rustc's. 16 KiB of stack leave most of a module's first page for
// its data, its window and its output.
var Flags = []string{"-C", "opt-level=3", "-C", "panic=abort", "-C", "codegen-units=1", "-C", "strip=symbols",
	"-C", "target-feature=+simd128", "-C", "link-arg=-zstack-size=16384"}
