// Package abi is the contract gbx/1 between a guest module and its host: the
// names of the exports, the manifest, the layout of the input window and of
// the output records. docs/formats/guest-abi.md and module-manifest.md write
// the same contract down byte by byte.
//
// It promises that every decoder here takes any bytes without panicking, with
// bounded memory, and that what it accepts is within the published bounds. It
// promises that a window holds nothing but what the binding names: rows beyond
// a bound are dropped, the bytes under a missing value are zero, padding is
// zero.
//
// It does not run guests, and it does not judge whether a module should see a
// column: that was decided before a binding is made.
package abi

import "github.com/apache/arrow-go/v18/arrow"

// Version is the ABI that a manifest names; Minor is the highest minor version
// that this host speaks.
const (
	Version = "gbx/1"
	Minor   = 0
)

// Exports that every guest has.
const (
	ExportMemory     = "memory"
	ExportInitialize = "_initialize" // optional: () -> ()
	ExportVersion    = "gbx_abi_1"   // () -> i32
	ExportBuffers    = "gbx_buffers" // (in_bytes i32, out_bytes i32) -> i64
	ExportLog        = "gbx_log"     // optional: () -> i64, where the log region is
)

// A log region begins at a multiple of LogAlign. It holds a u32, how many
// bytes the unit printed, then the text, as much of it as fits.
const (
	LogAlign    = 8
	LogText     = 4
	MinLogBytes = 8
	MaxLogBytes = 1 << 20
)

// ManifestSection is the custom section that holds the manifest.
const ManifestSection = "gbx.manifest"

// Span is some rows of one unit in one record batch: From <= row < To. It is
// an alias of an unnamed struct so that packages can pass spans on without
// importing one another.
type Span = struct {
	Batch    arrow.RecordBatch
	From, To int
}

// UnitColumn is column 0 of every input batch: the token of the row's unit.
// It never reaches a guest.
const UnitColumn = "_unit"
