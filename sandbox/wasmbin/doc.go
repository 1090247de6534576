// Package wasmbin reads, judges and rewrites WebAssembly binaries, as bytes.
//
// Parse decides whether a binary may be compiled at all: sizes and counts, an
// allow-list of sections, types and instructions, and everything that would
// make the compiler slow or hide state from a reset. It reports every reason
// it finds, each with a stable code. Rewrite then turns an admitted module
// into the one that runs: it counts fuel, bounds the call depth, exports every
// mutable global so that a host can put it back, caps memory and table, keeps
// only the exports that it is told to keep, and spells out the instruction
// that the runtime compiles wrongly (a select of floating point or vectors).
//
// What is promised: Parse and Rewrite never panic and never allocate more than
// a small multiple of the input, on any bytes. A rewritten module that the
// runtime's own validator accepts uses fuel at function entry and at every
// loop iteration, cannot read or write the counters, and keeps no state
// between calls but its memory and its mutable globals.
//
// What is not promised: Parse does not type-check instructions. A module that is
// not valid may pass Parse, and Rewrite may make one of it that is: its own
// bytes have to pass the runtime's validator first (package sandbox, Compile).
// Nothing here compiles or runs code.
package wasmbin
