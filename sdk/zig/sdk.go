// Package zigsdk is the Zig SDK for guests as the tools see it: one file, and
// the flags that modules are built with.
//
// It promises that one version of Zig makes the same bytes of the same source
// with them in every folder, and that these bytes hold no paths. Another
// version may well make others. It does not promise that a module is admitted.
package zigsdk

import "embed"

// SDK is the file, which a new project gets a copy of.
//
//go:embed glovebox.zig
var SDK embed.FS

// Template are the sources of a new project: template, with functions of kind
// map, scalar, with one of kind map_scalar, and blocks, with one of kind blocks.
//
//go:embed template scalar blocks
var Template embed.FS

// Flags are zig build-exe's. Safe mode makes an index that is out of range, or
// a number that overflows, fail the unit. 16 KiB of stack leave most of a
// module's first page for its data, its window and its output.
var Flags = []string{"-target", "wasm32-freestanding", "-mcpu=generic+simd128", "-OReleaseSafe", "-fstrip", "-fno-entry", "-rdynamic",
	"--stack", "16384", "--name", "module"}
