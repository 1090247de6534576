package sandbox

import (
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// Report is what can be said about a module in public, for its author and its
// reviewers. None of it depends on data.
type Report struct {
	Digest          string        `json:"digest"`
	RewrittenDigest string        `json:"rewritten_digest"`
	Rewriter        string        `json:"rewriter"`
	Bytes           int           `json:"bytes"`
	RewrittenBytes  int           `json:"rewritten_bytes"`
	FuelCharges     int           `json:"fuel_charges"`     // places that charge fuel
	DepthFunctions  int           `json:"depth_functions"`  // functions that count call depth
	RestoredGlobals int           `json:"restored_globals"` // put back between units
	Facts           wasmbin.Facts `json:"facts"`
	Manifest        *abi.Manifest `json:"manifest"`
}

// Report describes the module.
func (m *Module) Report() Report {
	return Report{
		Digest: m.digest, RewrittenDigest: m.rewrittenDigest, Rewriter: RewriterVersion,
		Bytes: len(m.wasm), RewrittenBytes: len(m.rewritten.Wasm),
		FuelCharges: m.rewritten.Charges, DepthFunctions: m.rewritten.Framed,
		RestoredGlobals: len(m.rewritten.Globals), Facts: m.facts, Manifest: m.manifest,
	}
}
