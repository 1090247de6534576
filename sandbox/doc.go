// Package sandbox runs an untrusted WebAssembly module over one privacy
// unit's rows at a time and hands back a few fixed-size records per unit.
//
// A module goes through three stages, each a type. Admit judges the bytes and
// rewrites them (Module). Compile turns the rewritten module into machine code
// (Program). NewGuest binds a function to a job's inputs, parameters and
// reference tables and makes one running copy (Guest), which Run calls unit by
// unit. Several guests of one program can run at the same time, one goroutine
// each.
//
// What is promised:
//
//   - The guest sees the rows of one unit, the job's parameters and reference
//     tables, and nothing else: no clock, no randomness, no files, no network, no
//     environment. It has no imports, or those of a WASI whose answers are
//     constants.
//   - Memory, memory size and globals are as they were before the first unit
//     when a unit begins, whatever earlier units did, and so is the input
//     window. Modules that could keep state elsewhere are refused.
//   - A unit takes the same fuel on every run. When it is used up, when the
//     guest traps, recurses too deep, says that it failed, or writes anything
//     but well-formed records, the unit's result is an Outcome other than OK
//     and no records. Which of these it was must not leave the domain.
//   - On real data the host follows no pointer of the guest and copies at most
//     the declared records. What a guest prints is read on sample data only
//     (SampleLogs).
//
// What is not promised: a module is compiled in the calling process, bounded
// only by admission, and a bug in the runtime that a guest could use is not
// contained by this package: the product calls it in jailed processes alone. How long a unit
// takes is not hidden here. Nothing here adds noise or bounds contributions.
package sandbox
