package wasmbin

// Limits on a module. Those on single functions are calibrated on the cost of
// wazero's optimising compiler, which grows with the square of a function's
// blocks, with the product of its variables and blocks, and with the square of
// a br_table; real toolchains stay far below all of them.
const (
	// DefaultMaxBytes is the largest module, in bytes, when a Config names none.
	DefaultMaxBytes = 8 << 20
	// PageBytes is the size of one page of WebAssembly memory.
	PageBytes = 65536

	MaxTypes          = 10_000
	MaxParams         = 100
	MaxResults        = 16
	MaxFunctions      = 20_000
	MaxImports        = 64
	MaxGlobals        = 1_000
	MaxMutableGlobals = 64
	MaxExports        = 1_000
	MaxNameBytes      = 256
	MaxTableItems     = 20_000
	MaxElemSegments   = 10_000
	MaxElems          = 100_000
	MaxDataSegments   = 100_000

	// Limits on one function.
	MaxBodyBytes    = 64 << 10
	MaxBlocks       = 2_000   // block, loop and if
	MaxNesting      = 1_000   // blocks inside one another
	MaxLocals       = 4_000   // parameters included
	MaxLocalBlocks  = 200_000 // variables x blocks
	MaxCallGlobals  = 200_000 // (mutable globals + 2) x (calls + places that charge fuel): each call reloads them
	MaxBrTable      = 2_048   // targets of one br_table
	MaxBrTableTotal = 8_192   // targets of all br_tables of one function

	// Limits on all functions together.
	MaxTotalLocals = 1_000_000
	MaxTotalWork   = 80_000_000 // estimate of the compiler's time, in units of about 0.1 µs
)

// maxRefusals bounds the list of reasons of one module.
const maxRefusals = 32
